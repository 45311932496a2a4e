"""``python -m mqttcam`` is ``mqttcam``."""

from mqttcam.cli import main

raise SystemExit(main())
