# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034 # constants for the tests
# The devices of the machine prove, and whether they work.

NVME=0000:00:03.0 AHCI=0000:00:04.0 EDU=0000:00:05.0 NIC=0000:00:06.0
NET_ON=0000:00:08.0 BLK_ON=0000:00:09.0 SCSI_ON=0000:00:0a.0
RNG_ON=0000:00:0b.0 BALLOON_ON=0000:00:0c.0
NET_OFF=0000:00:10.0 BLK_OFF=0000:00:11.0 SCSI_OFF=0000:00:12.0 RNG_OFF=0000:00:13.0
NET_BOTH=0000:00:15.0 BLK_LEGACY=0000:00:16.0
FN0=0000:00:18.0 FN1=0000:00:18.1
OBEY="$NVME $AHCI $EDU $NET_ON $BLK_ON $SCSI_ON $RNG_ON $BALLOON_ON"
PAST="$NET_OFF $BLK_OFF $SCSI_OFF $RNG_OFF $NET_BOTH $BLK_LEGACY"

load_drivers() {
	modprobe virtio_pci 2>/dev/null		# built in since Debian's 6.12
	modprobe -a nvme ahci sd_mod virtio_blk virtio_net virtio_scsi virtio_rng
}
drivers() { for _dev in "$@"; do echo "$_dev $(bound_driver "$_dev")"; done; }	# DEVICE...

disk_of() {	# DEVICE: its first disk
	blockdev_of "$1" && return
	_disk=$(find "$(readlink -f "$PCI/$1")" -type d -path '*/block/*' -name '[sv]d[a-z]' | head -n 1)
	[ -n "$_disk" ] && [ -b "/dev/${_disk##*/}" ] && echo "${_disk##*/}"
}
reads_disk() {	# DEVICE: what the host wrote there
	_disk=$(disk_of "$1") &&
	dd if="/dev/$_disk" bs=512 skip=1234 count=1 iflag=direct 2>/dev/null |
		grep -q 'block 00001234'
}
works() {	# DEVICE
	case $1 in
	"$NET_ON"|"$NET_OFF"|"$NET_BOTH")
		wait_for 15 netdev_of "$1" && reaches_network "$1"
		_status=$?
		ip link set "$(netdev_of "$1")" down
		return $_status ;;
	"$RNG_ON"|"$RNG_OFF"|"$FN1")
		[ "$(bound_driver "$1")" = virtio-pci ] ;;
	"$EDU"|"$BALLOON_ON")	: ;;	# nobody has a driver for it here
	*)	wait_for 15 reads_disk "$1" ;;
	esac
}
# DEVICE...: sets STATUS; verdict DEVICE then says what came out
prove() {
	run ptctl prove --json "$@"
	jq -r '.proofs[] | "\(.device) \(.verdict)"' /run/test/out >/run/verdicts
}
verdict() { awk -v dev="$1" '$1 == dev { print $2 }' /run/verdicts; }

holders() { cat /sys/module/iommu_pt_policy/refcnt; }	# each loan holds the module
nothing_is_lent() { [ "$(holders)" = 0 ]; }
