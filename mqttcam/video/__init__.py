"""H.264 video of a camera: encoded once, and only while something reads it."""
