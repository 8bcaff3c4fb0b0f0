# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The machine in Bochs, which emulates VMX faithfully and needs nothing from the host's CPU. Sourced by boot.
# An emulator offers:
#   emulator_model            the CPU model where a case names none; a case without VMX has one of its own
#   emulator_time_factor      how many times longer than the limits of the cases it may take
#   emulator_quirks           kernel warnings it provokes by itself: a regular expression, or nothing
#   emulator_parameters       what it wants on the kernel command line, or nothing
#   emulator_start DIR KERNEL INITRD APPEND   starts it in the background, with com1 to DIR/console.log and com2 to
#                             DIR/tap.log; sets emulator_pid
#   emulator_powered_off DIR STATUS           tells whether the guest switched the machine off
# and reads kernel, cpus, memory, disk, vmx, nodes, spare, model and bochs from the array "machine".
# shellcheck disable=SC2034,SC2154

bochs_binary=${BOCHS:-bochs}

[ "${machine[bochs]}" = released ] || bochs_binary=$("$here/emulators/build-bochs")

# No TSC frequency in CPUID: the kernel calibrates the TSC to "ips", and a second inside costs so many instructions. Newer
# models announce 3.5 GHz and make every sleep 70 times dearer.
bochs_ips=50000000
emulator_model=broadwell_ult
[ "${machine[vmx]}" = yes ] || emulator_model=p4_prescott_celeron_336

# bochs_takes LINE: is that a line of configuration this binary accepts? It stops at the first line it does not like, and
# the second one below is always wrong.
bochs_takes() {
	local probe output
	probe=$(mktemp)
	printf '%s\ncpu: model=none\n' "$1" >"$probe"
	output=$("$bochs_binary" -q -f "$probe" </dev/null 2>&1) || true
	rm "$probe"
	[[ $output == *"$probe:2:"* ]]
}

# bochs_is VERSION: it says its version once it has a configuration, or has refused one.
bochs_is() {
	local output
	output=$("$bochs_binary" -q -n "cpu: model=none" </dev/null 2>&1) || true
	[[ $output == *"Bochs x86 Emulator $1"[[:space:]]* ]]
}

# Debian's Bochs 2.7 has its debugger built in, which makes it slower and wait for a command at the start.
bochs_has_debugger() {
	local output
	output=$("$bochs_binary" --help </dev/null 2>&1) || true
	[[ $output == *"-rc filename"* ]]
}

emulator_time_factor=1
emulator_quirks=

# A CPU that sleeps in MWAIT misses now and then the write that should wake it, and sleeps on to its next timer: 20 s on three
# CPUs of 2.7, for ever perhaps on one of 3.0 that comes online. HLT is ended by an interrupt, and costs less to emulate.
emulator_parameters=idle=halt

# 2.7 resets the HPET, but not what its legacy mode has turned off, the interrupts of timer and clock. The firmware waits for
# the timer on its way to the disk, for ever. A kernel that goes in an orderly way turns the HPET off, one that panics or is
# reset by sysrq-b does not. Later versions reset that too.
! bochs_is 2.7 || emulator_parameters+=" hpet=disable"

# A reset leaves in IA32_TSC_ADJUST what makes the TSCs begin at 0. Linux takes that for the firmware's mistake and corrects it
# on the boot CPU and the others of its package, 6.1 on no other; clocks are minutes apart then, and timers as late. Without the
# feature it leaves all alone.
if [ "${machine[kernel]}" = 6.1 ] || [[ ${machine[cpus]} == [2-9]:* ]]; then
	emulator_parameters+=" clearcpuid=tsc_adjust"
fi

! bochs_has_debugger || emulator_time_factor=5

# With two CPUs 2.7 describes their topology in a way that linux 6.12 wonders about, once, at boot.
! bochs_takes "sound: waveoutdrv=dummy" || emulator_quirks='WARNING: .*arch/x86/kernel/cpu/topology_common\.c'

# Without nogui a window system or, as here, a VNC server that waits for nobody; it takes the first free port of fifty.
bochs_display() {
	if bochs_takes "display_library: nogui"; then
		echo "display_library: nogui"
	else
		echo 'display_library: rfb, options="timeout=0"'
	fi
}

# Bochs 2.7 beeps through ALSA, and aborts on a host without a sound card.
bochs_sound() {
	local line="sound: waveoutdrv=dummy"
	! bochs_takes "$line" || echo "$line"
}

# quantum: how far a halted CPU's clock goes in a turn. The most there is saves 5 % of a boot, and half of every sleep.
bochs_cpu() {
	local line="cpu: model=${machine[model]}, count=${machine[cpus]}, quantum=32, ips=$bochs_ips"
	if bochs_takes "cpu: model=${machine[model]}, ignore_bad_msrs=1"; then
		line+=", ignore_bad_msrs=1"
	fi
	echo "$line"
}

# Its size in cylinders of 16 heads and 63 sectors, 2.7 has no other way.
bochs_disk() {
	local cylinders=$((machine[disk] * 2048 / 1008))
	[ "${machine[disk]}" != 0 ] || return 0
	echo "ata0-slave: type=disk, mode=flat, path=disk.img, cylinders=$cylinders, heads=16, spt=63"
}

# Names are relative to the folder of the run.
# Errors are ignored, not logged, as an unknown MSR is one at each VM exit. Panics end the run: power-off is one for Bochs.
bochs_config() {
	bochs_display
	bochs_sound
	bochs_cpu
	cat <<-END
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

# The emulator dies with this shell, however that ends.
bochs_start() {
	local dir=$1 options=(-q -f bochsrc)
	bochs_iso "$@"
	[ "${machine[disk]}" = 0 ] || truncate -s $((machine[disk] * 2048 / 1008 * 1008 * 512)) "$dir/disk.img"
	bochs_config >"$dir/bochsrc"
	if bochs_has_debugger; then
		# It stops at the start, and at each reset.
		yes c | head -n 100 >"$dir/debugger" || true
		options+=(-rc debugger)
	fi
	(cd "$dir" && exec setpriv --pdeathsig KILL "$bochs_binary" "${options[@]}" </dev/null >emulator.log 2>&1) &
	emulator_pid=$!
}

emulator_start() {
	bochs_start "$@"
}

emulator_powered_off() {
	grep -q 'soft power off' "$1/bochs.log"
}
