# SPDX-License-Identifier: GPL-2.0
# set and unset tell that the initramfs holds older rules, and with
# --update-initramfs they have it made anew, once the rules are in force.
. /tests/lib.sh
fresh

image=/boot/initrd.img-$(uname -r)
mkdir -p /boot /usr/share/initramfs-tools/hooks
: >/usr/share/initramfs-tools/hooks/iommu-pt
touch -d @1000000000 "$image"
cat >/usr/sbin/update-initramfs <<END
#!/bin/sh
echo "\$* \$(cat $PCI/$NVME/iommu_pt/policy)" >>/run/test/made
touch "$image"
END
chmod +x /usr/sbin/update-initramfs
made() { cat /run/test/made 2>/dev/null; }

check "module loads" modprobe iommu-pt-policy
exits 0 "dry run" ptctl set $NVME passthrough --dry-run --update-initramfs
like "$OUT" "*would run: update-initramfs -u -k all*" "says what would run"
exits 0 "set" ptctl set $NVME passthrough
like "$ERR" "*initramfs holds the rules of before*--update-initramfs*" "tells of the initramfs"
exits 0 "set at runtime" ptctl set $NVME strict --runtime
unlike "$ERR" "*initramfs*" "is not the initramfs' business"
exits 0 "until now" ptctl unset $NVME --runtime
is "$(made)" "" "nothing was made"
exits 0 "set, and make it anew" ptctl set $NVME lazy --update-initramfs
is "$(made)" "-u -k all lazy" "the rules were in force by then"
exits 0 "the same again" ptctl set $NVME lazy
is "$ERR" "" "is silent"
sleep 0.1
exits 0 "unset" ptctl unset $NVME
like "$ERR" "*initramfs holds the rules of before*" "tells of the initramfs"
exits 0 "unset, and make it anew" ptctl unset $NVME --update-initramfs
is "$(made | sed -n 2p)" "-u -k all auto" "it was made"
rm /usr/sbin/update-initramfs
exits 5 "no tool" ptctl set $NVME passthrough --update-initramfs
is "$(cat $PCI/$NVME/iommu_pt/policy)" auto "changes nothing"

rm -r /usr/share/initramfs-tools "$image"
check "module unloads" modprobe -r iommu-pt-policy
done_testing
