"""The contract with users, tested on the daemon as a process."""
