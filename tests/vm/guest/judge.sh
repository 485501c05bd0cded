# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What the state of every device has to be, worked out from a file of rules and
# from sysfs, by nothing that the module or ptctl is made of.

# DEVICE'S-FOLDER SELECTOR...: do all of them match? bus, name and modalias only.
judge_matches() {
	_folder=$1; shift
	for _selector; do
		case ${_selector%%=*} in
		bus)		_value=$(readlink "$_folder/subsystem") _value=${_value##*/} ;;
		name)		_value=${_folder##*/} ;;
		modalias)	_value=$(cat "$_folder/modalias") ;;
		*)		return 1 ;;
		esac
		# shellcheck disable=SC2254 # it is a pattern
		case $_value in ${_selector#*=}) ;; *) return 1 ;; esac
	done
}

# RULES DEVICE'S-FOLDER: prints the policy of the first rule that matches.
judge_policy() {
	while read -r _policy _selectors; do
		set -f
		# shellcheck disable=SC2086 # words
		judge_matches "$2" $_selectors && set +f && echo "$_policy" && return
		set +f
	done <"$1"
	echo auto
}

judge_rank() {	# POLICY: of two in a group the higher one wins
	case $1 in
	passthrough) echo 0 ;; auto) echo 1 ;; lazy) echo 2 ;; translated) echo 3 ;;
	strict) echo 4 ;;
	esac
}

judge_suits() {	# DOMAIN POLICY
	case $2:$1 in
	passthrough:identity|lazy:DMA-FQ|strict:DMA) ;;
	translated:DMA|translated:DMA-FQ|auto:DMA|auto:DMA-FQ) ;;
	*) return 1 ;;
	esac
}

# Of an external device no rule here makes what it may not be.
judge_is_external() { [ "$(cat "$1/removable" 2>/dev/null)" = removable ]; }	# DEVICE'S-FOLDER

# DEVICE'S-FOLDER: does a driver keep its domain from being changed? Before 6.4 each does.
judge_is_used() {
	kernel_at_least 6 4 || [ ! -e "$1/driver" ] || return 0
	case $(pointed_to "$1/driver") in none|pcieport|pci-stub) return 1 ;; esac
}

# RULES GROUP'S-FOLDER: prints what is wrong with a group. With a driver in the way its
# domain may be one of before, but each device has to be told of what it waits for.
judge_group() {
	_verdict=passthrough _else=conflict
	for _member in "$2"/devices/*; do
		_own=$(judge_policy "$1" "$(readlink -f "$_member")")
		[ "$_own" != passthrough ] || ! judge_is_external "$_member" || _own=auto
		[ "$(judge_rank "$_own")" -le "$(judge_rank "$_verdict")" ] || _verdict=$_own
		! judge_is_used "$_member" || _else=pending
	done
	_domain=$(cat "$2/type")
	[ $_else = pending ] || judge_suits "$_domain" "$_verdict" ||
		echo "group ${2##*/}: $_domain, and the rules say $_verdict"
	for _member in "$2"/devices/*; do
		judge_device "$1" "$_member" "$_domain" "$_verdict" $_else
	done
}

# RULES MEMBER DOMAIN VERDICT pending|conflict: the last is what the device that has
# its way says of a domain that does not suit it
judge_device() {
	_own=$(judge_policy "$1" "$(readlink -f "$2")")
	_status=conflict
	[ "$_own" != "$4" ] || _status=$5
	! judge_suits "$3" "$_own" || _status=applied
	[ "$_own" != passthrough ] || ! judge_is_external "$2" || _status=refused
	[ "$_own" != auto ] || _status=none
	_said="$(cat "$2/iommu_pt/policy") $(cat "$2/iommu_pt/status")"
	# It may have to give back what a rule of before gave it.
	[ "$_own $5:$_said" != "auto pending:auto pending" ] || _status=pending
	[ "$_said" = "$_own $_status" ] || echo "${2##*/}: $_said, not $_own $_status"
}

# RULES: prints what is wrong, nothing if all is as the rules say. Before 6.4 no
# group of several devices can be changed.
judge_all() {
	for _group in /sys/kernel/iommu_groups/*; do
		kernel_at_least 6 4 ||
			[ "$(find "$_group/devices" -type l | wc -l)" -le 1 ] || continue
		judge_group "$1" "$_group"
	done
}

# Prints what is wrong by the rules that the module says are in force: before anything
# has it look at all devices anew, which would make up for what it has missed.
judge_now() {
	cut -d ' ' -f 2- /sys/kernel/iommu_pt/rules >/run/test/in-force
	judge_all /run/test/in-force
}
judge_is_content() { [ -z "$(judge_now)" ]; }

# Rules for the devices of the machine vtd, of several kinds, to be judged by.
judge_rules() {
	cat <<-RULES
	passthrough modalias=pci:v00001234d000011E8*
	strict name=$FN1 bus=pci
	passthrough name=$NVME
	translated name=$NIC
	RULES
}
