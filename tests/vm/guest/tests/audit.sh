# SPDX-License-Identifier: GPL-2.0
# audit finds what the machine is made with, and nothing else. What that is, is
# on the command line: vm.findings=ID@DEVICE,... and vm.confined=DEVICE=ANSWER,...
. /tests/lib.sh

word() { cmdline "$1" | tr , '\n' | sort; }
findings() { jq -r '.findings[] | .id + "@" + (.device // "-")' /run/test/out | sort -u; }
confined() { jq -r '.devices[] | select(.device == "'"$1"'").confined' /run/test/out; }

compare() {	# WHEN: audit against the command line
	_wanted=$(word vm.findings)
	[ -z "$_wanted" ] && _status=0 || _status=3
	exits $_status "$1: audit" ptctl audit --json
	is "$(findings)" "$_wanted" "$1: the findings"
	for _pair in $(word vm.confined); do
		is "$(confined "${_pair%=*}")" "${_pair#*=}" "$1: is ${_pair%=*} confined?"
	done
	is "$(ptctl status --json | jq '.status[0] | [to_entries[] | select(.key | startswith("findings_")).value] | add')" \
		"$(jq '.findings | length' /run/test/out)" "$1: status counts them"
	exits $_status "$1: for people" ptctl audit
	for _finding in $_wanted; do
		like "$OUT" "*${_finding%@*}: *" "$1: it names ${_finding%@*}"
	done
	check "$1: nothing that a terminal obeys" sh -c "! tr -d '\n' </run/test/out | grep -q '[[:cntrl:]]'"
}

compare "without the module"
exits "$_status" "a record" ptctl audit --record /run/test/record
sed 's/^/record: /' /run/test/record >&2
check "module loads" modprobe iommu-pt-policy
compare "with the module"
check "module unloads" modprobe -r iommu-pt-policy
done_testing
