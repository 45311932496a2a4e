// aedes, which speaks MQTT 3.1.1 only: node aedes.js PORT, with NODE_PATH where it is installed.
// It is an ES module, which Node.js 18 of Debian 12 does not load with `require`, and `import` ignores NODE_PATH.
const net = require("net");
const { pathToFileURL } = require("url");

(async () => {
  const { Aedes } = await import(pathToFileURL(require.resolve("aedes")));
  const broker = await Aedes.createBroker();
  net.createServer(broker.handle).listen(Number(process.argv[2]), "127.0.0.1");
})();
