# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The modules, by tools that read C, and that are not what the kernel was built
# with.
# shellcheck disable=SC2154

# What others use, or copy; and what tests alone use, which clang and clang-tidy
# do not see, and the rest on one kernel.
our_folders=(vmxcore vmxcore_tdx samples/minivisor)
module_folders=("${our_folders[@]}" tests/machine/client tests/machine/tdx_sim tests/bench/module)

# The linuxkernel and analyzer checks that the kernel's own run-clang-tools.py
# has.
tidy_checks='-*,linuxkernel-*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling'
# About taste.
tidy_checks+=',-clang-analyzer-optin.performance.Padding'
cppcheck_options=(--quiet --std=c11 '--template={file}:{line}:{column}: warning: {message} [{id}]')

# What Debian's .config says of gcc, put right for clang as of bookworm: who
# compiles and assembles, and what it lacks, which is the thunks for returns and
# the straight-line-speculation option (since clang 15), and gcc's way to place
# ftrace's calls. BTF is none of this test's business.
clang_truth=(
	CONFIG_CC_IS_GCC= CONFIG_GCC_VERSION=0 CONFIG_CC_IS_CLANG=y CONFIG_CLANG_VERSION=140006
	CONFIG_AS_IS_GNU= CONFIG_AS_IS_LLVM=y CONFIG_CC_IMPLICIT_FALLTHROUGH=-Wimplicit-fallthrough
	CONFIG_CC_HAS_AUTO_VAR_INIT_ZERO_BARE= CONFIG_CC_HAS_AUTO_VAR_INIT_ZERO_ENABLER=y
	CONFIG_RETHUNK= CONFIG_MITIGATION_RETHUNK= CONFIG_SLS= CONFIG_MITIGATION_SLS=
	CONFIG_FTRACE_MCOUNT_USE_CC= CONFIG_DEBUG_INFO= CONFIG_DEBUG_INFO_BTF_MODULES=
)

# module_tree DIR FOLDER...: a copy of these, to be built at once.
module_tree() {
	local folder dir=$1
	shift
	rm -rf "$dir"
	copy_checkout "$dir" include "$@"
	for folder; do
		echo "obj-m += $folder/"
	done >"$dir/Kbuild"
}

# The log is kept: report.py shows findings only. Names in it are as in this
# checkout.
clang_modules() {
	local tree=$PWD/$out/clang-$kernel
	module_tree "$tree" "${our_folders[@]}"
	make -C "$kdir" M="$tree" -j"$(nproc)" --output-sync=line --keep-going CC=clang W=1 \
		KCFLAGS=-fno-caret-diagnostics "${clang_truth[@]}" 2>&1 |
		sed "s|^$tree/||; s|^$root/||" | tee "$out/clang-$kernel.make" |
			tests/static/report.py "clang-$kernel"
}

# By the command lines of the build above.
tidy_modules() {
	local tree=$PWD/$out/clang-$kernel
	python3 "$kernel_tree/scripts/clang-tools/gen_compile_commands.py" --directory "$kdir" \
		--output "$tree/compile_commands.json" "$tree"
	find "$tree" -name '*.c' ! -name '*.mod.c' -print0 |
		xargs -0 -P"$(nproc)" -n4 tests/static/whole clang-tidy --quiet -p "$tree" \
			--checks="$tidy_checks" 2>"$out/clang-tidy-modules.stderr" |
		sed "s|^$tree/||; s|^$root/||" | tests/static/report.py clang-tidy
}

# It has no "asm goto", and of the kernel it knows nothing: loops that are
# macros are in kernel.h.
cppcheck_modules() {
	local tree=$out/cppcheck
	module_tree "$tree" "${module_folders[@]}"
	find "$tree" -name '*.[ch]' -exec sed -i 's/\basm goto(/asm volatile(/' {} +
	(cd "$tree" && cppcheck "${cppcheck_options[@]}" --enable=warning,style,performance,portability --suppress=missingInclude \
		--suppress=missingIncludeSystem --include="$here/kernel.h" -D__KERNEL__ -DMODULE -Iinclude "${module_folders[@]}" 2>&1) |
		tests/static/report.py cppcheck
}

# semantic_patch FILE TREE: what coccicheck does in MODE=report, for one of its
# scripts. Each message is given the script's name.
semantic_patch() {
	local options
	options=$(sed -n 's|^// *Options: *||p' "$1")
	# shellcheck disable=SC2086 # several
	spatch -D report --no-show-diff --very-quiet $options --cocci-file "$1" --dir "$2" 2>&1 |
		sed -E "s|^$2/||; s|^([^: ]+:[0-9]+):([0-9]+)[-0-9]*: *(.*)|\1:\2: warning: \3 [$(basename "$1" .cocci)]|"
}

# The scripts of the kernel, but two: one looks for names of a battery driver,
# and one for pointers that are compared with 0, which sparse does too, and both
# need a compiler of OCaml.
coccicheck() {
	local tree=$PWD/$out/coccicheck
	module_tree "$tree" "${module_folders[@]}"
	export -f semantic_patch
	find "$kernel_tree/scripts/coccinelle" -name '*.cocci' -exec grep -LZ 'script:ocaml' {} + |
		xargs -0 -P"$(nproc)" -I{} tests/static/whole bash -o pipefail -c \
			'semantic_patch "$@"' semantic_patch {} "$tree" |
		tests/static/report.py coccicheck
}
