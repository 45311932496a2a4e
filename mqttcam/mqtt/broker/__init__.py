"""The embedded broker: rumqttd, from the library iotcore, in a child process.

Our own code stands before rumqttd for clients of MQTT 3.1.1 (`process`, `mqtt311`, `packets`): it rewrites their
packets as MQTT 5, and those of rumqttd as 3.1.1. rumqttd has a listener for 3.1.1 as well, but it drops a 3.1.1 client
that is to receive a message with MQTT 5 properties, as every picture has, and the two listeners need two ports.
"""
