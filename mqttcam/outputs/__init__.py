"""Where pictures go besides MQTT and the web: one file or folder an output, all behind one protocol (`output`)."""
