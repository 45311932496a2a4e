"""The running daemon: the order of start and stop, the process around it, and its supervision from outside."""
