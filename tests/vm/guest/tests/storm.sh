# SPDX-License-Identifier: GPL-2.0
# Everything at once on two CPUs: devices come and go, drivers bind and unbind
# and are rebound, rules are replaced, devices set and unset, all of it read by
# several. Then nothing hangs, and every device is as the rules say.
. /tests/lib.sh
. /tests/judge.sh
. /tests/whirl.sh
fresh

# vm.storm=SECONDS on the kernel's command line
FOR=$(cmdline vm.storm)
FOR=${FOR:-30}
RULES=/etc/iommu-pt/rules.d/20-storm.rules

come_and_go() { remove $FN2; remove $EDU; remove $FN1; rescan; }
plug_and_pull() {
	device_add edu,id=storm1,bus=rp1
	sleep 1
	device_del storm1
}
# Its driver is being rebound when the device goes: its slot has no power any
# more, or somebody removes it.
rebind_and_pull() {	# HOW
	device_add edu,id=storm2,bus=rp2
	wait_for 10 below $PORT2
	_hot=$(below $PORT2) || return
	driver_override "$_hot" witness
	probe "$_hot"
	ptctl set --runtime --rebind "$_hot" passthrough &
	_rebind=$!
	"$1" "$_hot"
	wait $_rebind
	device_del storm2
}
power_off() { echo 0 >/sys/bus/pci/slots/2/power; }
pull_both_ways() { rebind_and_pull power_off; rebind_and_pull remove; }
bind_and_unbind() { unbind $NIC; probe $NIC; sleep 0.02; }
rebind() {
	ptctl set --runtime --rebind $NIC passthrough
	ptctl set --runtime --rebind $NIC strict
}
replace_rules() {
	for _rules in "passthrough bus=pci" "strict modalias=pci:*" "lazy name=$EDU"; do
		echo "$_rules" >$RULES
		ptctl apply
	done
	echo "strict nonsense=1" >$RULES	# none of it takes effect
	ptctl apply
}
set_and_unset() {
	ptctl set --runtime $EDU $NVME passthrough
	ptctl set --runtime --group $FN0 lazy
	echo strict >$PCI/$NVME/iommu_pt/policy
	ptctl unset --runtime $EDU $NVME $FN0 $FN1 $FN2
}
read_sysfs() { cat /sys/bus/pci/devices/*/iommu_pt/* /sys/kernel/iommu_pt/*; }
read_dumps() { ptctl list --json; ptctl explain $EDU; }

mkdir -p ${RULES%/*}
modprobe witness
driver_override $NIC witness
check "module loads" modprobe iommu-pt-policy
whirl hotplug plug_and_pull
whirl pull pull_both_ways
whirl rescan come_and_go
whirl bind bind_and_unbind
whirl rebind rebind
whirl rules replace_rules
whirl set set_and_unset
whirl sysfs1 read_sysfs
whirl sysfs2 read_sysfs
whirl dumps read_dumps
sleep "$FOR"
whirls_end

# ---- the calm after
! below $PORT1 || device_del storm1
! below $PORT2 || device_del storm2
driver_override $NIC
rescan
for dev in $NVME $NIC $EDU $FN0 $FN1 $FN2; do
	unbind $dev
	echo auto >$PCI/$dev/iommu_pt/policy
done 2>/dev/null
judge_rules >$RULES
exits 0 "rules are applied" ptctl apply
cat /sys/kernel/iommu_pt/rules /sys/kernel/iommu_pt/stats >&2
is "$(judge_all $RULES)" "" "every device is as the rules say"
check "module unloads" modprobe -r iommu-pt-policy
fresh
modprobe -r witness
done_testing
