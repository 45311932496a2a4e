"""Commands: the catalogue, the runner, requests and results."""
