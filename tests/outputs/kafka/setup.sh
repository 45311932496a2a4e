#!/bin/sh
# Install what the tests of consumers need, each in a folder of its own: KafkaJS, Quix Streams and the SINETStream before the present one.
# Returns at once if they are installed already. Needs npm, PyPI and the npm registry.
#
#   tests/outputs/kafka/setup.sh
#   MQTTCAM_CONSUMERS=/where    default: ~/.cache/mqttcam-consumers
set -eu
root=${MQTTCAM_CONSUMERS:-${XDG_CACHE_HOME:-$HOME/.cache}/mqttcam-consumers}
kafkajs=2.2.4
quixstreams=3.28.1
sinetstream=1.9.2

# once NAME VERSION COMMAND...: the file marks a complete installation of that version.
once() {
    name=$1 version=$2
    shift 2
    if [ "$(cat "$root/.$name" 2>/dev/null)" != "$version" ]; then
        "$@"
        echo "$version" >"$root/.$name"
    fi
    echo "$name $version is ready"
}

node_client() {
    rm -rf "$root/kafkajs"
    mkdir -p "$root/kafkajs"
    npm install --prefix "$root/kafkajs" --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier \
        --loglevel=error "kafkajs@$kafkajs"
}

# environment NAME PACKAGE...: their versions contradict those of mqttcam; NumPy and OpenCV are those of its tests.
environment() {
    rm -rf "${root:?}/$1"
    python3 -m venv "$root/$1"
    folder=$root/$1
    shift
    "$folder/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all: "$@"
}

older_sinetstream() {
    environment sinetstream wheel setuptools
    "$root/sinetstream/bin/pip" install --quiet --disable-pip-version-check "sinetstream==$sinetstream" "sinetstream-kafka==$sinetstream"
    "$root/sinetstream/bin/pip" install --quiet --disable-pip-version-check --no-deps "sinetstream-type-image==$sinetstream"
}

mkdir -p "$root"
command -v npm >/dev/null || { echo "npm is missing: apt-get install npm" >&2 && exit 1; }
once kafkajs "$kafkajs" node_client
once quix "$quixstreams" environment quix "quixstreams==$quixstreams"
once sinetstream "$sinetstream" older_sinetstream
