# SPDX-License-Identifier: GPL-2.0
# Of a channel all counts or nothing: one bad string, and the others, which ask
# for all devices, have no say. No byte of theirs reaches the log.
. /tests/lib.sh
fresh

log_mark badhints
check "module loads" modprobe iommu-pt-policy
for dev in $NVME $NIC $EDU; do
	check "$dev is translated" translated "$dev"
	is "$(cat "$PCI/$dev/iommu_pt/source")" none "no hint decides"
done
is "$(nlhints info)" "hints=trust" "nor is it truthful"
is "$(nlhints | grep -c '^smbios rejected')" 4 "all of the channel is rejected"
like "$(nlhints | sed -n 1p)" "*another hint of this channel is malformed*" "the good one: because of another"
like "$(nlhints | sed -n 2p)" '*bus=pci?x1b?31m?x07" line 1, column 29: control character' \
	"the bad one: where and why, escaped"
like "$(nlhints | sed -n 3p)" "*line 1, column 22: force is for*" "force has no place in a hint"
like "$(nlhints | sed -n 4p)" "*line 1, column 1034: line is longer than 1024 bytes" "a huge one"
is "$(nlhints | sed -n 4p | wc -c)" $((2048 + 73)) "it is shown in part"
like "$(log_since badhints)" "*hint 2 of smbios: line 1, column 29: control character; none of its hints*" \
	"the log says so"
is "$(log_since badhints | tr -d '\n\t' | tr -d ' -~' | wc -c)" 0 "and has no byte of theirs"

# What the module does not read itself, or was never given
modprobe qemu_fw_cfg
exits 1 "apply" ptctl apply
exits 3 "audit" ptctl audit --json
is "$(jq -r '.findings[] | select(.id == "hint-rejected").evidence' /run/test/out | cut -d' ' -f1 | sort | uniq -c | tr -s ' \n' ' ')" \
	" 1 cmdline 1 fw_cfg 4 smbios " "finds what is malformed in each channel"
modprobe -r qemu_fw_cfg

# Absurd sizes
line=$(printf '%01100d' 0)
exits 1 "a long line in fw_cfg" nlhints set "auto
# $line"
like "$OUT" "EINVAL: line 2, column 1025: line is longer than 1024 bytes" "is told"
check "module unloads" modprobe -r iommu-pt-policy
done_testing
