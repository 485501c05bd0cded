# SPDX-License-Identifier: GPL-2.0
# What "make demo" shows: typed as a person would, each step checked.
. /tests/lib.sh

title() { say ""; say "=== $*"; }

# STATUS COMMAND...: shown as typed; it must end so
step() {
	_want=$1; shift
	if show "$@"; then _got=0; else _got=$?; fi
	is "$_got" "$_want" "status of: $*"
}
dma() {		# DEVICE raw|api WANTED
	_got=$(dma_lands "$1" "$2")
	say "DMA of $1 to $2 memory: $_got"
	is "$_got" "$3" "$1: $2"
}

fresh
title "A guest behind a virtual VT-d: a disk, a network card, a test device"
modprobe -a nvme e1000e edu_dma
wait_for 10 blockdev_of $NVME
step 0 modprobe iommu-pt-policy
step 0 ptctl status
step 0 ptctl list

title "The disk shall run without translation. It has a driver, so it waits"
step 4 ptctl set $NVME passthrough
title "... or is rebound now"
step 0 ptctl set $NVME passthrough --rebind
is "$(domain_type $NVME)" identity "the disk is in identity"
check "the disk reads" wait_for 10 reads_blocks $NVME
check "the card is translated still" translated $NIC
step 0 ptctl list

title "Unplugged and plugged in again: in force before its driver's first probe"
say "\$ echo 1 >/sys/bus/pci/devices/$NVME/remove; echo 1 >/sys/bus/pci/rescan"
modprobe -r nvme
remove $NVME
rescan
modprobe witness
driver_override $NVME witness
probe $NVME
_seen=$(cat $PCI/$NVME/witness_domain)
say "a driver's probe saw the domain: $_seen"
is "$_seen" identity "probe ran in identity"
modprobe -r witness
driver_override $NVME
modprobe nvme
check "the disk reads" wait_for 10 reads_blocks $NVME
step 0 ptctl list

title "Seeing is believing: where does the test device's DMA land?"
dma $EDU raw missed
dma $EDU api landed
say "(translated: a raw address is refused by the IOMMU, the kernel's own DMA works)"
step 0 ptctl set $EDU passthrough --rebind
dma $EDU raw landed
dma $EDU api landed

title "A rule for devices to come, and one that is hot-plugged"
echo "passthrough modalias=pci:v00001234d000011E8*" >/etc/iommu-pt/rules.d/60-edu.rules
say "\$ cat /etc/iommu-pt/rules.d/60-edu.rules"
say "$(cat /etc/iommu-pt/rules.d/60-edu.rules)"
step 0 ptctl apply
check "plugged in" device_add edu,id=hot1,bus=rp1,dma_mask=0xffffffffffffffff
wait_for 10 below $PORT1
_hot=$(below $PORT1)
wait_for 10 test -e "$PCI/$_hot/probe_domain"
is "$(cat "$PCI/$_hot/probe_domain")" identity "its probe ran in identity"
step 0 ptctl explain "$_hot"
dma "$_hot" raw landed
check "unplugged" device_del hot1

title "Taken back"
unbind $EDU
rm /etc/iommu-pt/rules.d/60-edu.rules
step 0 ptctl unset $NVME $EDU --rebind
step 0 ptctl list
check "the disk reads" wait_for 10 reads_blocks $NVME
is "$(domain_type $EDU)" "$(domain_type $NIC)" "all is as it was"
say ""
done_testing
