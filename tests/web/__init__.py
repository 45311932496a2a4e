"""The web page, its streams, its API and what guards them."""
