# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The machine in Bochs, which emulates VMX faithfully and needs nothing from the
# host's CPU. Sourced by boot. An emulator offers:
#   emulator_model        the CPU model if a case names none
#   emulator_time_factor  how many times longer than the limits of the cases a
#                         machine may take
#   emulator_parameters   parameters for the kernel command line, or nothing
#   emulator_start DIR KERNEL INITRD APPEND
#                         starts it in the background, with com1 to
#                         DIR/console.log and com2 to DIR/tap.log; sets
#                         emulator_pid
#   emulator_powered_off DIR STATUS
#                         true if the guest switched the machine off
# An emulator that can copy a machine (boot --original) offers these, too:
#   emulator_original DIR KERNEL INITRD APPEND COPIES
#                         as emulator_start, of a machine that gives so many
#                         copies and ends; it can do so when DIR/ready exists
#   emulator_copy DIR ORIGINAL
#                         instead of emulator_start: goes on in DIR with a copy
#                         of the machine in ORIGINAL, for DIR/parameters
# It reads kernel, cpus, memory, disk, vmx, nodes, spare, model and msrs from
# the array "machine".
# shellcheck disable=SC2034,SC2154

# Another Bochs has to be built without the debugger, which waits for a command
# at the start, and with the display library nogui.
bochs_binary=${BOCHS:-$("$here/emulators/build-bochs")}

# This model has no TSC frequency in CPUID, so the kernel calibrates the TSC to
# "ips", and a second of the machine costs so many instructions. Newer models
# announce 3.5 GHz, which makes each sleep 70 times longer.
bochs_ips=50000000
emulator_model=broadwell_ult
[ "${machine[vmx]}" = yes ] || emulator_model=p4_prescott_celeron_336

emulator_time_factor=1

# HLT costs less to emulate than MONITOR and MWAIT, as MONITOR makes all CPUs
# translate a page again.
emulator_parameters=idle=halt

# A reset leaves a value in IA32_TSC_ADJUST so that the TSCs begin at 0. Linux
# takes that for a mistake of the firmware and corrects it on the boot CPU and
# the others of its package; 6.1 corrects no other CPU. The clocks differ by
# minutes then, and timers are late by as much. Without the feature Linux leaves
# the MSR alone.
if [ "${machine[kernel]}" = 6.1 ] || [[ ${machine[cpus]} == [2-9]:* ]]; then
	emulator_parameters+=" clearcpuid=tsc_adjust"
fi

# quantum is how far the clock of a halted CPU goes in a turn. The largest one
# saves 5 % of a boot, and half of each sleep. kexec_file_load() hashes 26 MB,
# which takes 3 s instead of 12 with the instructions for SHA.
bochs_cpu() {
	local sha=
	[[ ${machine[image]} != *kexec ]] || sha=", add_features=sha"
	echo "cpu: model=${machine[model]}$sha, count=${machine[cpus]}, quantum=32," \
		"ips=$bochs_ips${machine[msrs]:+, msrs=msrs}"
}

# bochs_msrs: the file of MSRs. Each has type 0 and reset value 0, no bit is
# reserved, and none ignored.
bochs_msrs() {
	local msr
	for msr in ${machine[msrs]}; do
		echo "$msr 0 0 0 0 0 0 0"
	done
}

# bochs_disk: its size is in cylinders of 16 heads and 63 sectors.
bochs_disk() {
	local cylinders=$((machine[disk] * 2048 / 1008))
	[ "${machine[disk]}" != 0 ] || return 0
	echo "ata0-slave: type=disk, mode=flat, path=disk.img," \
		"cylinders=$cylinders, heads=16, spt=63"
}

# bochs_config: names are relative to the folder of the run. Errors are ignored
# and not logged, as an unknown MSR is one at each VM exit. A panic ends the
# run; power-off is one.
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

# link_or_copy FROM TO: copies if the cache is on another file system.
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
	printf '%s\n' "default linux" "prompt 0" "label linux" "kernel vmlinuz" \
		"initrd initrd" "append $4" >"$tree/isolinux.cfg"
	xorriso -as mkisofs -quiet -o "$1/boot.iso" -b isolinux.bin -c boot.cat \
		-no-emul-boot -boot-load-size 4 -boot-info-table "$tree" >"$1/xorriso.log" 2>&1
	rm -r "$tree"
}

# More lines for the configuration, which nested.sh sets.
bochs_more=

# bochs_folder DIR KERNEL INITRD APPEND: puts all that a machine needs into DIR.
bochs_folder() {
	local dir=$1
	bochs_iso "$@"
	[ "${machine[disk]}" = 0 ] ||
		truncate -s $((machine[disk] * 2048 / 1008 * 1008 * 512)) "$dir/disk.img"
	bochs_config >"$dir/bochsrc"
	bochs_msrs >"$dir/msrs"
}

# run_bochs [COMMAND...]: replaces this shell, in the machine's folder. Accesses
# to guest memory and to the emulator's CPUs are spread over more small pages
# than a host's TLB holds. With huge pages the emulator takes a fifth less time.
run_bochs() {
	export GLIBC_TUNABLES=glibc.malloc.hugetlb=1
	exec "$@" "$bochs_binary" -q -f bochsrc >emulator.log 2>&1
}

# bochs_start: the emulator ends with this shell, even if that is killed.
bochs_start() {
	bochs_folder "$@"
	(cd "$1" && run_bochs setpriv --pdeathsig KILL </dev/null) &
	emulator_pid=$!
}

# close_files: closes all but the first three. The reader of a pipe must not
# hold its other end, or never sees its end.
close_files() {
	local fd
	for fd in /proc/"$BASHPID"/fd/*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || eval "exec $fd>&-"
	done
}

# emulator_original: the emulator outlives this shell. It ends when it has given
# its copies, or when no process has "requests" open for writing any more.
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

# emulator_copy: the files that the original has open have to be here, too. The
# logs begin with the original's.
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
