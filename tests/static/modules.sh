# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Tests of the modules by other tools than those that the kernel was built with.
# shellcheck disable=SC2154

# Users run or copy the first list. The other folders are for tests; clang and
# clang-tidy do not check them, and the other tools do so for one kernel.
our_folders=(vmxcore vmxcore_tdx virtualbox samples/minivisor)
module_folders=("${our_folders[@]}" tests/machine/client tests/machine/tdx_sim
	tests/machine/vboxdrv_sim tests/bench/module)

# The linuxkernel and analyzer checks that the kernel's own run-clang-tools.py
# has.
tidy_checks='-*,linuxkernel-*,clang-analyzer-*'
tidy_checks+=',-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling'
# The order of the fields of a structure is a matter of taste.
tidy_checks+=',-clang-analyzer-optin.performance.Padding'
cppcheck_options=(--quiet --std=c11 '--template={file}:{line}:{column}: warning: {message} [{id}]')

# Debian's .config describes gcc. These settings describe bookworm's clang,
# which lacks the thunks for returns, the option against straight-line
# speculation (since clang 15), and gcc's way to place ftrace's calls. The test
# needs no BTF.
clang_truth=(
	CONFIG_CC_IS_GCC= CONFIG_GCC_VERSION=0 CONFIG_CC_IS_CLANG=y CONFIG_CLANG_VERSION=140006
	CONFIG_AS_IS_GNU= CONFIG_AS_IS_LLVM=y CONFIG_CC_IMPLICIT_FALLTHROUGH=-Wimplicit-fallthrough
	CONFIG_CC_HAS_AUTO_VAR_INIT_ZERO_BARE= CONFIG_CC_HAS_AUTO_VAR_INIT_ZERO_ENABLER=y
	CONFIG_RETHUNK= CONFIG_MITIGATION_RETHUNK= CONFIG_SLS= CONFIG_MITIGATION_SLS=
	CONFIG_FTRACE_MCOUNT_USE_CC= CONFIG_DEBUG_INFO= CONFIG_DEBUG_INFO_BTF_MODULES=
)

# module_tree DIR FOLDER...: a copy of these folders, to be built together.
module_tree() {
	local folder dir=$1
	shift
	rm -rf "$dir"
	copy_checkout "$dir" dkms.conf include "$@"
	for folder; do
		echo "obj-m += $folder/"
	done >"$dir/Kbuild"
}

# clang_modules: keeps the log, as report.py shows findings only. Names in it
# are those of this checkout.
clang_modules() {
	local tree=$PWD/$out/clang-$kernel
	module_tree "$tree" "${our_folders[@]}"
	make -C "$kdir" M="$tree" -j"$(nproc)" --output-sync=line --keep-going CC=clang W=1 \
		KCFLAGS=-fno-caret-diagnostics "${clang_truth[@]}" 2>&1 |
		sed "s|^$tree/||; s|^$root/||" | tee "$out/clang-$kernel.make" |
		tests/static/report.py "clang-$kernel"
}

# tidy_modules: with the command lines of clang_modules, which need not have run
# on these files, see try_once.
tidy_modules() {
	local tree=$PWD/$out/clang-$kernel folder
	for folder in include "${our_folders[@]}"; do
		diff -r --exclude='*.o' --exclude='*.mod*' --exclude='*.ko' --exclude='.*' \
			--exclude='modules.order' --exclude=Module.symvers \
			"$folder" "$tree/$folder" >/dev/null || clang_modules
	done
	python3 "$kernel_tree/scripts/clang-tools/gen_compile_commands.py" --directory "$kdir" \
		--output "$tree/compile_commands.json" "$tree"
	find "$tree" -name '*.c' ! -name '*.mod.c' -print0 |
		xargs -0 -P"$(nproc)" -n4 tests/static/whole clang-tidy --quiet -p "$tree" \
			--checks="$tidy_checks" 2>"$out/clang-tidy-modules.stderr" |
		sed "s|^$tree/||; s|^$root/||" | tests/static/report.py clang-tidy
}

# cppcheck_modules: cppcheck does not know "asm goto", nor the kernel's macros
# for loops, which are in kernel.h.
cppcheck_modules() {
	local tree=$out/cppcheck
	module_tree "$tree" "${module_folders[@]}"
	find "$tree" -name '*.[ch]' -exec sed -i 's/\basm goto(/asm volatile(/' {} +
	(cd "$tree" && cppcheck "${cppcheck_options[@]}" \
		--enable=warning,style,performance,portability --suppress=missingInclude \
		--suppress=missingIncludeSystem --include="$here/kernel.h" \
		-D__KERNEL__ -DMODULE -Iinclude "${module_folders[@]}" 2>&1) |
		tests/static/report.py cppcheck
}

# semantic_patch FILE TREE: does what coccicheck does in MODE=report, for one
# script, and adds the script's name to each message.
semantic_patch() {
	local options name
	name=$(basename "$1" .cocci)
	options=$(sed -n 's|^// *Options: *||p' "$1")
	# shellcheck disable=SC2086 # several
	spatch -D report --no-show-diff --very-quiet $options --cocci-file "$1" --dir "$2" 2>&1 |
		sed -E "s|^$2/||
			s|^([^: ]+:[0-9]+):([0-9]+)[-0-9]*: *(.*)|\1:\2: warning: \3 [$name]|"
}

# coccicheck: the kernel's scripts except for two that need an OCaml compiler.
# One looks for names of a battery driver, and the other for pointers that are
# compared with 0, which sparse finds, too.
coccicheck() {
	local tree=$PWD/$out/coccicheck
	module_tree "$tree" "${module_folders[@]}"
	export -f semantic_patch
	find "$kernel_tree/scripts/coccinelle" -name '*.cocci' -exec grep -LZ 'script:ocaml' {} + |
		xargs -0 -P"$(nproc)" -I{} tests/static/whole bash -o pipefail -c \
			'semantic_patch "$@"' semantic_patch {} "$tree" |
		tests/static/report.py coccicheck
}
