#!/usr/bin/env bash
# Install Debian 13 (the base of Raspberry Pi OS) in a chroot, with libcamera's virtual cameras and the real picamera2.
#   setup.sh [FOLDER]    FOLDER: $VIRTUAL_PI, else /var/cache/mqttcam/virtual-pi
# Needs root on Debian, the machine's apt mirror and PyPI. Takes under a minute; returns at once if it is installed already.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
constraints=$here/../../.ci/constraints.txt
root=${1:-${VIRTUAL_PI:-/var/cache/mqttcam/virtual-pi}}
# picamera2 on PyPI has the same contents as Raspberry Pi's package. pidng, which it needs for raw files, has no wheel: hence gcc.
debian=(ca-certificates python3-venv python3-dev python3-numpy python3-prctl gcc libc6-dev)
# The virtual cameras of Debian 13's own libcamera (0.4) do not set the status of their buffers.
backports=(python3-libcamera)
python=('picamera2==0.3.38' aiohttp msgspec orjson paho-mqtt prometheus-client pydantic pytest pytest-asyncio pyyaml 'rawpy==0.28.0')

made="$root/made"
wanted=$(cat "${BASH_SOURCE[0]}" "$here/virtual.yaml" "$constraints" | sha256sum)
[ "$(cat "$made" 2>/dev/null)" = "$wanted" ] && exit 0

mkdir -p /run/lock
exec {lock}>/run/lock/mqttcam-virtual-pi
flock "$lock"
[ "$(cat "$made" 2>/dev/null)" = "$wanted" ] && exit 0
if ! command -v debootstrap >/dev/null; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
fi
# The mirror of this machine's apt.
# shellcheck disable=SC2016 # apt's own placeholder
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v -m 1 security)}
rm -rf --one-file-system "$root"
mkdir -p "$root"
echo "installing Debian 13 with picamera2 in $root"
debootstrap --variant=minbase --include="$(IFS=,; echo "${debian[*]}")" trixie "$root" "$mirror" >"$root.log" 2>&1 ||
    { tail "$root.log"; exit 1; }
echo "deb $mirror trixie-backports main" >"$root/etc/apt/sources.list.d/backports.list"
for file in /etc/resolv.conf /etc/ssl/certs/ca-certificates.crt /etc/pip.conf; do
    if [ -e "$file" ]; then cp -L "$file" "$root$file"; fi
done
for file in /etc/apt/apt.conf.d/*proxy* /etc/apt/apt.conf; do
    if [ -e "$file" ]; then cp -L "$file" "$root$file"; fi
done
install -D -m 644 "$here/virtual.yaml" "$root/usr/share/libcamera/pipeline/virtual/virtual.yaml"
packages() {
    chroot "$root" apt-get update -q &&
        chroot "$root" apt-get install -yq --no-install-recommends -t trixie-backports "${backports[@]}" &&
        chroot "$root" apt-get clean
}
# Debian's numpy stays, as on a Raspberry Pi.
grep -v '^numpy==' "$constraints" >"$root/opt/constraints.txt"
libraries() {
    chroot "$root" python3 -m venv --system-site-packages /opt/venv &&
        chroot "$root" /opt/venv/bin/pip install --quiet --no-cache-dir --constraint /opt/constraints.txt "${python[@]}"
}
packages >"$root.packages.log" 2>&1 &
libraries >"$root.log" 2>&1 || { tail "$root.log"; exit 1; }
wait $! || { tail "$root.packages.log"; exit 1; }
rm -f "$root.log" "$root.packages.log"
echo "$wanted" >"$made"
