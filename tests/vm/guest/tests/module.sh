# SPDX-License-Identifier: GPL-2.0
# The module alone, through sysfs: at load, at rescan, at hotplug and at unbind
# a device is in its domain before its driver's probe runs.
. /tests/lib.sh
fresh

pt() { cat "$PCI/$1/iommu_pt/$2"; }

modprobe witness edu_dma
unbind $EDU
modprobe edu_dma

# ---- at load: what is unbound changes, what is bound waits
driver_override $FN0 witness
probe $FN0
check "module loads" modprobe iommu-pt-policy \
	rules="passthrough name=$NVME;passthrough name=$EDU;strict name=$NIC"
is "$(domain_type $NVME)" identity "at load: an unbound device changes"
is "$(domain_type $NIC)" DMA "at load: strict is set"
is "$(pt $EDU status)" pending "at load: a bound device waits"
unbind $EDU
check "it changes when its driver unbinds" wait_for 5 is_identity $EDU
bind edu_dma $EDU
is "$(cat $PCI/$EDU/probe_domain)" identity "probe ran in identity"
is "$(dma_lands $EDU raw)" landed "DMA to a raw address landed"
is "$(dma_lands $EDU api)" landed "DMA through the API landed"
is "$(pt $EDU policy) $(pt $EDU effective) $(pt $EDU status) $(pt $EDU source)" \
	"passthrough passthrough applied cmdline" "its attributes say so"

# ---- rescan
driver_override $NVME witness
remove $NVME
rescan
driver_override $NVME witness
probe $NVME
is "$(cat $PCI/$NVME/witness_domain)" identity "after a rescan: probe ran in identity"
for dev in $FN1 $PORT1; do
	translated $dev || fail "$dev stays translated"
done
pass "others stay translated"

# ---- set by hand
unbind $EDU
echo translated >$PCI/$EDU/iommu_pt/policy
check "set to translated" translated $EDU
bind edu_dma $EDU
log_mark fault
is "$(dma_lands $EDU raw)" missed "DMA to a raw address missed, the memory is untouched"
faulted() { log_since fault | grep -q "DMA Write.*${EDU#0000:}.*fault addr"; }
check "the IOMMU tells of the fault" wait_for 5 faulted
is "$(dma_lands $EDU api)" landed "DMA through the API landed"
unbind $EDU
echo auto >$PCI/$EDU/iommu_pt/policy
is "$(domain_type $EDU)" identity "taken back: the next tier decides"
cat /sys/kernel/iommu_pt/rules /sys/kernel/iommu_pt/stats >&2

check "module unloads" modprobe -r iommu-pt-policy
is "$(domain_type $EDU)" identity "unloading leaves domains as they are"
check "module loads again" modprobe iommu-pt-policy mode=observe
is "$(cat /sys/kernel/iommu_pt/mode)" observe "mode is said"
check "module unloads" modprobe -r iommu-pt-policy
done_testing
