"""The configuration as a tree that remembers where each value was written, and the schema of its keys."""
