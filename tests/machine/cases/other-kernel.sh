# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: cpus=1 kernel=6.1 modules=6.12
# The kernel refuses modules that were built for another one.

check "this is Linux 6.1" sh -c 'uname -r | grep -q ^6[.]1[.]'
for module in vmxcore kvm kvm-intel; do
	dmesg_mark
	insmod "/lib/modules/$(uname -r)/updates/$module.ko" >/run/said 2>&1
	check_equal "$module for 6.12 is refused: ENOEXEC" \
		"$? $(sed 's/.*: //' /run/said)" "1 Invalid module format"
	name=$(echo $module | tr - _)
	check "  the log says why" \
		dmesg_has "$name: (disagrees about version of symbol module_layout|version magic)"
done
check_equal "nothing is loaded" "$(grep -c '^vmxcore\|^kvm' /proc/modules)" 0
check "vmxctl doctor names the cause" sh -c "vmxctl --no-colour doctor | grep \
	'^wrong-kernel: .*/vmxcore.ko was built for .6[.]12[.].* and this is 6[.]1[.]'"
