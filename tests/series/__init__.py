"""Series: pictures at regular times."""
