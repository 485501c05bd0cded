# SPDX-License-Identifier: GPL-2.0
# ptctl prove behind whatever IOMMU the machine has.
. /tests/lib.sh
. /tests/runner.sh
. /tests/prove.sh

load_drivers
modprobe virtio_iommu 2>/dev/null
check "module loads" modprobe iommu-pt-policy rebind=never
if [ "$(word vm.edu)" = driver ]; then
	modprobe edu_dma
	is "$(cat $PCI/$EDU/dma_mask_bits)" 64 "a driver has said how far the device reaches"
	modprobe -r edu_dma
fi
wait_for 10 test -e $PCI/$NVME/iommu_group
if [ "$(word vm.unsafe)" = yes ]; then
	exits 5 "vfio refuses: interrupts are not remapped" ptctl prove $EDU
	like "$ERR" "*allow_unsafe_interrupts=1*" "it says what would do"
	echo Y >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
fi
# Whoever waited for the IOMMU's driver, the kernel probes now, one after the other.
all_bound() {
	for dev in $OBEY $PAST; do
		[ "$dev" = $EDU ] || [ "$(bound_driver "$dev")" != none ] || return
	done
}
check "each device has its driver" wait_for 30 all_bound
# shellcheck disable=SC2086 # words
drivers $OBEY $PAST >/run/drivers
# shellcheck disable=SC2086
prove $OBEY $PAST
is "$STATUS" 3 "some go past the IOMMU"
for dev in $OBEY; do is "$(verdict "$dev")" translated "$dev obeys"; done
for dev in $PAST; do is "$(verdict "$dev")" bypass "$dev does not"; done
# shellcheck disable=SC2086
is "$(drivers $OBEY $PAST)" "$(cat /run/drivers)" "each driver is back"
for dev in $OBEY $PAST; do check "$dev works" works "$dev"; done
run ptctl audit --json
is "$(jq '[.findings[] | select(.id == "proof-contradicts")] | length' /run/test/out)" 0 \
	"nothing contradicts what was said of them"
check "module unloads" modprobe -r iommu-pt-policy
done_testing
