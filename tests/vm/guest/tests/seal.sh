# SPDX-License-Identifier: GPL-2.0
# After the seal nothing becomes less strict until reboot, by whatever way one
# tries. To be the last test of a boot: the module stays.
. /tests/lib.sh
fresh

sealed=/sys/kernel/iommu_pt/sealed
status_of() { cat "$PCI/$1/iommu_pt/status"; }
reason_of() { ptctl list -n -o NAME,REASON | grep "^$1"; }	# DEVICE
new_rules() { printf '%s\n' "$@" >/etc/iommu-pt/rules.d/90-test.rules; }	# RULE...

mkdir -p /etc/iommu-pt/rules.d
modprobe -a witness edu_dma
unbind $EDU; unbind $FN2
driver_override $EDU witness
driver_override $NIC witness
check "module loads" modprobe iommu-pt-policy hints=ignore
new_rules "passthrough bus=pci name=$NVME" "strict bus=pci name=$EDU" \
	"passthrough bus=pci name=$NIC" "passthrough bus=pci name=0000:*:00.0 modalias=pci:v00001234d000011E8*"
probe $NIC
exits 0 "rules" ptctl apply
is "$(domain_type $NVME) $(domain_type $EDU)" "identity DMA" "are in force"
is "$(status_of $NIC)" pending "one of them has a driver in its way"
like "$(cat $sealed)" 0 "not sealed"
check "anything but 1 is no word" sh -c "! echo 0 >$sealed"
check "nor is what only begins with it" sh -c "! printf '1\\0 not' >$sealed"
for cap in sys_admin sys_rawio; do
	check "not without $cap" sh -c "! /usr/bin/setpriv --bounding-set -$cap --inh-caps -$cap sh -c 'echo 1 >$sealed'"
done
like "$(cat $sealed)" 0 "not sealed still"

echo 1 >$sealed
is "$(cat $sealed)" 1 "sealed"
is "$(nlhints info)" "hints=ignore sealed" "info says so"
exits 0 "sealing again succeeds" nlhints seal
is "$(dmesg | grep -c 'iommu_pt: sealed: until reboot')" 1 "the log tells of it once"
check "it is not undone" sh -c "! echo 0 >$sealed"
is "$(domain_type $NVME)" identity "what is passthrough stays so"

# ---- one device
exits 1 "set: less strict" ptctl set --runtime $EDU lazy
like "$ERR" "*$EDU would become less strict*sealed, until reboot*" "is refused, and told"
exits 1 "set: force" ptctl set --runtime --force $EDU passthrough
check "sysfs: less strict" sh -c "! echo passthrough >$PCI/$EDU/iommu_pt/policy"
exits 1 "set: persistent" ptctl set $EDU passthrough
like "$ERR" "*$EDU would become less strict*nothing was changed" "and told"
check "which leaves no file" test ! -e /etc/iommu-pt/rules.d/50-ptctl.rules
exits 1 "set: lazy, where no rule speaks" ptctl set --runtime $FN2 lazy
is "$(domain_type $EDU)" DMA "nothing has changed"
exits 0 "set: stricter" ptctl set --runtime $NVME strict
is "$(grep "^runtime" /sys/kernel/iommu_pt/rules)" "runtime strict bus=pci name=$NVME" "is listed among the rules"
is "$(domain_type $NVME)" DMA "is done"
exits 1 "taking that back" ptctl unset --runtime $NVME
exits 1 "nor something between" ptctl set --runtime $NVME translated
is "$(domain_type $NVME)" DMA "nothing has changed"

# ---- rules
new_rules "passthrough"
exits 1 "rules for all, less strict" ptctl apply
like "$ERR" "*would become less strict*sealed*" "is refused, and the first device named"
new_rules "passthrough force=yes"
exits 1 "with force" ptctl apply
rm /etc/iommu-pt/rules.d/90-test.rules
exits 1 "no rules" ptctl apply
like "$ERR" "*$EDU would become less strict*" "names the device that had one"
is "$(domain_type $EDU)" DMA "nothing has changed"
is "$(grep -c ^admin /sys/kernel/iommu_pt/rules)" 4 "the rules stand"
exits 1 "fw_cfg is no way" nlhints set "passthrough force=yes"
new_rules "passthrough bus=pci name=$NVME" "strict bus=pci name=$EDU" "strict bus=pci name=$FN0" \
	"passthrough bus=pci name=$NIC"
exits 0 "rules that are stricter, or for what is not there" ptctl apply
if kernel_at_least 6 4; then
	is "$(domain_type $FN1)" DMA "are in force"
else
	is "$(status_of $FN0)" refused "are refused by this kernel, for a group of three"
fi

exits 0 "set: what it is already" ptctl set --runtime $EDU strict

# ---- what waited for its driver
is "$(status_of $NIC)" refused "what was pending is refused now"
like "$(reason_of $NIC)" "*sealed*DMA*" "and why"
before=$(domain_type $NIC)
unbind $NIC
sleep 0.3
is "$(domain_type $NIC)" "$before" "the driver goes, the domain stays"
probe $NIC
is "$(cat $PCI/$NIC/witness_domain)" "$before" "and so at the next probe"
exits 0 "set, with a rebind" sh -c "ptctl set --runtime --rebind $NIC passthrough; true"
is "$(domain_type $NIC)" "$before" "is no way either"

# ---- what arrives has what was sealed, before its first probe
check "edu is plugged in" device_add edu,id=hot1,bus=rp1,dma_mask=0xffffffffffffffff
wait_for 10 below $PORT1
hot=$(below $PORT1)
wait_for 10 test -e "$PCI/$hot/probe_domain"
like "$(cat "$PCI/$hot/probe_domain")" "DMA*" "the rule is gone, so it is not passthrough"
check "edu is unplugged" device_del hot1
new_rules "passthrough bus=pci name=$NVME" "strict bus=pci name=$EDU" "strict bus=pci name=$FN0" \
	"passthrough bus=pci name=$NIC" \
	"passthrough bus=pci name=0000:*:00.0 modalias=pci:v00001234d000011E8*" \
	"passthrough bus=pci name=0000:*:00.0 modalias=pci:v00001B36d00000010*"
exits 0 "rules for what is not there" ptctl apply
check "edu is plugged in again" device_add edu,id=hot1,bus=rp1,dma_mask=0xffffffffffffffff
wait_for 10 below $PORT1
wait_for 10 test -e "$PCI/$hot/probe_domain"
is "$(cat "$PCI/$hot/probe_domain")" identity "a sealed rule says passthrough: it probes in identity"
is "$(dma_lands "$hot" raw)" landed "and its DMA lands"
echo 1b36 0010 >/sys/bus/pci/drivers/witness/new_id
check "nvme is plugged in" device_add nvme,id=hot2,bus=rp2,serial=hot,drive=spare1
wait_for 10 below $PORT2
hot=$(below $PORT2)
wait_for 10 test -e "$PCI/$hot/witness_domain"
like "$(cat "$PCI/$hot/witness_domain")" "DMA*" "a rule of after the seal says so: it does not"
is "$(cat "$PCI/$hot/iommu_pt/policy")" auto "no sealed rule speaks of it"
like "$(reason_of "$hot")" "*sealed*time of the seal*" "and why"
like "$(ptctl explain "$hot")" "*passthrough*less strict than what was sealed*no rule decides*" "explain, too"

# ---- a stricter domain that its driver does not like
is "$(domain_type $NIC) $(cat $PCI/$NIC/iommu_pt/policy)" "$before passthrough" "a card, translated"
echo 1 >/sys/module/witness/parameters/fail_probes
exits 1 "set strict, with a rebind that fails" ptctl set --runtime --rebind $NIC strict
is "$(cat $PCI/$NIC/witness_domain)" DMA "the former domain does not come back"

exits 0 "a line in the file, below what was set at runtime" ptctl set $NVME strict
exits 1 "of the two one can be taken back" ptctl unset $NVME
like "$ERR" "*sealed*50-ptctl.rules is changed all the same*" "which is said"

# ---- the module
check "the module cannot be unloaded" sh -c "! rmmod iommu-pt-policy"
check "nor its parameters changed" sh -c "! echo trust >/sys/module/iommu_pt_policy/parameters/hints"
is "$(cat $sealed)" 1 "sealed still"
done_testing
