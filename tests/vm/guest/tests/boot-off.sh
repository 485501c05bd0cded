# SPDX-License-Identifier: GPL-2.0
# The kill switch on the kernel's command line works from the initramfs on.
. /tests/lib.sh
. /tests/boot/lib.sh

reached_login
is "$(cat /sys/kernel/iommu_pt/mode)" off "mode=off on the kernel's command line"
like "$(domain_type $NVME)" "DMA*" "the root disk has the kernel's choice"
is "$(complaints)" "" "which is no mistake"
done_testing
