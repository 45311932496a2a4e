"""The first configuration: questions, what is found on this machine and in its network, and the file that is written.

`mqttcam init` asks in the terminal (`mqttcam/cli/`), or on a page in the browser (`page`); both use the same steps.
"""
