# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion of vmxctl for bash. tests/vmxctl compares it with the program and
# with vmxcore's trace.h.

_vmxctl_commands="status clients caps doctor metrics watch trace switch"
_vmxctl_common="--json --no-colour --root --help --version"
_vmxctl_events="vmxcore_vmx_on vmxcore_vmx_off vmxcore_get vmxcore_put vmxcore_refused vmxcore_emergency vmxcore_vmcs_switch vmxcore_vpid_alloc vmxcore_vpid_free"

# _vmxctl_options COMMAND: prints the options of one command.
_vmxctl_options() {
	case $1 in
	status) echo "--free" ;;
	metrics) echo "--output" ;;
	watch) echo "--interval --count" ;;
	trace) echo "--event --client --cpu --count" ;;
	switch) echo "--dry-run" ;;
	esac
}

# _vmxctl_line: parses the words before the cursor into command and root.
_vmxctl_line() {
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root)
			[ "${COMP_WORDS[i + 1]}" != = ] || i=$((i + 1))
			root=${COMP_WORDS[i + 1]}
			i=$((i + 1))
			;;
		-o | --output | -i | --interval | --count | -e | --event | -c | --client | --cpu)
			[ "${COMP_WORDS[i + 1]}" != = ] || i=$((i + 1))
			i=$((i + 1))
			;;
		-*) ;;
		*) command=${command:-${COMP_WORDS[i]}} ;;
		esac
	done
}

# _vmxctl_value OPTION: completes its value; fails if it takes none.
_vmxctl_value() {
	case $1 in
	--root) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
	-o | --output) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	-e | --event) mapfile -t COMPREPLY < <(compgen -W "$_vmxctl_events" -- "$cur") ;;
	-c | --client) mapfile -t COMPREPLY < <(compgen -W "$(ls "$root/sys/kernel/vmxcore/clients" 2>/dev/null)" -- "$cur") ;;
	--cpu) mapfile -t COMPREPLY < <(compgen -W "$(cat "$root/sys/devices/system/cpu/online" 2>/dev/null)" -- "$cur") ;;
	-i | --interval | --count) COMPREPLY=() ;;
	*) return 1 ;;
	esac
	case $1 in
	--root | -o | --output) compopt -o filenames 2>/dev/null ;;
	esac
	return 0
}

_vmxctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command="" root="" words
	# Bash splits --option=value at the "=".
	if [ "$cur" = = ]; then
		cur=""
	elif [ "$prev" = = ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	_vmxctl_line
	! _vmxctl_value "$prev" || return 0
	if [[ $cur == -* ]]; then
		words="$_vmxctl_common $(_vmxctl_options "$command")"
	elif [ -z "$command" ]; then
		words=$_vmxctl_commands
	elif [ "$command" = switch ]; then
		words="ours stock"
	else
		words=$(_vmxctl_options "$command")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _vmxctl vmxctl
