# SPDX-License-Identifier: GPL-2.0
# /etc/iommu-pt/rules.d cannot be read, not by root either: a link to itself. What the
# initramfs has of it stands.
. /tests/lib.sh
. /tests/boot/lib.sh

reached_login
rules_in_force
complains "/etc/iommu-pt/rules.d: Too many levels of symbolic links; the rules in force stay*" \
	"what cannot be read is told"

ln -sfn /nowhere /etc/iommu-pt/rules.d
exits 1 "a link to nowhere is not taken for no rules" ptctl apply
like "$ERR" "*/etc/iommu-pt/rules.d: *" "and is told"
done_testing
