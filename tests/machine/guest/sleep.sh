# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# Functions to put the machine to sleep. Sourced after vmx.sh.

# sleep_for SECONDS: suspends to RAM. The real-time clock wakes the machine. The
# write returns after the sleep.
sleep_for() {
	echo deep >/sys/power/mem_sleep
	echo 0 >/sys/class/rtc/rtc0/wakealarm
	echo "+$1" >/sys/class/rtc/rtc0/wakealarm
	echo mem >/sys/power/state
}

# core_test: suspends up to the callbacks that run with interrupts off on the
# last CPU, without the firmware.
core_test() {
	echo 1 >/sys/module/suspend/parameters/pm_test_delay
	echo core >/sys/power/pm_test
	if echo mem >/sys/power/state; then
		echo none >/sys/power/pm_test
	else
		echo none >/sys/power/pm_test
		return 1
	fi
}

# idle_for MILLISECONDS: suspends to idle. The test client wakes the machine.
idle_for() {
	echo s2idle >/sys/power/mem_sleep
	vmxt wake "$1"
	echo mem >/sys/power/state
}

# swap_on: prepares a disk to hibernate to.
swap_on() {
	modprobe -a ata_piix sd_mod
	wait_until 20 test -b /dev/sda
	mkswap /dev/sda
	swapon /dev/sda
	# 8:0 is /dev/sda.
	echo 8:0 >/sys/power/resume
	# Each page of the image costs time. A smaller image_size would cost
	# more time than it saves.
	echo 3 >/proc/sys/vm/drop_caches
	echo $((512 << 20)) >/sys/power/image_size
	echo test_resume >/sys/power/disk
}

# hibernate: the same kernel writes the image, reads it and resumes from it.
hibernate() {
	echo disk >/sys/power/state
}
