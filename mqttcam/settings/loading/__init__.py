"""Load the settings from a file, the environment and secret files."""
