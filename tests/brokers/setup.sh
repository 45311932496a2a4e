#!/bin/sh
# Install the MQTT brokers of tests/brokers, each in a folder of its own. Returns at once if they are installed already.
# Needs root on Debian or Ubuntu, the machine's apt mirror, PyPI, the npm registry and Maven Central. Mosquitto 2.1 is installed in
# the chroot that tests/home_assistant/setup.sh makes.
#
#   tests/brokers/setup.sh
#   MQTTCAM_BROKERS=/where    default: ~/.cache/mqttcam-brokers
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}
root=${MQTTCAM_BROKERS:-$cache/mqttcam-brokers}
chroot_root=${MQTTCAM_HA_ROOT:-$cache/home-assistant-lab}
amqtt=0.12.1
aedes=1.2.0
moquette=io.moquette:moquette-broker:0.17
hivemq=com.hivemq:hivemq-community-edition-embedded:2021.3 # the last one that needs no JitPack
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

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

programs() {
    missing=
    command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || missing="$missing mosquitto"
    command -v npm >/dev/null || missing="$missing nodejs npm"
    command -v mvn >/dev/null || missing="$missing maven"
    command -v java >/dev/null || missing="$missing openjdk-17-jre-headless"
    python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
    [ -n "$missing" ] || return 0
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of packages
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

python_broker() {
    rm -rf "$root/amqtt"
    python3 -m venv "$root/amqtt"
    "$root/amqtt/bin/pip" install --quiet --disable-pip-version-check "amqtt==$amqtt"
}

node_broker() {
    rm -rf "$root/aedes"
    mkdir -p "$root/aedes"
    npm install --prefix "$root/aedes" --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier \
        --loglevel=error "aedes@$aedes"
}

# java_broker NAME GROUP:ARTIFACT:VERSION: the jars of a library and of what it needs.
java_broker() {
    rm -rf "${root:?}/$1"
    mkdir -p "$root/$1"
    {
        echo '<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version>'
        echo "$2" | sed 's|\(.*\):\(.*\):\(.*\)|<dependencies><dependency><groupId>\1</groupId><artifactId>\2</artifactId><version>\3</version></dependency></dependencies></project>|'
    } >"$root/$1/pom.xml"
    mvn -q -B -f "$root/$1/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$root/$1/lib"
}

newer_mosquitto() {
    [ -e "$chroot_root/.bootstrapped" ] || "$here/../home_assistant/setup.sh"
    printf '#!/bin/sh\nexit 101\n' >"$chroot_root/usr/sbin/policy-rc.d" # starts no service
    chmod +x "$chroot_root/usr/sbin/policy-rc.d"
    chroot "$chroot_root" sh -c 'apt-get -o Acquire::Check-Valid-Until=false update -qq &&
        apt-get install -y -qq --no-install-recommends mosquitto >/dev/null'
}

mkdir -p "$root"
programs
once amqtt "$amqtt" python_broker
once aedes "$aedes" node_broker
once moquette "$moquette" java_broker moquette "$moquette"
once hivemq "$hivemq" java_broker hivemq "$hivemq"
[ -x "$chroot_root/usr/sbin/mosquitto" ] || newer_mosquitto
echo "$(chroot "$chroot_root" /usr/sbin/mosquitto -h | head -n 1) is ready in $chroot_root"
