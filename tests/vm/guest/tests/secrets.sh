# SPDX-License-Identifier: GPL-2.0
# What SECURITY.md promises of the kernel's side to who is not root, or root of a
# container only, and of packages that bring rules.
. /tests/lib.sh
fresh

check "module loads" modprobe iommu-pt-policy hints=trust
ext=$(below $PORT_EXTERNAL)
ptctl set --runtime $NVME strict
ptctl set --runtime $NIC passthrough

# ---- no pointer of the kernel's, in all that can be read, by whoever
files_of_ours() {
	find /sys/kernel/iommu_pt /sys/module/iommu_pt_policy/parameters $PCI/*/iommu_pt \
		-follow -maxdepth 2 -type f
}
all_we_show() {
	for _file in $(files_of_ours); do cat "$_file"; done
	ptctl list --json -o +REASON,RULE
	ptctl status --json
	ptctl hints --json
	ptctl show $NVME --json
	nlhints info
	dmesg | grep iommu_pt
	timeout 5 ptctl monitor & sleep 1
	ptctl set --runtime $EDU strict
	ptctl unset --runtime $EDU
	wait
} 2>&1
pointers() { grep -oE '(^|[^0-9a-fA-F])(0x)?(ffff[0-9a-f]{8,12}|[0-9a-f]{16})($|[^0-9a-fA-F])'; }
# Some thousands are enough, and names may look like one.
head -n 5000 /proc/kallsyms | cut -d' ' -f1 >/run/test/kallsyms
is "$(grep -c . /run/test/kallsyms)" "$(pointers </run/test/kallsyms | grep -c .)" "pointers are known for what they are"
all_we_show >/run/test/shown
check "much is shown" test "$(wc -l </run/test/shown)" -gt 100
is "$(pointers </run/test/shown)" "" "no pointer is among it"
# shellcheck disable=SC2046 # words
is "$(find $(files_of_ours) -perm /022)" "" "nobody but root can write any of it"

# ---- root of a container
in_container() { busybox unshare --user --map-root-user "$@"; }
is "$(in_container id -u)" 0 "there it is root"
for who in as_nobody env; do
	exits 1 "$who: set" $who busybox unshare --user --map-root-user ptctl set --runtime $EDU passthrough
	like "$ERR" "*root*CAP_SYS_ADMIN*" "says what is missing"
	like "$($who busybox unshare --user --map-root-user nlbad good)" "EPERM: *" "$who: netlink"
	exits 1 "$who: sysfs" $who busybox unshare --user --map-root-user sh -c "echo passthrough >$PCI/$EDU/iommu_pt/policy"
	exits 1 "$who: seal" $who busybox unshare --user --map-root-user sh -c "echo 1 >/sys/kernel/iommu_pt/sealed"
	exits 1 "$who: seal by netlink" $who busybox unshare --user --map-root-user ptctl seal
done
is "$(cat $PCI/$EDU/iommu_pt/policy) $(cat /sys/kernel/iommu_pt/sealed)" "auto 0" "nothing is changed"
exits 1 "from another network, where the module has no ear" in_container busybox unshare --net ptctl set $EDU strict
like "$ERR" "*network namespace*" "says so, and not that it is not loaded"

# ---- a package with rules that go too far
package=/usr/lib/iommu-pt/rules.d/50-package.rules
mkdir -p ${package%/*}
echo "passthrough external=yes force=yes" >$package
exits 1 "force in a package" ptctl apply
like "$ERR" "*50-package.rules:1:*force is for*" "is told with its place"
is "$(grep -c vendor /sys/kernel/iommu_pt/rules)" 0 "nothing of it is in force"
printf '%s\n' "passthrough" "passthrough external=yes" >$package
exits 0 "passthrough for all" ptctl apply
check "an external device is translated still" translated "$ext"
is "$(domain_type $NVME)" DMA "what the administrator said is above it"
rm $package
exits 0 "taken away" ptctl apply

check "module unloads" modprobe -r iommu-pt-policy
done_testing
