# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The machine in Bochs, which emulates VMX faithfully and needs nothing from the host's CPU. Sourced by boot.
# An emulator offers:
#   emulator_model            the CPU model where a case names none; a case without VMX has one of its own
#   emulator_time_factor      how many times longer than the limits of the cases it may take
#   emulator_parameters       what it wants on the kernel command line, or nothing
#   emulator_start DIR KERNEL INITRD APPEND   starts it in the background, with com1 to DIR/console.log and com2 to
#                             DIR/tap.log; sets emulator_pid
#   emulator_powered_off DIR STATUS           tells whether the guest switched the machine off
# One that can copy a machine that has booted (boot --original) offers these, too:
#   emulator_original DIR KERNEL INITRD APPEND COPIES    as emulator_start, of a machine that gives so many copies
#                             and ends; it has come as far when DIR/ready is there
#   emulator_copy DIR ORIGINAL   instead of emulator_start: goes on in DIR with a copy of the machine in ORIGINAL,
#                             for DIR/parameters
# and reads kernel, cpus, memory, disk, vmx, nodes, spare, model and msrs from the array "machine".
# shellcheck disable=SC2034,SC2154

# Another one has to be like that: without a debugger, which waits for a command at the start, and with the display library nogui.
bochs_binary=${BOCHS:-$("$here/emulators/build-bochs")}

# No TSC frequency in CPUID: the kernel calibrates the TSC to "ips", and a second inside costs so many instructions. Newer
# models announce 3.5 GHz and make every sleep 70 times dearer.
bochs_ips=50000000
emulator_model=broadwell_ult
[ "${machine[vmx]}" = yes ] || emulator_model=p4_prescott_celeron_336

emulator_time_factor=1

# HLT costs less to emulate than MONITOR and MWAIT: MONITOR has all CPUs look a page up again.
emulator_parameters=idle=halt

# A reset leaves in IA32_TSC_ADJUST what makes the TSCs begin at 0. Linux takes that for the firmware's mistake and corrects it
# on the boot CPU and the others of its package, 6.1 on no other; clocks are minutes apart then, and timers as late. Without the
# feature it leaves all alone.
if [ "${machine[kernel]}" = 6.1 ] || [[ ${machine[cpus]} == [2-9]:* ]]; then
	emulator_parameters+=" clearcpuid=tsc_adjust"
fi

# quantum: how far a halted CPU's clock goes in a turn. The most there is saves 5 % of a boot, and half of every sleep.
# kexec_file_load() hashes 26 MB: with the CPU's own instructions in 3 s instead of 12.
bochs_cpu() {
	local sha=
	[ "${machine[image]}" != kexec ] || sha=", add_features=sha"
	echo "cpu: model=${machine[model]}$sha, count=${machine[cpus]}, quantum=32, ips=$bochs_ips${machine[msrs]:+, msrs=msrs}"
}

# bochs_msrs: its file of MSRs. Type 0, reset value 0, no bit reserved, none ignored.
bochs_msrs() {
	local msr
	for msr in ${machine[msrs]}; do
		echo "$msr 0 0 0 0 0 0 0"
	done
}

# Its size in cylinders of 16 heads and 63 sectors.
bochs_disk() {
	local cylinders=$((machine[disk] * 2048 / 1008))
	[ "${machine[disk]}" != 0 ] || return 0
	echo "ata0-slave: type=disk, mode=flat, path=disk.img, cylinders=$cylinders, heads=16, spt=63"
}

# Names are relative to the folder of the run.
# Errors are ignored, not logged, as an unknown MSR is one at each VM exit. Panics end the run: power-off is one for Bochs.
bochs_config() {
	bochs_cpu
	cat <<-END
		display_library: nogui
		megs: ${machine[memory]}
		romimage: file=/usr/share/bochs/BIOS-bochs-latest
		vgaromimage: file=/usr/share/vgabios/vgabios-stdvga.bin
		ata0-master: type=cdrom, path=boot.iso, status=inserted
		$(bochs_disk)
		boot: cdrom
		clock: sync=none, time0=1700000000
		com1: enabled=1, mode=file, dev=console.log
		com2: enabled=1, mode=file, dev=tap.log
		$bochs_more
		log: bochs.log
		panic: action=fatal
		error: action=ignore
		info: action=ignore
		debug: action=ignore
	END
}

# link_or_copy FROM TO: the cache may be on another file system.
link_or_copy() {
	ln -f "$1" "$2" 2>/dev/null || cp "$1" "$2"
}

# bochs_iso DIR KERNEL INITRD APPEND
bochs_iso() {
	local tree=$1/iso
	mkdir -p "$tree"
	cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$tree"
	link_or_copy "$3" "$tree/initrd"
	link_or_copy "$2" "$tree/vmlinuz"
	printf 'default linux\nprompt 0\nlabel linux\n\tkernel vmlinuz\n\tinitrd initrd\n\tappend %s\n' "$4" >"$tree/isolinux.cfg"
	xorriso -as mkisofs -quiet -o "$1/boot.iso" -b isolinux.bin -c boot.cat -no-emul-boot -boot-load-size 4 \
		-boot-info-table "$tree" >"$1/xorriso.log" 2>&1
	rm -r "$tree"
}

# Lines that a machine made of this one adds.
bochs_more=

# bochs_folder DIR KERNEL INITRD APPEND: what a machine begins with.
bochs_folder() {
	local dir=$1
	bochs_iso "$@"
	[ "${machine[disk]}" = 0 ] ||
		truncate -s $((machine[disk] * 2048 / 1008 * 1008 * 512)) "$dir/disk.img"
	bochs_config >"$dir/bochsrc"
	bochs_msrs >"$dir/msrs"
}

# run_bochs [COMMAND...]: instead of this shell, in the machine's folder. Guest memory and the
# emulator's CPUs are accessed all over, and a host's TLB holds too little of them in small pages:
# in huge ones the emulator takes a fifth less time.
run_bochs() {
	export GLIBC_TUNABLES=glibc.malloc.hugetlb=1
	exec "$@" "$bochs_binary" -q -f bochsrc >emulator.log 2>&1
}

# The emulator dies with this shell, however that ends.
bochs_start() {
	bochs_folder "$@"
	(cd "$1" && run_bochs setpriv --pdeathsig KILL </dev/null) &
	emulator_pid=$!
}

# close_files: all but the first three. A reader that holds the other end itself would never come
# to the end of a pipe.
close_files() {
	local fd
	for fd in /proc/"$BASHPID"/fd/*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || eval "exec $fd>&-"
	done
}

# It outlives this shell: it ends when it has given its copies, or nothing has "requests" open for
# writing any more.
emulator_original() {
	bochs_folder "$@"
	(
		cd "$1" || exit
		close_files
		export BOCHS_COPIES=$5
		run_bochs <requests
	) &
	emulator_pid=$!
}

# What is open in the original's folder has to be here. Its logs are this machine's up to now.
emulator_copy() {
	local start=$SECONDS
	cp "$2"/{console.log,tap.log,bochs.log,emulator.log} "$1"
	link_or_copy "$2/boot.iso" "$1/boot.iso"
	[ "${machine[disk]}" = 0 ] || cp --sparse=always "$2/disk.img" "$1"
	readlink -f "$1" >"$2/requests"
	until [ -s "$1/pid" ]; do
		[ $((SECONDS - start)) -lt 60 ] || die "$2 gives no copy"
		sleep 0.1
	done
	emulator_pid=$(cat "$1/pid")
}

emulator_start() {
	bochs_start "$@"
}

emulator_powered_off() {
	grep -q 'soft power off' "$1/bochs.log"
}
