#!/bin/sh
# Install Home Assistant for the acceptance tests, in a Debian chroot with a Python that is new enough.
# Needs root on Debian or Ubuntu, the machine's apt mirror and PyPI. Returns at once if this version is installed already.
#
#   tests/home_assistant/setup.sh
#   MQTTCAM_HA_ROOT=/where       default: ~/.cache/home-assistant-lab
#   MQTTCAM_HA_VERSION=newest    default: the version below; `newest` installs the newest release
#   MQTTCAM_HA_SUITE=forky       Debian's release of the chroot
set -eu
root=${MQTTCAM_HA_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/home-assistant-lab}
suite=${MQTTCAM_HA_SUITE:-forky}
want=${MQTTCAM_HA_VERSION:-2026.11.0}
[ "$want" != newest ] || want=
# What the tests load, whose requirements are installed. MQTT's configuration flow imports hassio.
integrations="mqtt api camera config device_automation generic hassio http image repairs system_log websocket_api"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

installed() {
    set -- "$root"/opt/ha/lib/python3*/site-packages/homeassistant-*.dist-info
    [ -d "$1" ] || return 1
    name=${1##*/homeassistant-}
    echo "${name%.dist-info}"
}

# The file marks a complete installation, and for which integrations; a chroot that something else made goes through the steps once.
have=$(installed || true)
if [ -n "$want" ] && [ "$want" = "$have" ] && [ "$(cat "$root/.mqttcam-ready" 2>/dev/null)" = "$integrations" ]; then
    echo "Home Assistant $have is ready in $root"
    exit 0
fi

apt_missing=
command -v debootstrap >/dev/null || apt_missing="$apt_missing debootstrap"
[ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null || apt_missing="$apt_missing mosquitto"
if [ -n "$apt_missing" ]; then
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of packages
    apt-get install -y -qq --no-install-recommends $apt_missing >/dev/null
fi

if [ ! -e "$root/.bootstrapped" ]; then
    # An older Debian's debootstrap does not know newer suites by name; all of them share one script.
    scripts=/usr/share/debootstrap/scripts
    [ -e "$scripts/$suite" ] || ln -sf sid "$scripts/$suite"
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    # shellcheck disable=SC2016 # apt's own placeholder
    mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $codename" | head -n 1)
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv,libturbojpeg0 \
        "$suite" "$root" "${DEBIAN_MIRROR:-$mirror}" >"$root.log" 2>&1 || { tail -n 20 "$root.log"; exit 1; }
    rm -f "$root"/var/cache/apt/archives/*.deb
    touch "$root/.bootstrapped"
fi

# The machine's name resolution, certificates and package index, in the chroot as outside.
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
[ ! -e /etc/ssl/certs/ca-certificates.crt ] ||
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
[ ! -e /etc/pip.conf ] || cp -L /etc/pip.conf "$root/etc/pip.conf"

cat >"$root/root/install.sh" <<'IN'
set -eu
export UV_LINK_MODE=copy UV_NO_PROGRESS=1 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CERT=/etc/ssl/certs/ca-certificates.crt
py=/opt/ha/bin/python
[ -x $py ] || python3 -m venv /opt/ha
[ -x /opt/ha/bin/uv ] || $py -m pip install -q uv
# uv: pip's resolver walks back through old releases of Home Assistant for many minutes
/opt/ha/bin/uv pip install -q --python $py --upgrade "homeassistant${1:+==$1}"
# The requirements of the integrations, in the versions that this Home Assistant allows.
$py - $2 >/root/requirements.txt <<'PY'
import json, pathlib, sys
import homeassistant
components = pathlib.Path(homeassistant.__path__[0]) / "components"
todo = sys.argv[1:]
seen, requirements = set(), set()
while todo:
    name = todo.pop()
    manifest = components / name / "manifest.json"
    if name in seen or not manifest.exists():
        continue
    seen.add(name)
    content = json.loads(manifest.read_text())
    requirements.update(content.get("requirements", []))
    if name != "hassio":
        todo += content.get("dependencies", [])
print("\n".join(sorted(requirements)))
PY
constraints=$($py -c 'import homeassistant; print(homeassistant.__path__[0] + "/package_constraints.txt")')
/opt/ha/bin/uv pip install -q --python $py -r /root/requirements.txt -c "$constraints"
rm -rf /root/.cache
IN
chroot "$root" /bin/sh /root/install.sh "$want" "$integrations"
echo "$integrations" >"$root/.mqttcam-ready"
echo "Home Assistant $(installed) is ready in $root"
