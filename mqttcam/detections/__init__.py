"""What analytics jobs find in the pictures of cameras: their messages, and the pictures with boxes."""
