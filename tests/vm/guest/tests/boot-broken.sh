# SPDX-License-Identifier: GPL-2.0
# A mistake in a rules file, in the initramfs and on the disk.
. /tests/lib.sh
. /tests/boot/lib.sh

reached_login
not_in_force "/etc/iommu-pt/rules.d/20-broken.rules:2:1: *" "the file is told with line and column"
done_testing
