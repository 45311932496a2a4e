"""A camera and the node as users see them."""
