// Prints key, partition, and the partition that KafkaJS's producer would choose for the key, of so many records.
const { Kafka, Partitioners, logLevel } = require("kafkajs");

async function main([broker, topic, count]) {
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.ERROR });
  const admin = kafka.admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  await admin.disconnect();
  const choose = Partitioners.DefaultPartitioner();
  const consumer = kafka.consumer({ groupId: `${topic}-node` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let left = Number(count);
  await new Promise((resolve) => {
    consumer.run({
      eachMessage: async ({ partition, message }) => {
        const chosen = choose({ topic, partitionMetadata: topics[0].partitions, message });
        console.log(`${message.key} ${partition} ${chosen}`);
        if (--left === 0) resolve();
      },
    });
  });
  await consumer.disconnect();
}

main(process.argv.slice(2));
