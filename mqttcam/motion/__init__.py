"""Motion in a camera's frames."""
