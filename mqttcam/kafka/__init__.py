"""The parts that the Kafka source and the Kafka output share: the message format, and the libraries' logs."""
