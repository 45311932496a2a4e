#!/usr/bin/env bash
# A virtual machine with real V4L2 devices: Debian's kernel with vivid, uvcvideo and virtual USB, booted by QEMU on the virtual Pi's files.
#   setup_usb.sh [FOLDER]    FOLDER: $VIRTUAL_USB, else /var/cache/mqttcam/virtual-usb
# Wants root on Debian (amd64), and its packages alone. About 20 s; at once where it has been made already.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-${VIRTUAL_USB:-/var/cache/mqttcam/virtual-usb}}
wanted=$(cat "${BASH_SOURCE[0]}" "$here/usb/init" | sha256sum)
[ "$(cat "$folder/made" 2>/dev/null)" = "$wanted" ] && exit 0

mkdir -p /run/lock
exec {lock}>/run/lock/mqttcam-virtual-usb
flock "$lock"
[ "$(cat "$folder/made" 2>/dev/null)" = "$wanted" ] && exit 0
rm -rf "$folder"
mkdir -p "$folder/kernel" "$folder/start/bin" "$folder/start/modules" "$folder/start/new"
chmod 755 "$folder"
apt-get update -qq
apt-get install -y -qq --no-install-recommends qemu-system-x86 busybox-static kmod cpio >/dev/null
package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p')
(cd "$folder" && apt-get download -qq "$package" 2>/dev/null && dpkg-deb -x "$package"_*.deb kernel && rm "$package"_*.deb)
version=${package#linux-image-}
depmod -b "$folder/kernel" "$version"
for module in virtio_pci 9pnet_virtio 9p vivid uvcvideo vhci_hcd; do
    modprobe -d "$folder/kernel" -S "$version" --show-depends "$module" | awk '{print $2}'
done | awk '!seen[$0]++' | while read -r file; do
    cp "$file" "$folder/start/modules/"
    basename "$file" >>"$folder/start/order"
done
cp /bin/busybox "$folder/start/bin/"
install -m 755 "$here/usb/init" "$folder/start/init"
(cd "$folder/start" && find . | cpio -o -H newc --quiet | gzip -1) >"$folder/start.gz"
cp "$folder/kernel/boot/vmlinuz-$version" "$folder/vmlinuz"
rm -rf "$folder/kernel" "$folder/start"
echo "$wanted" >"$folder/made"
