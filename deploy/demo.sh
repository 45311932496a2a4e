#!/bin/sh
# The demo from a fresh checkout: makes .venv, installs mqttcam into it, runs `mqttcam demo`.
# Needs Python 3.11 or newer. Arguments go to `mqttcam demo`.
set -eu
cd "$(dirname "$0")/.."
. deploy/venv.sh
make_venv .venv
echo "Installing mqttcam into $PWD/.venv; a minute, the first time."
.venv/bin/pip install --quiet '.[demo]'
exec .venv/bin/mqttcam demo "$@"
