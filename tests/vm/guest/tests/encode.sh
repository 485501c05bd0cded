# SPDX-License-Identifier: GPL-2.0
# What "ptctl hints encode" made of hints/*.rules arrives in the guest as it was
# meant, by each channel; apply hands over what fw_cfg says, or says what is wrong
# with it; seal.
. /tests/lib.sh
fresh

heard() { ptctl hints --json | jq -r ".hints[] | select($1) | .hint"; }	# CONDITION of jq
rules() { heard '.channel == "smbios"' | sed 's/^iommu-pt://' | tr ';' '\n' | sed 's/^ //'; }
source_of() { cat "$PCI/$1/iommu_pt/source"; }
policy_of() { cat "$PCI/$1/iommu_pt/policy"; }

# ---- without the module
modprobe -r qemu_fw_cfg
exits 0 "hints without the module" ptctl hints
like "$ERR" "*not loaded*what becomes of a hint is not known*" "says what it cannot know"
like "$OUT" "*fw_cfg*modprobe qemu_fw_cfg*" "and why it sees no fw_cfg"
like "$OUT" "*property*ACPI*only the module*" "nor properties of ACPI"
modprobe qemu_fw_cfg
without=$(heard true)
like "$without" "*truthful; passthrough bus=pci name=$NVME*name=$EDU*" "it sees SMBIOS and fw_cfg"
is "$(heard '.state != null')" "" "and claims of none that it is accepted"

# ---- with it
check "module loads" modprobe iommu-pt-policy
is "$(rules)" "$(cat <<-'END'
	truthful
	passthrough bus=pci name=0000:00:03.0
	strict modalias=of:N*T*Carm,pl330*,,x
	strict bus=no'such"bus name=$(reboot)\`x&y=z,w,
	strict modalias=pci:v0000BEEFd0000BEEFsv00001111sd00001111bc00sc00i00,1*
	strict modalias=pci:v0000BEEFd0000BEEFsv00001111sd00001111bc00sc00i00,2*
	strict modalias=pci:v0000BEEFd0000BEEFsv00001111sd00001111bc00sc00i00,3*
	strict bus=pci name=0000:00:04.0
	lazy bus=</entry>&amp<!--,, name='"]]>
	END
)" "qemu-smbios and libvirt: byte for byte, in order"
is "$(heard '.channel == "smbios" and .state != "accepted"')" "" "all of it accepted"
is "$(policy_of $NVME) $(source_of $NVME)" "passthrough hint" "qemu-smbios decides"
is "$(domain_type $NVME)" identity "and is in force"
is "$(policy_of $NIC) $(source_of $NIC)" "strict hint" "libvirt decides"
is "$(heard ".device == \"$FN0\" and .state == \"accepted\"")" strict "acpi"
is "$(policy_of $FN0) $(source_of $FN0)" "strict hint" "decides, though another device is not there"
is "$(dmesg | grep 'ACPI.*Error')" "" "of which the kernel does not complain"
is "$(ptctl status --json | jq -r '.status[] | "\(.hints) \(.truthful) \(.sealed) \(.confidential)"')" \
	"trust true false false" "status tells of trust and seal"

# ---- fw_cfg comes by apply
like "$(ptctl hints)" "*name=$EDU*the module does not have it: ptctl apply*" "the module lacks fw_cfg's"
exits 3 "apply would" ptctl apply --dry-run
is "$OUT" "+ hint: passthrough bus=pci name=$EDU
+ hint: translated external=yes" "tell what differs, and only of its own channel"
is "$(source_of $EDU)" none "dry"
exits 0 "apply" ptctl apply
is "$(policy_of $EDU) $(source_of $EDU)" "passthrough hint" "qemu-fw-cfg decides"
exits 0 "again" ptctl apply
is "$OUT$ERR" "" "changes nothing"
is "$(heard '.channel == "fw_cfg" and .state == "accepted"' | wc -l)" 1 "the module has it"

# ---- and what it may say; files of a made-up machine
export IOMMU_PT_ROOT=/run/test/root
raw=$IOMMU_PT_ROOT/sys/firmware/qemu_fw_cfg/by_name/opt/org.iommu-pt/rules/raw
mkdir -p "${raw%/*}" "$IOMMU_PT_ROOT/etc/iommu-pt/rules.d"
echo "strict bus=pci name=$NIC" >"$IOMMU_PT_ROOT/etc/iommu-pt/rules.d/a.rules"
printf 'lazy bus=pci name=%s\nfast\033[31m\n' $EDU >"$raw"
exits 1 "malformed" ptctl apply
like "$ERR" "*rules/raw:2:5: error: control character*tier hint: nothing of it was loaded*" "is said with its place"
is "$(policy_of $EDU)" passthrough "nothing of it counts"
is "$(source_of $NIC)" admin "and the files do all the same"
echo "passthrough force=yes" >"$raw"
exits 1 "force" ptctl apply
like "$ERR" "*force is for an administrator's rules only*" "is not for a hint"
yes "strict bus=x" | head -c 1100000 >"$raw"
exits 1 "more than 1 MiB" ptctl apply
like "$ERR" "*longer than 1 MiB*" "is too much"
is "$(policy_of $EDU)" passthrough "nothing of all that changed anything"
printf 'truthful\n# a comment\nlazy bus=pci name=%s; strict bus=y' $EDU >"$raw"
exits 0 "others" ptctl apply
is "$OUT" "- hint: passthrough bus=pci name=$EDU
- hint: translated external=yes
+ hint: truthful
+ hint: lazy bus=pci name=$EDU
+ hint: strict bus=y" "replace them"
rm "$raw"
exits 0 "no such item" ptctl apply
is "$(source_of $EDU)" none "takes them back"
rm -r "$IOMMU_PT_ROOT/sys"
echo "lazy bus=pci name=$EDU" >"$IOMMU_PT_ROOT/etc/iommu-pt/rules.d/a.rules"
exits 0 "no fw_cfg at all" ptctl apply
unset IOMMU_PT_ROOT
exits 0 "apply as it is" ptctl apply
is "$(policy_of $EDU) $(source_of $EDU)" "passthrough hint" "the true one again"
exits 1 "nobody" as_nobody ptctl apply --dry-run
like "$ERR" "*raw*ermission denied*" "cannot read what fw_cfg says, and is told so"

# ---- seal
exits 1 "nobody seals" as_nobody ptctl seal
like "$ERR" "*seal:*" "is refused"
exits 0 "seal" ptctl seal
is "$(cat /sys/kernel/iommu_pt/sealed)" 1 "it is sealed"
exits 0 "twice" ptctl seal
like "$(ptctl)" "*Sealed*yes, nothing becomes less strict until reboot*" "status says so"
exits 1 "a change that loosens" ptctl set $NIC passthrough --runtime
like "$ERR" "*sealed*nothing was changed*" "is refused, and why"
is "$(policy_of $NIC)" strict "nothing changed"
remove $FN0
mkdir -p /etc/iommu-pt/rules.d
echo "passthrough bus=pci name=$FN0" >/etc/iommu-pt/rules.d/90-test.rules
exits 0 "a rule for a device that is gone" ptctl apply
rescan
is "$(policy_of $FN0) $(source_of $FN0)" "strict hint" "it comes back to what its property said at the seal"
done_testing
