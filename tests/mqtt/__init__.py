"""The connection, topics, pictures and the embedded broker, without cameras."""
