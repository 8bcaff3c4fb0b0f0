# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Compares what the shells complete with the help of the program and with
# vmxcore/trace.h. Sourced by run, which sets $vmxctl, $trees and $out.
# shellcheck disable=SC2154

completion=tools/vmxctl/completion

# program_knows: prints a line for each command, with its name and its options.
# The first line, "all", has the options that all commands take.
program_knows() {
	"$vmxctl" --help | sed -n '1s/^usage: vmxctl/all/p; /^  /p' |
		awk '{
			line = $1
			while (match($0, /\[--[a-z-]+/)) {
				line = line " " substr($0, RSTART + 1, RLENGTH - 1)
				$0 = substr($0, RSTART + RLENGTH)
			}
			print line
		}' | sort
}

known_commands() {
	program_knows | awk '$1 != "all" { print $1 }' | sort
}

# in_order WORD...: prints the words on one line, sorted and without duplicates.
in_order() {
	printf '%s\n' "$@" | sort -u | paste -sd ' '
}

# options_in_order: sorts the options in each line of program_knows.
options_in_order() {
	local name words
	while read -r name words; do
		# shellcheck disable=SC2086 # several
		echo "$name $(in_order $words)"
	done | sed 's/ *$//'
}

# bash_offers WORD...: prints what bash offers for the last word.
bash_offers() {
	bash --norc -c '
		. "$0"
		COMP_WORDS=(vmxctl "$@")
		COMP_CWORD=$#
		_vmxctl
		printf "%s\n" "${COMPREPLY[@]}"' "$completion/vmxctl.bash" "$@" | sed '/^$/d' | sort
}

events_of_vmxcore() {
	sed -n 's/^\(TRACE_EVENT(\|DEFINE_EVENT([a-z_]*, \)\([a-z_]*\),$/\2/p' vmxcore/trace.h |
		sort
}

# is EXPECTED COMMAND...: the command prints what is expected.
is() {
	local expected=$1
	shift
	diff <(printf '%s' "${expected:+$expected$'\n'}") <("$@") ||
		{ echo "$*: not what is expected"; return 1; }
}

bash_options() {
	local command
	echo "all $(bash_offers - | paste -sd ' ')"
	known_commands | while read -r command; do
		echo "$command $(comm -23 <(bash_offers "$command" -) <(bash_offers -) |
			paste -sd ' ')"
	done | sed 's/ *$//'
}

bash_values() {
	local dir=$out/completion
	is $'idle\nkvm_intel\nminivisor' bash_offers --root "$trees/native" trace --client ""
	is minivisor bash_offers --root = "$trees/native" trace --client = mi
	is idle bash_offers trace --root "$trees/native" -c i
	is "" bash_offers --root "$trees/empty" trace --client ""
	is "$(events_of_vmxcore)" bash_offers trace --event ""
	is vmxcore_refused bash_offers trace --event vmxcore_get -e vmxcore_ref
	is --interval bash_offers watch --in
	is "" bash_offers watch --interval ""
	is "" bash_offers trace --count ""
	is $'--free' bash_offers --json status ""
	is $'ours\nstock' bash_offers switch ""
	rm -rf "$dir"
	mkdir -p "$dir/folder"
	touch "$dir/file"
	is "$dir/file"$'\n'"$dir/folder" bash_offers metrics --output "$dir/f"
	is "$dir/folder" bash_offers --root "$dir/f"
}

completes_bash() {
	diff <(program_knows | options_in_order) <(bash_options)
	diff <(known_commands) <(bash_offers "")
	bash_values
	bash --norc -c '. "$0"; complete -p vmxctl' "$completion/vmxctl.bash" |
		grep -qx 'complete -F _vmxctl vmxctl'
}

# zsh_specs WORD...: prints what the completion passes to _arguments for a line
# that has these words.
zsh_specs() {
	zsh -f -c '
		_arguments() { print -rl -- "$@" }
		words=(vmxctl "$@")
		. $0' "$completion/_vmxctl" "$@"
}

# zsh_array FUNCTION OPTION-VALUE...: prints the words that this function of the
# completion describes.
zsh_array() {
	zsh -f -c '
		_arguments() { }
		_describe() { print -rl -- ${(P)4} }
		. $0
		typeset -A opt_args
		opt_args[--root]=$2
		$1' "$completion/_vmxctl" "$@" | sed '/^$/d; s/:.*//' | sort
}

zsh_offers() {
	zsh_specs "$@" | sed -n 's/^\(([^)]*)\|\*\)*\(--[a-z-]*\).*/\2/p' | sort -u
}

zsh_options() {
	local command
	echo "all $(zsh_offers | paste -sd ' ')"
	known_commands | while read -r command; do
		echo "$command $(comm -23 <(zsh_offers "$command") <(zsh_offers) | paste -sd ' ')"
	done | sed 's/ *$//'
}

completes_zsh() {
	zsh -n "$completion/_vmxctl"
	diff <(program_knows | options_in_order) <(zsh_options)
	diff <(known_commands) <(zsh_array _vmxctl_commands "")
	is $'idle\nkvm_intel\nminivisor' zsh_array _vmxctl_clients "$trees/native"
	is "" zsh_array _vmxctl_clients "$trees/empty"
	is "$(events_of_vmxcore)" event_words
	# In a shell with compinit the function has to be the one for vmxctl.
	zsh -f -c '
		fpath=("$0" $fpath)
		autoload -Uz compinit
		compinit -u -D
		print -r -- ${_comps[vmxctl]}' "$PWD/$completion" | grep -qx _vmxctl
}

event_words() {
	zsh_specs trace | sed -n 's/^\*--event=.*:(\(.*\))$/\1/p' | tr ' ' '\n' | sort
}

installs() {
	local root=$out/root
	rm -rf "$root"
	make --no-print-directory -C tools/vmxctl BUILD="$PWD/build/vmxctl" DESTDIR="$root" install
	cmp "$completion/vmxctl.bash" "$root/usr/share/bash-completion/completions/vmxctl"
	cmp "$completion/_vmxctl" "$root/usr/share/zsh/vendor-completions/_vmxctl"
	cmp tools/vmxctl/vmxctl.8 "$root/usr/share/man/man8/vmxctl.8"
	[ -x "$root/usr/sbin/vmxctl" ]
}
