# SPDX-License-Identifier: GPL-2.0
# "effective" is what a virtio device's DMA really does, whatever its group's
# type says, and the device itself is the witness.
. /tests/lib.sh

BLK_ON=0000:00:03.0 NET_ON=0000:00:04.0 RNG_ON=0000:00:05.0
BLK_OFF=0000:00:09.0 NET_OFF=0000:00:0a.0 RNG_OFF=0000:00:0b.0
NET_BOTH=0000:00:0c.0 BLK_LEGACY=0000:00:0d.0 NET_LEGACY=0000:00:0e.0
OTHER=0000:00:0f.0 BLK_BOTH=0000:00:10.0
ON="$BLK_ON $NET_ON $RNG_ON"
OFF="$BLK_OFF $NET_OFF $RNG_OFF $NET_BOTH $BLK_BOTH $BLK_LEGACY $NET_LEGACY"
MODERN="$ON $BLK_OFF $NET_OFF $RNG_OFF"

effective() { cat "$PCI/$1/iommu_pt/effective"; }
promised() {	# DEVICE: what it would be if it obeyed
	case $(domain_type "$1") in
	DMA)	echo strict ;;
	DMA-FQ)	echo lazy ;;
	*)	echo "of type $(domain_type "$1")" ;;
	esac
}
listing() {
	ptctl list --json -o DEVICE,EFFECTIVE,VIRTIO_ACCESS |
		jq -r '.devices[] | "\(.device) \(.effective) \(.virtio_access)"' >/run/test/list
}
row() { sed -n "s/^$1 //p" /run/test/list; }	# DEVICE: as listing found it
shown() { ptctl show --json "$1" | jq -r '.devices[0] | "\(.effective) \(.virtio_access)"'; }

is_so() {	# DEVICE EFFECTIVE ACCESS WHEN: by sysfs and by netlink
	is "$(effective "$1")" "$2" "$4, $1: sysfs"
	is "$(row "$1")" "$2 $3" "$4, $1: list"
}
all_are_so() {	# WHEN
	listing
	for dev in $ON; do is_so "$dev" "$(promised "$dev")" offered "$1"; done
	for dev in $OFF; do
		check "$1, $dev: the group's type promises translation" translated "$dev"
		is_so "$dev" bypass absent "$1"
	done
	is "$(row $OTHER)" "$(promised $OTHER) null" "$1: what is no virtio device"
	is "$(shown $NET_ON)" "$(promised $NET_ON) offered" "$1: show"
	is "$(shown $NET_BOTH)" "bypass absent" "$1: show"
}
reload() { modprobe -r iommu-pt-policy; modprobe iommu-pt-policy rebind=never "$@"; }
detach() { for dev in $ON $OFF; do unbind "$dev"; done; }
attach() { for dev in $ON $OFF; do [ "$(bound_driver "$dev")" != none ] || probe "$dev"; done; }

# ---- every state that a transport can be in
modprobe virtio_pci 2>/dev/null		# built in since Debian's 6.12
detach
check "module loads" modprobe iommu-pt-policy rebind=never
all_are_so "unbound"
attach
is "$(bound_driver $NET_LEGACY)" virtio-pci "the transports are bound"
all_are_so "bound after the module came"
reload
all_are_so "bound before the module came"
modprobe -a virtio_blk virtio_net virtio_rng
reload
all_are_so "in use"
detach
all_are_so "unbound again"

# ---- decisions: in name only, and what is none
exits 0 "strict for one that does not obey" ptctl set --runtime $NET_OFF strict
like "$OUT$ERR" "*applied*bypass*" "set says so"
like "$(ptctl show $NET_OFF)" "*not offered VIRTIO_F_ACCESS_PLATFORM*iommu_platform=on*" "show says what to do"
like "$(dmesg | grep "$NET_OFF.*name only")" "*strict in name only*" "the log says so"
exits 0 "passthrough for it" ptctl set --runtime $NET_OFF passthrough
is "$(effective $NET_OFF)" passthrough "in an identity domain there is nothing to obey"
probe $NET_OFF
exits 0 "strict again, by a rebind" ptctl set --runtime --rebind=force $NET_OFF strict
is "$(effective $NET_OFF) $(bound_driver $NET_OFF)" "bypass virtio-pci" "rebound, it bypasses"
wait_for 10 netdev_of $NET_OFF
check "it is in use" reaches_network $NET_OFF
exits 0 "strict once more, which it is: nothing needs its release" \
	ptctl set --runtime --rebind $NET_OFF strict
exits 0 "nor translated, which its group is" ptctl set --runtime --rebind $NET_OFF translated
exits 0 "and back" ptctl set --runtime $NET_OFF strict
is "$(bound_driver $NET_OFF)" virtio-pci "its driver is there"
unbind $NET_OFF
exits 0 "strict for one that obeys" ptctl set --runtime $NET_ON strict
is "$(effective $NET_ON)" strict "it is strict"
unlike "$(ptctl show $NET_ON)" "*VIRTIO_F_ACCESS*" "and nothing is to be said"
exits 0 "all is taken back" ptctl unset --runtime $NET_OFF $NET_ON

# ---- held against the DMA
modprobe -a vfio_pci vfio_iommu_type1
to_vfio() { driver_override "$1" vfio-pci; probe "$1"; }
from_vfio() { unbind "$1"; driver_override "$1"; }
for dev in $MODERN; do
	to_vfio "$dev"
	is "$(bound_driver "$dev")" vfio-pci "$dev: vfio-pci is bound"
	check "$dev: its group's type promises translation" translated "$dev"
	said=$(effective "$dev")
	proof "$dev" >/run/test/proof 2>/run/test/err
	case $(cat /run/test/proof) in
	bypass)		is "$said" bypass "$dev: its DMA bypasses, and effective says so" ;;
	translated)	is "$said" "$(promised "$dev")" "$dev: its DMA is translated, and effective says so" ;;
	*)		fail "$dev: the DMA tells" "$(cat /run/test/err)" ;;
	esac
	case $ON in
	*"$dev"*)	is "$(cat /run/test/proof)" translated "$dev: with iommu_platform=on it obeys" ;;
	*)		is "$(cat /run/test/proof)" bypass "$dev: without it does not" ;;
	esac
done

# ---- owned by userspace
while_open() {	# DEVICE: its DMA, and effective, while a program has it open
	rm -f /run/test/proof
	mkfifo /run/test/fifo
	proof "$1" hold </run/test/fifo >/run/test/proof 2>&1 &
	exec 8>/run/test/fifo
	wait_for 30 test -s /run/test/proof
	echo "$(cat /run/test/proof) $(effective "$1")"
	ptctl set --runtime --rebind=force "$1" strict >/run/test/out 2>&1
	exec 8>&-
	wait $!
	rm /run/test/fifo
}
is "$(while_open $RNG_ON)" "translated user" "open in userspace, and it obeys"
is "$(while_open $RNG_OFF)" "bypass bypass" "open in userspace, and it does not"
like "$(cat /run/test/out)" "*a userspace driver has $RNG_OFF*" "who wants it rebound is told so"
ptctl unset --runtime $RNG_ON $RNG_OFF
is "$(effective $RNG_ON)" "$(promised $RNG_ON)" "closed again"

# ---- what nobody could ask is not known, and not touched
reload
listing
for dev in $MODERN; do is_so "$dev" unknown unknown "vfio-pci was first"; done
exits 0 "translated, which its group is" ptctl set --runtime $RNG_OFF translated
like "$(ptctl show $RNG_OFF)" "*is not known*vfio-pci*" "show says why nobody knows"
for dev in $MODERN; do from_vfio "$dev"; done
ptctl unset --runtime $RNG_OFF
all_are_so "vfio-pci has let go"
for dev in $MODERN; do to_vfio "$dev"; done
all_are_so "vfio-pci came after the module"
for dev in $MODERN; do from_vfio "$dev"; done

# ---- hotplug: it is known before the driver comes
plugged() {	# ID BUS PORT iommu_platform=... EFFECTIVE ACCESS
	check "$1 is plugged in" device_add "virtio-net-pci,id=$1,bus=$2,$4"
	check "it appears" wait_for 10 below "$3"
	check "its driver binds" wait_for 10 netdev_of "$(below "$3")"
	listing
	is_so "$(below "$3")" "$5" "$6" "plugged in"
}
reload rules="strict name=0000:0[12]:*"
plugged hot1 rp1 $PORT1 iommu_platform=on strict offered
plugged hot2 rp2 $PORT2 iommu_platform=off bypass absent
like "$(dmesg | grep 'name only' | tail -n 1)" "* pci $(below $PORT2): iommu_pt: strict in name only*" \
	"it was known when there was no driver"
for id in hot1 hot2; do check "$id is unplugged" device_del $id; done

# ---- what was asked through the config space did not harm
attach
check "a disk that bypasses still reads" wait_for 10 test -b /dev/vda
is "$(dd if=/dev/vda bs=512 skip=1234 count=1 2>/dev/null | head -n 1)" "block 00001234" "what the host wrote"
detach
check "module unloads" modprobe -r iommu-pt-policy
done_testing
