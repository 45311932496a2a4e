#!/bin/sh
# All tests from a fresh checkout: make .venv, install mqttcam and what its tests need into it, run pytest.
# Arguments go to pytest. Tests that need a program or library that is missing are left out, and named.
set -eu
cd "$(dirname "$0")/.."
. deploy/venv.sh
make_venv .venv
install_once .venv all,test
exec .venv/bin/python -m pytest "$@"
