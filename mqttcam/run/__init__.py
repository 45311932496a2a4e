"""The running daemon: the order of start and stop, the process around it, and who watches over it."""
