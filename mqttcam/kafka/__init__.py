"""What the Kafka source and output share: the message format, errors in words, and the logs of the libraries."""
