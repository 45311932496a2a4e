"""The frame path: from a source to a picture on the event loop."""
