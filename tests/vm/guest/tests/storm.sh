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
# more, or somebody removes it, or it is pulled out.
rebind_and_pull() {	# HOW
	device_add edu,id=storm2,bus=rp2
	wait_for 10 below $PORT2
	_hot=$(below $PORT2) || return
	driver_override "$_hot" witness
	wait_for 10 gets_driver "$_hot" witness
	ptctl set --runtime --rebind "$_hot" passthrough &
	_rebind=$!
	"$1" "$_hot"
	wait $_rebind
	device_del storm2	# if it is there still
}
power_off() {
	echo 0 >"$(dirname "$(grep -lx "${1%.*}" /sys/bus/pci/slots/*/address)")/power" &&
		wait_event DEVICE_DELETED storm2
}
vanish() {
	pull_out $PORT2 && wait_event DEVICE_DELETED storm2
	wait_for 10 slot_is_off $PORT2
}
pull_each_way() {
	! port_tells $PORT2 || rebind_and_pull vanish
	rebind_and_pull power_off
	rebind_and_pull remove
}
bind_and_unbind() { unbind $NIC; probe $NIC; sleep 0.02; }
rebind() {
	ptctl set --runtime --rebind $NIC passthrough
	ptctl set --runtime --rebind $NIC strict
}
# All devices are looked at anew whenever rules are applied, which makes up for what was
# missed of one: in the end they stay, wherever that finds them.
rules_go_on() { [ ! -e /run/test/rules-stay ]; }
replace_rules() {
	rules_go_on || { sleep 0.1; return; }
	for _rules in "passthrough bus=pci" "strict modalias=pci:*" "lazy name=$EDU"; do
		echo "$_rules" >$RULES
		ptctl apply
		rules_go_on || return
	done
	echo "strict nonsense=1" >$RULES	# none of it takes effect
	ptctl apply
}
# The storm may end between any two of these: what is in force then is another thing each
# time.
goes_on() { [ ! -e /run/test/stop ]; }
set_and_unset() {
	ptctl set --runtime $EDU $NVME passthrough
	goes_on || return
	ptctl set --runtime --group $FN0 lazy
	goes_on || return
	echo strict >$PCI/$NVME/iommu_pt/policy
	goes_on || return
	ptctl unset --runtime $EDU $NVME $FN0 $FN1 $FN2
}
read_sysfs() { cat /sys/bus/pci/devices/*/iommu_pt/* /sys/kernel/iommu_pt/*; }
read_dumps() { ptctl list --json; ptctl explain $EDU; }

mkdir -p ${RULES%/*}
modprobe witness
driver_override $NIC witness
check "module loads" modprobe iommu-pt-policy
whirl hotplug plug_and_pull
whirl pull pull_each_way
whirl rescan come_and_go
whirl bind bind_and_unbind
whirl rebind rebind
whirl rules replace_rules
whirl set set_and_unset
whirl sysfs1 read_sysfs
whirl sysfs2 read_sysfs
whirl dumps read_dumps
sleep $((FOR / 2))
touch /run/test/rules-stay
sleep $((FOR / 2))
whirls_end

# ---- nothing was missed
wait_for 3 judge_is_content	# 30 looks, which take their time
cat /sys/kernel/iommu_pt/rules >&2
is "$(judge_now)" "" "every device is as the rules of the last moment say"

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
