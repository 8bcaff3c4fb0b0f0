# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Synthetic machines for vmxctl --root: folders with the files in /proc, /sys,
# /dev and /etc that it reads. Sourced by run, which sets $trees.
# shellcheck disable=SC2154

release=6.12.95+deb12-amd64
vermagic="$release SMP preempt mod_unload modversions"

# put FILE TEXT: writes a file below $tree, and adds a newline.
put() {
	mkdir -p "$(dirname "$tree/$1")"
	printf '%s\n' "$2" >"$tree/$1"
}

cpuinfo() {
	local vendor=$1 flags=$2 cpu
	mkdir -p "$tree/proc"
	for cpu in 0 1; do
		printf 'processor\t: %d\nvendor_id\t: %s\nmodel name\t: A CPU\n' "$cpu" "$vendor"
		printf 'flags\t\t: fpu vme %s lm\nvmx flags\t: ept\n\n' "$flags"
	done >"$tree/proc/cpuinfo"
}

# process PID NAME TARGET...: adds a process with these file descriptors.
process() {
	local pid=$1 comm=$2 fd=0 target
	shift 2
	put "proc/$pid/comm" "$comm"
	mkdir -p "$tree/proc/$pid/fd"
	for target in "$@"; do
		ln -s "$target" "$tree/proc/$pid/fd/$fd"
		fd=$((fd + 1))
	done
}

# module_file PATH NAME VERMAGIC DEPENDS [parm=NAME:TEXT |
# parmtype=NAME:TYPE]...: makes a module with what modinfo and depmod read. A
# module of the kernel has "intree" for modinfo. For depmod each module exports
# one symbol and uses those of the modules that it depends on.
module_file() {
	local section='__attribute__((section("%s"), used))'
	local dir=$tree/lib/modules/$release/$1 intree='' used parameters=''
	[[ $1 != kernel* ]] || intree='intree=Y\0'
	[ $# = 4 ] || parameters=$(printf '%s\\0' "${@:5}")
	mkdir -p "$dir"
	{
		# shellcheck disable=SC2059 # it has a format of its own
		printf "static const char modinfo[] $section = " .modinfo
		printf '"name=%s\\0%svermagic=%s\\0depends=%s\\0%slicense=GPL";\n' \
			"$2" "$intree" "$3" "$4" "$parameters"
		# shellcheck disable=SC2059 # as above
		printf "static const char exported[] $section = " __ksymtab_strings
		printf '"symbol_of_%s";\n' "$2"
		for used in ${4//,/ }; do
			printf 'extern int symbol_of_%s;\nint *pointer_to_%s = &symbol_of_%s;\n' \
				"$used" "$used" "$used"
		done
	} | gcc -x c -c -o "$dir/${2//_/-}.ko" -
}

# signed FILE: adds a signature of the key "DKMS module signing key", complete
# as far as modinfo reads it (openssl cms -sign -nocerts -noattr).
signed() {
	python3 - "$1" <<-'PYTHON'
		import base64, struct, sys
		cms = base64.b64decode("""
		MIHXBgkqhkiG9w0BBwKggckwgcYCAQExDTALBglghkgBZQMEAgEwCwYJKoZIhvcNAQcBMYGkMIGh
		AgEBMDowIjEgMB4GA1UEAwwXREtNUyBtb2R1bGUgc2lnbmluZyBrZXkCFGZJCNeWpmRDb2OHLYL3
		JYNPjClvMAsGCWCGSAFlAwQCATAKBggqhkjOPQQDAgRHMEUCIQDRdjdmtApYdx1Wks9selzAkqAm
		cLercDuaOXsTfbpaiwIgKedA+DKtmxPTxPC5uqeoZR72YazKMKeA19EtR8SIGO0=""")
		info = struct.pack(">BBBBB3xI", 0, 0, 2, 0, 0, len(cms))
		with open(sys.argv[1], "ab") as f:
		    f.write(cms + info + b"~Module signature appended~\n")
	PYTHON
}

# efi NAME BYTES: writes a variable of the firmware or of shim. BYTES begins
# with four bytes of attributes.
efi() {
	local guid=8be4df61-93ca-11d2-aa0d-00e098032b8c
	[ "$1" != MokSBStateRT ] || guid=605dab50-e046-4300-abb6-3dd810dd8b23
	mkdir -p "$tree/sys/firmware/efi/efivars"
	printf '%b' "$2" >"$tree/sys/firmware/efi/efivars/$1-$guid"
}

# installed_modules: adds stock modules, and ours with precedence.
installed_modules() {
	stock_modules
	module_file updates/dkms vmxcore "$vermagic" ""
	module_file updates/dkms vmxcore_tdx "$vermagic" vmxcore
	module_file updates/dkms vmxcore_vbox "$vermagic" vmxcore
	module_file updates/dkms kvm "$vermagic" irqbypass
	module_file updates/dkms kvm_intel "$vermagic" kvm,vmxcore
	index_modules
}

stock_modules() {
	module_file kernel/virt irqbypass "$vermagic" ""
	module_file kernel/kvm kvm "$vermagic" irqbypass
	module_file kernel/kvm kvm_intel "$vermagic" kvm
}

index_modules() {
	(cd "$tree/lib/modules/$release" && find kernel -name '*.ko') \
		>"$tree/lib/modules/$release/modules.order"
	: >"$tree/lib/modules/$release/modules.builtin"
	depmod -b "$tree" "$release" 2>"$out/depmod.log"
}

# begin NAME: starts a machine with Intel CPUs and no hypervisor.
begin() {
	tree=$trees/$1
	mkdir -p "$tree"
	cpuinfo GenuineIntel vmx
	put proc/modules "ext4 1114112 1 - Live 0x0000000000000000"
	put proc/uptime "1000.52 1900.00"
	put proc/sys/kernel/osrelease "$release"
	put proc/1/comm init
	put dev/kmsg "5,1,100,-;Linux version $release"
	mkdir -p "$tree"/proc/1/fd "$tree/etc/modprobe.d" "$tree/lib/modules/$release"
}

# modules LINE...: sets the loaded modules, in /proc/modules and in sysfs.
modules() {
	local folder module
	printf '%s Live 0x0000000000000000\n' "$@" >"$tree/proc/modules"
	for folder in "$tree"/sys/module/*/; do
		grep -q "^$(basename "$folder") " "$tree/proc/modules" || rm -rf "$folder"
	done
	for module; do
		put "sys/module/${module%% *}/initstate" live
	done
}

vmxcore_machine() {
	local state=$1 backend=$2 provider=$3
	put sys/kernel/vmxcore/state "$state"
	put sys/kernel/vmxcore/backend "$backend"
	put sys/kernel/vmxcore/policy on-demand
	put sys/kernel/vmxcore/provider "$provider"
	mkdir -p "$tree/sys/kernel/vmxcore/clients"
	vmxcore_caps
}

vmxcore_cpu() {
	local dir=sys/kernel/vmxcore/cpus/cpu$1
	put "$dir/state" "$2"
	put "$dir/references" "$3"
	put "$dir/held" "$4"
	put "$dir/since" "$5"
	put "$dir/foreign" 0
}

# vmxcore_client NAME MODULE REFERENCES CPU-REFERENCES SINCE EXCLUSIVE
vmxcore_client() {
	local dir=sys/kernel/vmxcore/clients/$1
	put "$dir/module" "$2"
	put "$dir/references" "$3"
	put "$dir/cpu_references" "$4"
	put "$dir/since" "$5"
	put "$dir/exclusive" "$6"
	put "$dir/vpids" 3
	put "$dir/vmcss" 4
}

# The capability MSRs of a CPU with EPT, VPIDs, PML, VM functions and IPI
# virtualization, without posted interrupts.
capability() {
	case $1 in
	basic) echo 0x00da040000000012 ;;
	misc) echo 0x00000000200401e5 ;;
	pinbased | true_pinbased) echo 0x0000007f00000016 ;;
	procbased | true_procbased) echo 0xfffbfffe0401e172 ;;
	exit | true_exit) echo 0x01ffffff00036dff ;;
	entry | true_entry) echo 0x0003ffff000011ff ;;
	procbased2) echo 0x001220aa00000000 ;;
	procbased3) echo 0x0000000000000010 ;;
	ept_vpid) echo 0x00000f0106334141 ;;
	vmfunc) echo 0x0000000000000001 ;;
	cr0_fixed0) echo 0x0000000080000021 ;;
	cr0_fixed1) echo 0x00000000ffffffff ;;
	cr4_fixed0) echo 0x0000000000002000 ;;
	cr4_fixed1) echo 0x00000000003727ff ;;
	vmcs_enum) echo 0x000000000000002e ;;
	esac
}

capability_names=(basic pinbased procbased exit entry misc cr0_fixed0 cr0_fixed1
	cr4_fixed0 cr4_fixed1 vmcs_enum procbased2 ept_vpid
	true_pinbased true_procbased true_exit true_entry vmfunc procbased3)

vmxcore_caps() {
	local name
	for name in "${capability_names[@]}"; do
		put "sys/kernel/vmxcore/capabilities/$name" "$(capability "$name")"
	done
}

# msrs CPU [NAME=VALUE]: writes the MSRs of a CPU, one of them with another
# value than that of capability().
msrs() {
	local name number=$((0x480)) value numbers=()
	for name in "${capability_names[@]}"; do
		value=$(capability "$name")
		[[ ${2:-} != "$name="* ]] || value=${2#*=}
		numbers+=("$number=$value")
		number=$((number + 1))
	done
	mkdir -p "$tree/dev/cpu/$1"
	python3 - "$tree/dev/cpu/$1/msr" "$((0x3a))=5" "${numbers[@]}" <<'PYTHON'
import struct, sys
with open(sys.argv[1], "wb") as f:
    for pair in sys.argv[2:]:
        number, value = pair.split("=")
        f.seek(int(number) * 8)
        f.write(struct.pack("<Q", int(value, 0)))
PYTHON
}

stock_kvm() {
	modules "kvm_intel 401408 $1 -" "kvm 1310720 1 kvm_intel,"
	put sys/module/kvm/parameters/enable_virt_at_load "$2"
	put sys/module/kvm/taint ""
	put sys/module/kvm_intel/taint ""
}

native() {
	modules "kvm_intel 401408 2 -" "kvm 1310720 1 kvm_intel," "minivisor 16384 0 -" \
		"vmxcore 65536 2 kvm_intel,minivisor,"
	put sys/module/kvm/parameters/enable_virt_at_load N
	local module
	for module in kvm kvm_intel minivisor vmxcore; do
		put "sys/module/$module/taint" OE
	done
	vmxcore_machine on native ""
	vmxcore_client kvm_intel kvm_intel 1 "" 900.250000 0
	vmxcore_client minivisor minivisor 0 0-1:1 940.000001 0
	vmxcore_client idle minivisor 0 "" "" 0
	vmxcore_cpu 0 on 1 1 900.250000
	vmxcore_cpu 1 on 1 1 900.260000
}

# vbox_version VERSION: what VirtualBox's driver has as its MODULE_VERSION().
vbox_version() {
	put sys/module/vboxdrv/version "$1 r175245 (0x00390002)"
}

# virtualbox: VirtualBox runs a VM, as a client of vmxcore, and KVM runs none.
virtualbox() {
	modules "kvm_intel 401408 0 -" "kvm 1310720 1 kvm_intel," \
		"vmxcore 65536 2 kvm_intel,vmxcore_vbox," "vmxcore_vbox 20480 1 -" \
		"vboxnetflt 36864 0 -" "vboxdrv 643072 2 vboxnetflt,"
	local module
	for module in kvm kvm_intel vmxcore vmxcore_vbox vboxnetflt vboxdrv; do
		put "sys/module/$module/taint" OE
	done
	vbox_version 7.2.22_Debian
	vmxcore_machine on native ""
	vmxcore_client kvm_intel kvm_intel 0 "" "" 0
	vmxcore_client vboxdrv vmxcore_vbox 1 "" 900.250000 0
	vmxcore_cpu 0 on 0 1 900.250000
	vmxcore_cpu 1 on 0 1 900.260000
	process 77 VBoxHeadless /dev/vboxdrv
}

# built_in AT-LOAD: builds KVM into the kernel.
built_in() {
	put sys/module/kvm/parameters/enable_virt_at_load "$1"
	put sys/module/kvm_intel/parameters/nested Y
}

make_trees() {
	local module
	rm -rf "$trees"
	begin empty

	begin no-vmx
	cpuinfo GenuineIntel hypervisor

	begin stock
	stock_kvm 4 Y
	process 4711 qemu-system-x86 /dev/null anon_inode:kvm-vm anon_inode:kvm-vcpu:0 /dev/kvm
	process 815 $'evil\033[31m' /dev/kvm anon_inode:kvm-vm
	process 900 libvirtd /dev/kvm

	# KVM is loaded, and turns VMX on only for the first VM.
	begin stock-idle
	stock_kvm 0 N

	# kvm_intel is in use, but no process that uses it can be found.
	begin stock-in-use
	stock_kvm 1 N

	begin native
	native
	process 4711 qemu-system-x86 anon_inode:kvm-vm /dev/kvm

	begin borrowed
	modules "kvm_intel 401408 1 -" "kvm 1310720 1 kvm_intel," "vmxcore 65536 1 kvm_intel,"
	vmxcore_machine partial borrowed kvm_intel
	vmxcore_client only mine 0 1:2 10.000000 1
	vmxcore_cpu 0 off 0 0 ""
	vmxcore_cpu 1 on 2 0 10.000000

	begin idle
	modules "vmxcore 65536 0 -"
	vmxcore_machine off native ""
	vmxcore_cpu 0 off 0 0 ""
	vmxcore_cpu 1 offline 0 0 ""

	begin foreign
	modules "vmxcore 65536 0 -" "vboxdrv 643072 3 vboxnetflt,vboxnetadp,"
	vmxcore_machine off native ""
	vmxcore_cpu 0 off 0 0 ""
	vbox_version 7.2.22_Debian
	process 77 VBoxHeadless /dev/vboxdrv

	# VirtualBox is a client of vmxcore, and so is KVM.
	begin virtualbox
	virtualbox
	installed_modules

	begin msr
	msrs 0
	msrs 1
	msrs 10

	begin msr-differ
	msrs 0
	msrs 1 procbased2=0x001220a800000000

	begin built-in
	built_in N
	process 4711 qemu-system-x86 /dev/null anon_inode:kvm-vm anon_inode:kvm-vcpu:0 /dev/kvm

	# The doctor finds nothing on this machine.
	begin well
	native
	installed_modules
	mkdir -p "$tree/var/lib/dkms/vmxcore/0.1.0"
	ln -s 0.1.0 "$tree/var/lib/dkms/vmxcore/kernel-$release-x86_64"

	# The distribution's KVM is loaded, without VMs, and ours is installed,
	# so a switch is possible.
	begin change-over
	stock_kvm 0 N
	installed_modules
	put etc/modprobe.d/vmxcore.conf 'options vmxcore enable_virt_at_load=1
options kvm_intel nested=0 ept=1
options kvm_intel vpid=0'

	# Ours is loaded, so a switch back is possible.
	begin change-back
	modules "kvm_intel 401408 0 -" "kvm 1310720 1 kvm_intel," "irqbypass 12288 1 kvm," \
		"vmxcore_tdx 65536 0 -" "vmxcore 65536 2 kvm_intel,vmxcore_tdx,"
	vmxcore_machine off native ""
	vmxcore_client kvm_intel kvm_intel 0 "" "" 0
	vmxcore_cpu 0 off 0 0 ""
	vmxcore_cpu 1 off 0 0 ""
	put sys/module/irqbypass/taint ""
	for module in kvm kvm_intel vmxcore vmxcore_tdx; do
		put "sys/module/$module/taint" OE
	done
	installed_modules
	cp "$trees/change-over/etc/modprobe.d/vmxcore.conf" "$tree/etc/modprobe.d/"

	begin ill
	stock_kvm 4 Y
	process 4711 qemu-system-x86 anon_inode:kvm-vm
	stock_modules
	module_file updates/dkms vmxcore "6.1.0-1-amd64 SMP mod_unload" ""
	index_modules
	put etc/modprobe.d/vmxcore.conf $'blacklist kvm_intel\ninstall vmxcore /bin/false'
	mkdir -p "$tree/var/lib/dkms/vmxcore/0.1.0"
	efi SecureBoot '\6\0\0\0\1'
}
