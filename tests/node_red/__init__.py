"""The flow of the README in a real Node-RED."""
