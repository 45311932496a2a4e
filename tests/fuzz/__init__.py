"""Property tests of every parser that a network or a file reaches, one module per parser; `inventory.md` lists them.

Each says three things: it raises no exception but its documented ones, it takes bounded time and memory, and what is
valid comes back unchanged. CI runs a few examples of each, always the same; `python -m tests.fuzz --minutes 10` runs
new ones for a while.
"""
