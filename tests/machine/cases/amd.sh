# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# machine: emulator=tcg model=EPYC
# An AMD machine: the distribution's kvm_amd works with our kvm.ko, which
# modprobe loads for it once ours is installed.

check "this CPU has SVM" grep -qw svm /proc/cpuinfo
check "kvm_amd loads" modprobe kvm_amd
check "  it is the distribution's" sh -c "modinfo -n kvm_amd | grep /kernel/arch/x86/kvm/"
check "  it uses our kvm.ko" sh -c "modinfo -n kvm | grep /updates/"
check "  our kvm.ko is loaded" grep -q '^kvm .* kvm_amd,.*(.*O.*)' /proc/modules
check "/dev/kvm is there" test -c /dev/kvm
check "a VM runs" vmrun --rounds 2
check_fails "vmxcore is not loaded with it" grep -q '^vmxcore ' /proc/modules
dmesg_mark
check_fails "vmxcore does not load" modprobe vmxcore
check "  the log says why" dmesg_has "vmxcore: this CPU has no VMX"
check "kvm_amd is unloaded" modprobe -r kvm_amd
check_equal "vmxctl doctor names the cause" \
	"$(vmxctl --no-colour doctor | head -n 1)" "no-vmx: this is no Intel CPU, and has no VMX"
