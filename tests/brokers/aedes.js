// aedes, which speaks MQTT 3.1.1 only: node aedes.js PORT, with NODE_PATH where it is installed.
const { Aedes } = require("aedes");
const net = require("net");

Aedes.createBroker().then((broker) => net.createServer(broker.handle).listen(Number(process.argv[2]), "127.0.0.1"));
