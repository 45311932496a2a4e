"""The results of analytics jobs: their messages, and the pictures with boxes."""
