#!/bin/sh
# All tests from a fresh checkout: make .venv, install mqttcam and what its tests need into it, run pytest.
# Arguments go to pytest. Tests that need mosquitto, Chromium, ffmpeg or Home Assistant where that is missing are left out, and named.
set -eu
cd "$(dirname "$0")/.."
. deploy/venv.sh
make_venv .venv
echo "Installing mqttcam and what its tests need into $PWD/.venv (about a minute the first time)."
install_locked .venv --editable '.[all,test]'
exec .venv/bin/python -m pytest "$@"
