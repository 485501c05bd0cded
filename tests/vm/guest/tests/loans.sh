# SPDX-License-Identifier: GPL-2.0
# Devices are lent to many at once, who give them back, or do not, or end before
# they have them; meanwhile drivers bind and unbind, devices come and go and are
# rebound. Then every device has its driver and is as the rules say.
. /tests/lib.sh
. /tests/prove.sh
. /tests/judge.sh
. /tests/whirl.sh

# vm.loans=SECONDS on the kernel's command line
FOR=$(cmdline vm.loans)
FOR=${FOR:-5}
RULES=/etc/iommu-pt/rules.d/20-loans.rules
# Not $RNG_OFF: without any generator, the kernel's thread that reads them may end in the
# moment that it is stopped, and is freed then (hwrng_unregister()).
LENT="$NVME $EDU $BLK_ON $RNG_ON $BALLOON_ON $NET_OFF $SCSI_OFF $FN0 $FN1"

mkdir -p ${RULES%/*}
cat >$RULES <<RULES
passthrough name=$EDU
passthrough name=$BLK_ON
strict name=$RNG_ON
lazy name=$NVME
RULES
check "module loads" modprobe iommu-pt-policy rebind=never
exits 0 "rules are applied" ptctl apply
load_drivers
# shellcheck disable=SC2086 # words
drivers $LENT >/run/drivers

bind_and_unbind() { unbind $FN1; probe $FN1; sleep 0.5; }
come_and_go() { remove $BALLOON_ON; rescan; sleep 1; }
rebind() {
	ptctl set --runtime --rebind $RNG_ON lazy
	ptctl unset --runtime $RNG_ON
	ptctl set --runtime --rebind $NVME strict
	ptctl unset --runtime $NVME
	sleep 0.5
}
rebind_as_well() {
	ptctl set --runtime --rebind $NVME passthrough
	ptctl set --runtime --rebind --group $FN0 strict
	ptctl unset --runtime $NVME
	ptctl set --runtime --rebind --group $FN0 lazy
	ptctl unset --runtime $FN0 $FN1
	sleep 0.5
}
read_all() { ptctl list --json; cat /sys/bus/pci/devices/*/iommu_pt/*; sleep 0.5; }

seed=$(date +%s)
diag "seed $seed"
whirl bind bind_and_unbind
whirl hotplug come_and_go
whirl rebind rebind
whirl rebind2 rebind_as_well
whirl prove ptctl prove $BLK_ON
whirl read read_all
# shellcheck disable=SC2086 # words
loans storm "$FOR" $((60 * SLOWER)) "$seed" $LENT >&2	# not by run(), which has a time limit
is $? 0 "every borrower had devices, and who waited heard of each request"
whirls_end
check "nothing is lent any more" wait_for 60 nothing_is_lent

# ---- the calm after
probe $FN1
rescan
# shellcheck disable=SC2086 # words
all_are_back() { [ "$(drivers $LENT)" = "$(cat /run/drivers)" ]; }
wait_for 10 all_are_back
# shellcheck disable=SC2086 # words
is "$(drivers $LENT)" "$(cat /run/drivers)" "each driver is where it was"
for dev in $LENT; do is "$(cat "$PCI/$dev/driver_override")" "(null)" "$dev: nothing is left in driver_override"; done
for dev in $LENT; do check "$dev works" works "$dev"; done
for dev in $LENT; do unbind "$dev"; done
exits 0 "rules are applied again" ptctl apply
is "$(judge_all $RULES)" "" "every device is as the rules say"
check "module unloads" modprobe -r iommu-pt-policy
rm -rf /etc/iommu-pt/rules.d /run/iommu-pt
modprobe -r vfio-pci
for dev in $LENT; do probe "$dev"; done
done_testing
