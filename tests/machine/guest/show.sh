# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# What "make demo" prints. Sourced after lib.sh.

say() {
	echo "# show:$*" >&3
}

# owners WHEN: shows what vmxctl says.
owners() {
	say ""
	say "$1:"
	vmxctl status | sed 's/^/# show:    /' >&3
}

say_machine() {
	say "Linux $(uname -r), $(nproc) CPUs," \
		"$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
}

say_end() {
	say ""
	say "powering off"
}

# cpus_on: by vmxcore alone, which the demo is about; the other cases read the
# CPUs, too.
cpus_on() {
	cat /sys/kernel/vmxcore/cpus/*/state | grep -cx on
}
