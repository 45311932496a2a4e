#!/bin/sh
# The demo from a fresh checkout: make .venv, install mqttcam into it, run `mqttcam demo`.
# Needs Python 3.11 or newer. Arguments go to `mqttcam demo`.
set -eu
cd "$(dirname "$0")/.."
. deploy/venv.sh
make_venv .venv
install_once .venv demo
exec .venv/bin/python -m mqttcam demo "$@"
