# SPDX-License-Identifier: GPL-2.0
# 10,000 files of rules before the boot's own.
. /tests/lib.sh
. /tests/boot/lib.sh

reached_login
in_force
is "$(grep -c ^admin /sys/kernel/iommu_pt/rules)" $((10000 + $(grep -c bus= /tests/boot/10-boot.rules))) \
	"every rule is in the kernel"
diag "module at $(when 'iommu_pt: version') ms, disk's driver at $(when "pci function $NVME") ms"
diag "$(systemd-analyze blame --no-pager | grep iommu-pt)"

# Ten times the files, ten times the time.
apply_time() {	# prints centiseconds
	_start=$(cut -d' ' -f1 /proc/uptime | tr -d .)
	ptctl apply >/dev/null || echo failed
	echo $(($(cut -d' ' -f1 /proc/uptime | tr -d .) - _start))
}
many=$(apply_time)
rm /etc/iommu-pt/rules.d/60-*[1-9].rules
check "nine of ten are taken away" ptctl apply
few=$(apply_time)
diag "ptctl apply: 10,000 files in $many cs, 1,000 in $few cs"
check "the time is in proportion" test "$many" -lt $((few * 30))
done_testing
