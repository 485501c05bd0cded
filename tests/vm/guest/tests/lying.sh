# SPDX-License-Identifier: GPL-2.0
# The tables claim that every device is behind the IOMMU, and those of bus 64 are
# not. Nothing that a kernel can read tells; their own DMA does. No driver of theirs
# is loaded: it would give them addresses that are not what it means.
. /tests/lib.sh

EDU=0000:00:05.0 NVME=0000:41:00.0 RNG=0000:42:00.0
ids() { jq -r '.findings[] | "\(.id)@\(.device // "-")"' /run/test/out | sort; }
confined() { jq -r ".devices[] | select(.device == \"$1\") | .confined" /run/test/out; }

check "module loads" modprobe iommu-pt-policy rebind=never
is "$(cat /sys/kernel/iommu_pt/truthful)" 1 "the platform vouches for its tables"
for dev in $NVME $RNG; do check "$dev is in a translated group" translated "$dev"; done
is "$(ptctl show --json $RNG | jq -r '.devices[0].virtio_access')" offered "a virtio device says that it obeys"
run ptctl audit --json
ids >/run/before
unlike "$(cat /run/before)" "*@0000:4*" "audit finds nothing of them"
for dev in $NVME $RNG; do is "$(confined "$dev")" yes "$dev is taken for confined"; done

exits 3 "their DMA goes past it" ptctl prove $NVME $RNG
like "$OUT" "*$NVME: proven bypass*$RNG: proven bypass*" "it says so"
exits 0 "that of a device on bus 0 does not" ptctl prove $EDU
run ptctl audit --json
is "$STATUS" 3 "audit has findings"
is "$(ids | grep -v '^proof-contradicts@')" "$(cat /run/before)" "what was found before is found again"
is "$(ids | grep '^proof-contradicts@' | tr '\n' ' ')" \
	"proof-contradicts@$NVME proof-contradicts@$RNG " "and the lie, for each of the two"
is "$(jq -r '.findings[0] | "\(.id) \(.severity)"' /run/test/out)" "proof-contradicts critical" "it is the first"
like "$(jq -r '.findings[0].evidence' /run/test/out)" "*proven bypass at *truthful is 1*" "with its evidence"
for dev in $NVME $RNG; do is "$(confined "$dev")" no "$dev is not confined"; done
is "$(confined $EDU)" yes "the device on bus 0 is"
check "module unloads" modprobe -r iommu-pt-policy
done_testing
