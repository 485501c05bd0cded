# SPDX-License-Identifier: GPL-2.0
# What the platform says (machines.toml, acpi/hints.asl) is in force before the
# first probe, with no more of userspace than modprobe; how far it goes, the
# parameter says, and never far enough to loosen what is not its own.
. /tests/lib.sh
fresh

ext=$(below $PORT_EXTERNAL)
source_of() { cat "$PCI/$1/iommu_pt/source"; }
policy_of() { cat "$PCI/$1/iommu_pt/policy"; }
hint_of() { nlhints | grep -F -e "$1"; }		# TEXT
decides() { ptctl explain --json "$1" | jq -r '.rules[] | select(.decides).rule'; }	# DEVICE
reason_of() { ptctl list -n -o NAME,REASON | grep "^$1"; }	# DEVICE

modprobe -a witness edu_dma
for dev in $NVME $NIC $EDU; do driver_override "$dev" witness; done
unbind $EDU; unbind $FN2

# ---- trust
check "module loads" modprobe iommu-pt-policy
for dev in $NVME $NIC $EDU; do probe "$dev"; done
is "$(cat $PCI/$EDU/witness_domain)" identity "SMBIOS: in force before the probe"
is "$(source_of $EDU)" hint "its source is the hint"
is "$(cat $PCI/$NIC/witness_domain)" identity "property: in force before the probe"
is "$(source_of $NIC)" hint "its source is the hint"
is "$(cat $PCI/$NVME/witness_domain)" DMA "of two that contradict, the strictest"
like "$(ptctl show $NVME)" "*smbios: strict, property: passthrough*strictest*" "show tells of it"
is "$(dmesg | grep -c "$NVME: iommu_pt: hints contradict")" 1 "so does the log, once"
unlike "$(ptctl show $NIC)" "*contradict*" "no other contradicts"
check "external: translated, whatever the hint says" translated "$ext"
is "$(source_of "$ext")" none "external: no hint decides"
is "$(policy_of $FN0)" auto "a malformed property has no say"
like "$(dmesg)" "*$FN0: iommu_pt: hint linux,iommu-pt-policy: the property names no policy*" \
	"the log tells of it"

ptctl audit --json >/run/test/audit
is "$(jq -r '.findings[] | select(.id == "hint-restricted").device' /run/test/audit)" "$ext" \
	"audit: a hint would loosen an external device"
is "$(jq -r '.findings[] | select(.id == "hint-rejected").device' /run/test/audit)" "$FN0" \
	"audit: a malformed property"

is "$(nlhints info)" "hints=trust truthful" "info: trust, truthful"
is "$(cat /sys/kernel/iommu_pt/hints /sys/kernel/iommu_pt/truthful)" "trust
1" "sysfs: the same"
is "$(hint_of truthful)" \
	"smbios accepted - \"iommu-pt:passthrough bus=pci name=0000:00:05.0; truthful\" -" \
	"the hints: a string of SMBIOS"
is "$(nlhints | grep -c ^smbios)" 4 "strings that are not ours are not there"
like "$(nlhints | head -n 1)" "*name=0000:00:05.0*" "they are in the table's order"
is "$(hint_of "property accepted $NIC")" "property accepted $NIC \"passthrough\" -" \
	"the hints: a property"
like "$(hint_of "property rejected $FN0")" "*\"strict?x1b?31m\" the property names no policy*" \
	"the hints: a malformed one, escaped, and why"

# ---- what arrives
echo 8086 10d3 >/sys/bus/pci/drivers/witness/new_id
remove $NIC
is "$(hint_of "$NIC")" "" "a property goes with its device"
rescan
wait_for 10 test -e $PCI/$NIC/witness_domain
is "$(cat $PCI/$NIC/witness_domain)" identity "property: at the next arrival too"
check "edu is plugged in" device_add edu,id=hot1,bus=rp1,dma_mask=0xffffffffffffffff
wait_for 10 below $PORT1
hot=$(below $PORT1)
wait_for 10 test -e "$PCI/$hot/probe_domain"
is "$(cat "$PCI/$hot/probe_domain")" identity "SMBIOS: before the first probe of what is plugged in"
is "$(dma_lands "$hot" raw)" landed "its DMA to a raw address lands"
check "edu is unplugged" device_del hot1

# ---- who is above, who is below
unbind $EDU; unbind $NIC; unbind $NVME
exits 0 "a decision of root's" ptctl set --runtime $EDU strict
is "$(domain_type $EDU)" DMA "it wins"
exits 0 "taken back" ptctl unset --runtime $EDU
is "$(domain_type $EDU)" identity "the hint counts again"
mkdir -p /etc/iommu-pt/rules.d /usr/lib/iommu-pt/rules.d
echo "auto bus=pci name=$EDU" >/etc/iommu-pt/rules.d/20-test.rules
echo "strict bus=pci name=$NIC" >/usr/lib/iommu-pt/rules.d/20-test.rules
exits 0 "rules of both sides" ptctl apply
check "an administrator's wins, even that of no opinion" translated $EDU
is "$(domain_type $NIC)" identity "a vendor's does not"
rm /etc/iommu-pt/rules.d/20-test.rules /usr/lib/iommu-pt/rules.d/20-test.rules
exits 0 "and without them" ptctl apply

# ---- fw_cfg, by way of netlink
exits 0 "fw_cfg" nlhints set "# a comment
strict bus=pci name=$NIC	# and another

auto bus=pci name=$EDU"
is "$(domain_type $NIC)" DMA "fw_cfg contradicts the property, and is stricter"
like "$(reason_of $NIC)" "*property: passthrough, fw_cfg: strict*" "the reason says so"
is "$(decides $NIC)" "strict bus=pci name=$NIC" "explain: it decides"
is "$(domain_type $EDU)" identity "auto in a hint is no opinion"
is "$(nlhints | grep -c ^fw_cfg)" 2 "the hints: a line a hint"
exits 1 "a mistake" nlhints set "passthrough
translated name=[a"
is "$OUT" "EINVAL: line 2, column 17: '[' without ']'" "is told with its place"
exits 1 "force in a hint" nlhints set "passthrough force=yes"
like "$OUT" "EINVAL: line 1, column 13: force is for*" "is told too"
is "$(nlhints | grep -c ^fw_cfg)" 2 "and nothing changed"
exits 0 "a hint for all" nlhints set "passthrough"
check "external: translated still" translated "$ext"
is "$(domain_type $NVME)" DMA "and what another channel wants stricter"
exits 0 "fw_cfg is empty" nlhints set ""
is "$(nlhints | grep -c ^fw_cfg)" 0 "the hints: none of it"

# ---- restrict
check "module unloads" modprobe -r iommu-pt-policy
set_domain_type $EDU auto; set_domain_type $NIC auto; set_domain_type $NVME auto
check "module loads with hints=restrict" modprobe iommu-pt-policy hints=restrict
check "restrict: passthrough by SMBIOS does not count" translated $EDU
check "restrict: passthrough by property does not count" translated $NIC
is "$(source_of $EDU) $(source_of $NIC)" "none none" "no hint decides"
is "$(decides $EDU)" "" "explain: none decides"
like "$(ptctl explain $EDU)" "*does not count*no rule decides*" "and those that match do not count"
is "$(domain_type $NVME)" DMA "restrict: strict does"
is "$(nlhints info)" "hints=restrict truthful" "info: restrict, truthful"
like "$(hint_of "property restricted $NIC")" "*hints=restrict*" "the hints: why"
echo "passthrough bus=pci name=0000:00:0[345].0" >/usr/lib/iommu-pt/rules.d/20-test.rules
exits 0 "a vendor's rule" ptctl apply
is "$(domain_type $NIC)" identity "restrict: it decides where no hint is stricter"
is "$(domain_type $NVME)" DMA "restrict: and not where one is"
rm /usr/lib/iommu-pt/rules.d/20-test.rules
exits 0 "and without it" ptctl apply
exits 0 "fw_cfg says lazy" nlhints set "lazy bus=pci name=$NIC"
is "$(source_of $NIC)" none "restrict: lazy may loosen, so it does not count"
exits 0 "fw_cfg says translated" nlhints set "translated bus=pci name=$NIC"
is "$(source_of $NIC)" hint "restrict: translated does"

# ---- ignore
check "module unloads" modprobe -r iommu-pt-policy
set_domain_type $NVME auto
check "module loads with hints=ignore" modprobe iommu-pt-policy hints=ignore
is "$(source_of $EDU) $(source_of $NIC) $(source_of $NVME)" "none none none" "ignore: no hint decides"
is "$(nlhints info)" "hints=ignore" "info: ignore, not truthful"
is "$(cat /sys/kernel/iommu_pt/rules)" "" "no rule is in force"
like "$(hint_of truthful)" "smbios ignored*hints=ignore*" "the hints: shown all the same"
exits 0 "fw_cfg" nlhints set "strict"
is "$(source_of $EDU)" none "does not count either"
check "module unloads" modprobe -r iommu-pt-policy
check "any other word keeps the module from loading" sh -c "! modprobe iommu-pt-policy hints=some"
like "$(dmesg)" "*hints=some: there are trust, restrict and ignore*" "and the log says so"

modprobe -r witness
for dev in $NVME $NIC $EDU; do driver_override "$dev"; done
done_testing
