# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The parts of an image. initramfs sources this, and sets $here, $top, $line,
# $modules_line, $root, $release, $version, $vmlinuz, $modules and $vmxctl.
# shellcheck disable=SC2154

# Stock modules that cases load. The modules that these depend on are added,
# too.
stock_modules=(kvm kvm-intel kvm-amd ata_piix sd_mod msr)
# Linux 7.2 has it built in.
stock_modules_6=(sha256-ssse3)

# add_libraries DIR FILE...: the libraries of these programs, at the paths that
# they have here.
add_libraries() {
	local dir=$1 file
	shift
	ldd "$@" | sed -nE 's/^.*(=> |\t)(\/[^ ]+) \(.*$/\2/p' | sort -u | while read -r file; do
		install -D --mode=755 "$file" "$dir$file"
	done
}

# add_binary DIR FILE: a program, at the path that it has here, with its
# libraries.
add_binary() {
	install -D --mode=755 "$2" "$1$2"
	add_libraries "$@"
}

add_busybox() {
	local dir=$1/bin applet
	install -D --mode=755 /bin/busybox "$dir/busybox"
	while read -r applet; do
		ln -s busybox "$dir/$applet"
	done < <("$dir/busybox" --list | grep -v busybox)
}

# add_shell: the shell of busybox would run busybox' modprobe and insmod,
# whatever PATH says, and these load twice when a module refuses.
add_shell() {
	add_binary "$1" /bin/dash
	ln -sf dash "$1/bin/sh"
}

# add_kmod: the real kmod, as the tests depend on how depmod and modprobe choose
# between modules.
add_kmod() {
	local tool
	add_binary "$1" /bin/kmod
	for tool in modprobe insmod rmmod lsmod modinfo depmod; do
		ln -sf kmod "$1/bin/$tool"
	done
}

# lighten FILE...: makes them load faster. When a module is loaded, ftrace looks
# up each function of its list among all symbols of the module, and the kernel
# checks the signature, which takes 4 of the 5 s of the machine's time that the
# distribution's KVM takes to load. Only those local symbols are kept in which
# cases set kprobes. kvm.ko loses its list, too: its functions call
# __fentry__(), which returns at once, where ftrace would have put a nop.
# kvm_intel keeps its list, as the event of a kprobe needs it.
lighten() {
	local file options=(--strip-unneeded --keep-symbol=__loaded_vmcs_clear
		--keep-symbol=vmx_lend_ibpb)
	for file in "$@"; do
		case $file in
		*/kvm.ko) objcopy --remove-section=__mcount_loc "${options[@]}" "$file" ;;
		*/kvm-*.ko) objcopy "${options[@]}" "$file" ;;
		esac
	done
}

add_stock_modules() {
	local to=$1/lib/modules/$release wanted=("${stock_modules[@]}") name file path
	[[ $release != 6.* ]] || wanted+=("${stock_modules_6[@]}")
	mkdir -p "$to"
	cp "$root/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$to"
	for name in "${wanted[@]}"; do
		modprobe --dirname "$root" --set-version "$release" --show-depends --config \
			/dev/null "$name"
	done | sed -n 's/^insmod \([^ ]*\) *.*$/\1/p' | sort -u | while read -r file; do
		path=${file#"$root/lib/modules/$release/"}
		mkdir -p "$to/$(dirname "$path")"
		# It is unpacked here, as the machine would be slow at it.
		unpack_module "$file" "$to/${path%.xz}"
	done
	lighten "$to"/kernel/arch/x86/kvm/*.ko
}

# add_modules: the stock modules, and ours beside them.
add_modules() {
	local to=$1/lib/modules/$release file
	add_stock_modules "$1"
	mkdir -p "$to/updates"
	for file in "$modules"/*.ko; do
		[ ! -f "$file" ] || cp "$file" "$to/updates/"
	done
	lighten "$to"/updates/kvm*.ko
	depmod -b "$1" "$release"
}

# add_installed DIR: the modules that tests/install has left, instead of those
# of add_modules; and the sample for modprobe.d, in which two parameters have
# other values than their defaults.
add_installed() {
	local to=$1/lib/modules/$release file
	[ -d "$installed/updates/dkms" ] ||
		die "nothing is in $installed: run tests/install/run $line first"
	rm -rf "$to"
	(cd "$installed" && find . -type f ! -name '*.ko*') | while read -r file; do
		install -D --mode=644 "$installed/$file" "$to/$file"
	done
	(cd "$installed" && find updates kernel/virt kernel/arch/x86/kvm -name '*.ko*') |
		while read -r file; do
		mkdir -p "$to/$(dirname "$file")"
		unpack_module "$installed/$file" "$to/${file%.xz}"
	done
	lighten "$to"/updates/dkms/*.ko
	depmod -b "$1" "$release"
	mkdir -p "$1/etc/modprobe.d"
	sed -E 's/^#(options vmxcore enable_virt_at_load=)0/\11/
		s/^#(options kvm enable_virt_at_load=)1/\10/' \
		"$top/dev/modprobe.d/vmxcore.conf" >"$1/etc/modprobe.d/vmxcore.conf"
}

# vmx_sites MODULE FILE: prints kprobe events for those VMX instructions of the
# module that a vCPU does not execute on each VM exit. The addresses are
# relative to the first global function, as an image's modules have no local
# symbols. VMXOFF is left out: the kernel refuses a kprobe there
# (prepare_emulation() in arch/x86/kernel/kprobes/core.c).
vmx_sites() {
	local base symbol address instruction n=0
	read -r base symbol < <(objdump --syms "$2" |
		sed -nE 's/^([0-9a-f]+) g +F \.text\t[0-9a-f]+ ([a-z].*)/\1 \2/p' |
		sort | head -n 1)
	while read -r address instruction; do
		n=$((n + 1))
		echo "p:vmx/${instruction}_$1_$n $1:$symbol+$((0x$address - 0x$base))"
	done < <(objdump --disassemble --no-show-raw-insn --section=.text "$2" |
		sed -nE 's/^ *([0-9a-f]+):\t(vmxon|vmptrld|vmclear|invept|invvpid) .*/\1 \2/p')
}

# add_vmx_sites: for the distribution's kvm_intel, for ours, and for the modules
# that use VMX without KVM.
add_vmx_sites() {
	local stock=$1/vmx/stock.ko module
	[ -f "$modules/kvm-intel.ko" ] || return 0
	mkdir -p "$1/vmx"
	stock_module "$root" "$release" kvm-intel "$stock"
	vmx_sites kvm_intel "$stock" >"$1/vmx/stock"
	rm "$stock"
	vmx_sites kvm_intel "$modules/kvm-intel.ko" >"$1/vmx/ours"
	for module in vmxcore vmxcore_bench; do
		[ ! -f "$modules/$module.ko" ] ||
			vmx_sites "$module" "$modules/$module.ko" >"$1/vmx/$module"
	done
}

# dispatcher NAME...: prints the main() of a program that is all of these
# programs, by the name that it is called with.
dispatcher() {
	printf '#include <libgen.h>\n#include <string.h>\n'
	printf 'int main_%s(int argc, char **argv);\n' "${@//-/_}"
	echo 'int main(int argc, char **argv) { const char *name = basename(argv[0]);'
	for name; do
		echo "if (!strcmp(name, \"$name\")) return main_${name//-/_}(argc, argv);"
	done
	echo 'return 127; }'
}

# add_programs: as one program with as many links, like busybox. Each by itself
# has its own copy of the C library, 10 MB in all, which are unpacked at each
# boot and hashed twice at each kexec.
add_programs() {
	local source name names=() objects=$work.programs
	mkdir -p "$1/usr/local/bin" "$objects"
	for source in "$here"/guest/*.c "$here"/programs/*.c; do
		name=$(basename "$source" .c)
		gcc -c -O2 -Wall -Wextra -I "$top/include" -Dmain="main_${name//-/_}" \
			-o "$objects/$name.o" "$source"
		ln -s programs "$1/usr/local/bin/$name"
		names+=("$name")
	done
	dispatcher "${names[@]}" >"$objects/main.c"
	gcc -static -s -O2 -o "$1/usr/local/bin/programs" "$objects/main.c" "$objects"/*.o
	rm -r "$objects"
}

add_vmxctl() {
	install -D --mode=755 "$vmxctl" "$1/usr/sbin/vmxctl"
	add_libraries "$1" "$vmxctl"
}

add_base() {
	mkdir -p "$1"/{proc,sys,dev,run,tmp,cases,usr/bin,usr/sbin,sbin}
	add_busybox "$1"
	add_shell "$1"
	add_kmod "$1"
	add_modules "$1"
	add_vmx_sites "$1"
	add_programs "$1"
	add_vmxctl "$1"
	install --mode=755 "$here/guest/init" "$1/init"
	cp "$here"/guest/{lib,vmx,sleep,states,down,tdx,virtualbox,show}.sh "$1"
	cp "$here"/cases/*.sh "$1/cases/"
}

# add_virtualbox DIR [--patched]: VirtualBox's programs in a root of their own, as
# their libraries are of another Debian, its driver, and the floppy disk of a VM.
add_virtualbox() {
	local to=$1/lib/modules/$release/updates
	cp -a "$("$top/scripts/virtualbox-root")" "$1/vbox"
	cp "$("$top/scripts/virtualbox-driver" "${@:2}" "$line")" "$to/"
	depmod -b "$1" "$release"
	# For request_module().
	mkdir -p "$1/sbin"
	ln -s ../bin/kmod "$1/sbin/modprobe"
	install -D -m 644 -t "$1/lib/modprobe.d" "$top/virtualbox/10-vmxcore-vbox.conf"
	gcc -c -m32 -o "$work.o" "$here/programs/vboxguest.S"
	ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$1/vbox/floppy" "$work.o"
	rm "$work.o"
	truncate -s 1474560 "$1/vbox/floppy"
}

# add_kexec DIR: a stock kernel and a base image for kexec.
add_kexec() {
	mkdir -p "$1/boot"
	cp "$vmlinuz" "$1/boot/vmlinuz"
	cp "$("$here/initramfs" "$line" base "$modules_line")" "$1/boot/initrd"
}

# The packages. Each has a program of its name, except for linux-perf, which has
# perf.
tracers=(trace-cmd linux-perf bpftrace)

# add_tracers DIR: the tracers, and the commands of docs/tracing.md.
add_tracers() {
	local name
	for name in "${tracers[@]}"; do
		add_binary "$1" "$(command -v "${name#linux-}")"
	done
	sed -n 's/^    //p' "$top/docs/tracing.md" >"$1/tracing"
}

selftests() {
	"$top/scripts/selftests" "$line"
}

# add_selftests DIR: the runner ends a test that takes too long only if it finds
# the timeout(1) of coreutils. The limit is in the machine's seconds. One test
# is a script for bash that calls sudo, which is a stub here.
add_selftests() {
	cp -a "$(selftests)" "$1/selftests"
	cp "$top/tests/selftests/arguments" "$1/selftests/"
	cp "$here/guest/selftests.sh" "$1/"
	echo "timeout=400" >"$1/selftests/kvm/settings"
	add_binary "$1" /usr/bin/timeout
	add_binary "$1" /bin/bash
	# shellcheck disable=SC2016 # of that script
	printf '#!/bin/sh\nexec "$@"\n' >"$1/bin/sudo"
	chmod 755 "$1/bin/sudo"
}

# nested_vmlinuz: the stock 6.12 of bookworm for all. The stock 6.1 is packed by
# xz, which takes minutes to unpack in a VM in the emulator.
nested_vmlinuz() {
	"$top/scripts/kernel-package" 6.12 | sed -n 's/^vmlinuz=//p'
}

# add_nested: the nested Linux, and an initrd that has the result that it has to
# compute.
add_nested() {
	local initrd=$work.nested
	mkdir -p "$1/nested" "$initrd"/{proc,dev}
	add_busybox "$initrd"
	install --mode=755 "$here/guest/nested-init" "$initrd/init"
	# head ends yes with SIGPIPE.
	{ yes vmxcore || true; } | head -c 262144 | sha256sum | cut -d' ' -f1 >"$initrd/sum"
	pack "$initrd" "$1/nested/initrd"
	rm -r "$initrd"
	cp "$(nested_vmlinuz)" "$1/nested/vmlinuz"
}

# add_qemu DIR FIRMWARE...
add_qemu() {
	local dir=$1 file
	shift
	add_binary "$dir" "$(command -v qemu-system-x86_64)"
	mkdir -p "$dir/usr/share/qemu"
	for file in qemu/linuxboot_dma.bin qemu/kvmvapic.bin "$@"; do
		cp "/usr/share/$file" "$dir/usr/share/qemu/"
	done
}

# add_guest: QEMU with a firmware that boots a kernel at once, and a guest for
# it.
add_guest() {
	add_qemu "$1" qemu/pvh.bin qemu/qboot.rom
	add_nested "$1"
}

add_host() {
	mkdir -p "$1"/{proc,sys,dev,run,tmp}
	add_busybox "$1"
	add_shell "$1"
	add_kmod "$1"
	add_stock_modules "$1"
	depmod -b "$1" "$release"
	add_qemu "$1" seabios/bios-256k.bin
	install --mode=755 "$here/guest/host-init" "$1/init"
}
