"""What the Kafka source and the Kafka output share."""
