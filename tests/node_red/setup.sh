#!/bin/sh
# Install Node-RED for the tests of deploy/node-red.json, in a folder of its own. Returns at once if it is installed already.
# Needs the npm registry, and root on Debian or Ubuntu if Node.js (18.5 or newer) or npm is missing.
#
#   tests/node_red/setup.sh
#   MQTTCAM_NODE_RED=/where   default: ~/.cache/mqttcam-node-red
set -eu
version=4.1.15 # the last series that runs on Debian 12's Node.js 18
root=${MQTTCAM_NODE_RED:-${XDG_CACHE_HOME:-$HOME/.cache}/mqttcam-node-red}

if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi

installed() {
    [ -e "$root/node_modules/node-red/red.js" ] && [ "$(cat "$root/.ready" 2>/dev/null)" = "$version" ]
}

if ! installed; then
    mkdir -p "$root"
    # Without optional packages and scripts nothing is compiled: the rest is JavaScript.
    npm install --prefix "$root" --omit=dev --omit=optional --ignore-scripts --save-exact \
        --no-audit --no-fund --no-update-notifier --loglevel=error "node-red@$version"
    # The file marks a complete installation.
    echo "$version" >"$root/.ready"
fi
echo "Node-RED $version is ready in $root, with Node.js $(node --version)"
