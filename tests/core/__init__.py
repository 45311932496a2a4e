"""The core: values, commands, devices, entities, discovery, and the app around them."""
