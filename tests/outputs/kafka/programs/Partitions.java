import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Prints key, partition, and the partition that Java's producer would choose for the key, of so many records. */
class Partitions {
    public static void main(String[] arguments) {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", arguments[0], "group.id", arguments[1] + "-java", "auto.offset.reset", "earliest");
        var bytes = new ByteArrayDeserializer();
        try (var consumer = new KafkaConsumer<byte[], byte[]>(settings, bytes, bytes)) {
            consumer.subscribe(List.of(arguments[1]));
            int count = consumer.partitionsFor(arguments[1]).size();
            for (int left = Integer.parseInt(arguments[2]); left > 0; ) {
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    int chosen = BuiltInPartitioner.partitionForKey(record.key(), count);
                    System.out.println(new String(record.key()) + " " + record.partition() + " " + chosen);
                    left--;
                }
            }
        }
    }
}
