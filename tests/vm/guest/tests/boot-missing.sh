# SPDX-License-Identifier: GPL-2.0
# No headers for this kernel, so DKMS built no module for it.
. /tests/lib.sh
. /tests/boot/lib.sh

like "$(cat /root/records/missing)" "*status 0" "the packages were installed all the same"
like "$(cat /root/records/missing)" "*no module iommu-pt-policy for $(uname -r)*" \
	"the initramfs's hook warned"
reached_login
not_in_force "modprobe: *iommu-pt-policy not found in directory /lib/modules/$(uname -r);*" "a missing module is told"
done_testing
