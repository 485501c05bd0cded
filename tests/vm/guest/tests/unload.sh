# SPDX-License-Identifier: GPL-2.0
# The module comes and goes while devices and drivers come and go.
. /tests/lib.sh
fresh

ROUNDS=$(cmdline vm.reload)
ROUNDS=${ROUNDS:-15}
modprobe -a witness edu_dma

churn() {	# until /run/test/stop: remove and rescan, bind and unbind
	while [ ! -e /run/test/stop ]; do
		remove $FN2
		remove $FN1
		unbind $EDU
		bind edu_dma $EDU
		rescan
	done
}

readers() {
	while [ ! -e /run/test/stop ]; do
		cat /sys/bus/pci/devices/*/iommu_pt/* /sys/kernel/iommu_pt/*
		ptctl list
	done >/dev/null 2>&1
}

churn 2>/dev/null & churner=$!
readers & reader=$!
loaded=0 unloaded=0
for _ in $(seq $ROUNDS); do
	modprobe iommu-pt-policy rules="passthrough name=$EDU;strict bus=pci" && loaded=$((loaded + 1))
	echo lazy >$PCI/$NVME/iommu_pt/policy
	# A reader's netlink dump holds the module for a moment; that is its right.
	wait_for 30 modprobe -r iommu-pt-policy && unloaded=$((unloaded + 1))
done
check "plugged in meanwhile" device_add nvme,id=hot1,bus=rp1,serial=hot,drive=spare1
touch /run/test/stop
wait $churner $reader
is "$loaded" $ROUNDS "loaded every time"
is "$unloaded" $ROUNDS "unloaded every time"

rescan
check "it loads once more" modprobe iommu-pt-policy rules="passthrough name=$EDU"
unbind $EDU
check "and works" wait_for 5 is_identity $EDU
bind edu_dma $EDU
is "$(dma_lands $EDU raw)" landed "DMA to a raw address landed"
wait_for 10 below $PORT1
check "unplugged" device_del hot1
check "module unloads" modprobe -r iommu-pt-policy
done_testing
