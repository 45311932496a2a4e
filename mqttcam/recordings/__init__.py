"""Recordings: files of video and pictures, what is known of them, and how long they are kept."""
