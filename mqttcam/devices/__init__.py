"""A camera and the node as the outside sees them."""
