#!/bin/sh
# All tests from a fresh checkout: makes .venv, installs mqttcam and the tests' needs, runs pytest.
# Arguments go to pytest. What needs mosquitto, Chromium, ffmpeg or Home Assistant is left out, and named, where that is missing.
set -eu
cd "$(dirname "$0")/.."
. deploy/venv.sh
make_venv .venv
echo "Installing mqttcam and what its tests need into $PWD/.venv; a minute, the first time."
.venv/bin/pip install --quiet --editable '.[all,test]'
exec .venv/bin/python -m pytest "$@"
