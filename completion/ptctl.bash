# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# bash completion for ptctl. Needs nothing but bash. Asks ptctl once at most, for
# devices; what is in /sys and the names of profiles the shell reads itself.

_ptctl_devices() {
	local path

	ptctl list --noheadings -o DEVICE 2>/dev/null
	for path in /sys/class/net/*/device /sys/block/*/device; do
		[[ -e $path ]] || continue
		path=${path%/device}
		printf '%s\n' "${path##*/}"
	done
}

_ptctl_profiles() {
	local path

	for path in /usr/lib/iommu-pt/profiles/*.rules; do
		[[ -e $path ]] || continue
		path=${path##*/}
		printf '%s\n' "${path%.rules}"
	done
}

_ptctl_options() {
	local rebind="--rebind --rebind=idle --rebind=force" options=

	case $1 in
	status|show|check|monitor) options="-j --json" ;;
	list)	options="-o --output -n --noheadings -a --all -t --tree -j --json" ;;
	graph)	options="-a --all" ;;
	top)	options="-d --delay -n --count -j --json" ;;
	explain) options="-r --rules -j --json" ;;
	prove)	options="-f --force -j --json" ;;
	audit)	options="-s --sysroot -r --record -j --json" ;;
	set)	options="-r --runtime $rebind -g --group -f --force -n --dry-run --update-initramfs" ;;
	unset)	options="-r --runtime $rebind -g --group -n --dry-run --update-initramfs" ;;
	apply)	options="-n --dry-run" ;;
	hints)	options="-j --json -f --format -r --rules --truthful --file --path" ;;
	profile) options="-j --json --update-initramfs" ;;
	esac
	# shellcheck disable=SC2086 # a list of words
	printf '%s\n' $options -h --help
}

# _ptctl_list WORD COLUMNS: the next of a list with commas; "+" may be first
_ptctl_list() {
	local word=$1 column before=

	case $word in
	*,*)	before=${word%,*}, ;;
	+*)	before=+ ;;
	esac
	for column in $2; do
		[[ ,${before#+} == *,"$column",* ]] || printf '%s%s\n' "$before" "$column"
	done
}

# _ptctl_words: what could stand at the end of the words "$@"
_ptctl_words() {
	local cur=${*: -1} prev=${*: -2:1} verb=$2 word arguments=0
	local -a verbs=(status list show explain set unset apply check audit hints prove profile monitor
			graph top seal help)
	local -a policies=(passthrough translated strict lazy auto)
	local -a formats=(qemu-smbios qemu-fw-cfg libvirt acpi dt)
	local columns="DEVICE DRIVER GROUP POLICY EFFECTIVE STATUS SOURCE BUS NAME
		       RULE REASON EXTERNAL VIRTIO VIRTIO_ACCESS MODALIAS VENDOR MODEL IOMMU
		       PROVEN PROVEN_AT PROVEN_ON"

	if [[ $# -le 2 ]]; then
		if [[ $cur == -* ]]; then
			printf '%s\n' -h --help -V --version --json
		else
			printf '%s\n' "${verbs[@]}"
		fi
		return
	fi
	case $verb:$prev in
	list:-o|list:--output)	_ptctl_list "$cur" "$columns"; return ;;
	hints:-f|hints:--format) printf '%s\n' "${formats[@]}"; return ;;
	explain:-r|explain:--rules|hints:-r|hints:--rules|hints:--file|audit:-r|audit:--record)
		compgen -f -- "$cur"; return ;;
	audit:-s|audit:--sysroot) compgen -d -- "$cur"; return ;;
	esac
	if [[ $verb == list && $cur == --output=* ]]; then
		_ptctl_list "${cur#--output=}" "$columns" |
			while read -r word; do echo "--output=$word"; done
		return
	fi
	if [[ $verb == explain && $cur == --rules=* ]]; then
		compgen -P --rules= -f -- "${cur#--rules=}"
		return
	fi
	if [[ $cur == -* ]]; then
		_ptctl_options "$verb"
		return
	fi
	for word in "${@:3:$#-3}"; do
		[[ $word == -* ]] || arguments=$((arguments + 1))
	done
	case $verb in
	show|explain)
		[[ $arguments -eq 0 ]] || return
		_ptctl_devices
		;;
	set)
		[[ $arguments -eq 0 ]] || printf '%s\n' "${policies[@]}"
		_ptctl_devices
		;;
	unset|prove) _ptctl_devices ;;
	check)	compgen -f -- "$cur"; return ;;
	hints)	[[ $arguments -ne 0 ]] || printf '%s\n' list encode ;;
	profile)
		if [[ $arguments -eq 0 ]]; then
			printf '%s\n' list show use none
		elif [[ $arguments -eq 1 && $prev == @(show|use) ]]; then
			_ptctl_profiles
		fi
		;;
	help)
		[[ $arguments -ne 0 ]] || printf '%s\n' "${verbs[@]}"
		;;
	esac
	case $verb:$cur in
	show:/*|explain:/*|set:/*|unset:/*|prove:/*) compgen -f -- "$cur" ;;
	esac
}

_ptctl() {
	local line=${COMP_LINE:0:COMP_POINT} cur breaks word
	local -a words

	# Addresses have colons, which bash splits at: look at the line itself.
	read -ra words <<<"$line"
	[[ $line != *[[:space:]] ]] || words+=("")
	[[ ${#words[@]} -gt 1 ]] || return 0
	cur=${words[-1]}
	breaks=${COMP_WORDBREAKS//[^:=]/}
	COMPREPLY=()
	while IFS= read -r word; do
		[[ $word == "$cur"* ]] || continue
		# What bash takes to be earlier words is no part of the answer.
		if [[ $breaks && $cur == *["$breaks"]* ]]; then
			word=${word#"${cur%"${cur##*["$breaks"]}"}"}
		fi
		COMPREPLY+=("$word")
	done < <(_ptctl_words "${words[@]}")
	case ${words[1]}:${words[-2]}:$cur in
	check:*|*:-r:*|*:--rules:*|hints:--file:*|audit:-s:*|audit:--sysroot:*|audit:--record:*|*:/*)
		compopt -o filenames 2>/dev/null ;;
	list:-o:*|list:--output:*)
		compopt -o nospace 2>/dev/null ;;
	esac
	return 0
}

complete -F _ptctl ptctl
