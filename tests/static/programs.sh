# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Tests of the programs: vmxctl, and those that run in the machine.
# shellcheck disable=SC2154

# vmxctl_with COMPILER FLAG...: builds it with its own Makefile. A message of
# the compiler does not end the build.
vmxctl_with() {
	local compiler=$1
	shift
	make -C tools/vmxctl --no-print-directory --always-make --keep-going --output-sync=line \
		-j"$(nproc)" BUILD="$PWD/$out/vmxctl-$compiler" CC="$compiler" \
		CFLAGS="-O2 -Wno-error $*" 2>&1 |
		sed -E "s#^([a-z_]+(/[a-z_]+)?\.[ch]:[0-9])#tools/vmxctl/\1#; s#^$PWD/##"
}

program_sources() {
	git ls-files --cached --others --exclude-standard -- 'tests/machine/programs/*.c' \
		'tests/machine/guest/*.c'
}

# programs_with COMPILER FLAG...: compiles the other programs as
# tests/machine/image.sh does.
programs_with() {
	local compiler=$1
	shift
	# shellcheck disable=SC2016 # the inner shell's
	program_sources | xargs -P"$(nproc)" -I{} tests/static/whole sh -c '"$0" "$@" 2>&1' \
		"$compiler" -c -O2 -Wall -Wextra "$@" -Iinclude -o /dev/null {}
}

analyzer() {
	{
		vmxctl_with gcc -fanalyzer -fdiagnostics-plain-output
		programs_with gcc -fanalyzer -fdiagnostics-plain-output
	} | tests/static/report.py fanalyzer
}

clang_programs() {
	{
		vmxctl_with clang -Weverything -fno-caret-diagnostics
		programs_with clang -Weverything -fno-caret-diagnostics
	} | tests/static/report.py clang
}

# tidy FLAGS: checks the files that standard input names, with these flags of
# the compiler.
tidy() {
	local folder
	folder=$(mktemp -d --tmpdir="$out" tidy.XXXXXX)
	tr ' ' '\n' <<<"$1" >"$folder/compile_flags.txt"
	xargs -P"$(nproc)" -n4 tests/static/whole clang-tidy --quiet -p "$folder" \
		--checks="$program_checks" 2>>"$out/clang-tidy-programs.stderr" |
		sed "s|^$PWD/||"
	rm -r "$folder"
}

# tidy_programs: with the checks of the modules, and bugprone-* without matters
# of taste. The modules do without these, as they would take two minutes more,
# mostly in the kernel's headers.
tidy_programs() {
	local flags program_checks
	program_checks="$tidy_checks,bugprone-*,-bugprone-easily-swappable-parameters"
	program_checks+=",-bugprone-narrowing-conversions"
	program_checks+=",-bugprone-suspicious-string-compare,-bugprone-reserved-identifier"
	# Version 14 reports it wrongly if it has read another file before.
	program_checks+=",-clang-analyzer-valist.Uninitialized"
	# shellcheck disable=SC2016 # make's own variable
	flags=$(make -s -C tools/vmxctl --eval 'print-flags: ; @echo $(flags)' print-flags)
	rm -f "$out/clang-tidy-programs.stderr"
	{
		git ls-files --cached --others --exclude-standard -- 'tools/vmxctl/*.c' |
			tidy "$flags"
		program_sources | tidy "-I$PWD/include"
	} | tests/static/report.py clang-tidy-programs
}

# cppcheck_programs: one run for vmxctl and one for the others, so that it finds
# functions without a caller.
cppcheck_programs() {
	local all=warning,style,performance,portability,unusedFunction
	{
		cppcheck "${cppcheck_options[@]}" \
			--enable=$all --suppress=missingIncludeSystem -D_GNU_SOURCE \
			-Itools/vmxctl tools/vmxctl
		cppcheck "${cppcheck_options[@]}" --enable=$all \
			--suppress=missingIncludeSystem --suppress=missingInclude -D_GNU_SOURCE \
			-Iinclude tests/machine/programs tests/machine/guest
	} 2>&1 | tests/static/report.py cppcheck-programs
}

of_the_programs() {
	try_once "gcc -fanalyzer: vmxctl, and the programs of the machine" analyzer \
		"$c_code" analyzer
	try_once "clang -Weverything: vmxctl, and the programs of the machine" clang-programs \
		"$c_code" clang_programs
	try_once "clang-tidy: vmxctl, and the programs of the machine" \
		clang-tidy-programs "$c_code" tidy_programs
	try_once "cppcheck: vmxctl, and the programs of the machine" cppcheck-programs \
		"$c_code" cppcheck_programs
}
