# SPDX-License-Identifier: GPL-2.0
# /etc/iommu-pt is a file.
. /tests/lib.sh
. /tests/boot/lib.sh

reached_login
not_in_force "/etc/iommu-pt/*: Not a directory*" "a file in the folder's place is told"
done_testing
