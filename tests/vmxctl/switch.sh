# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Tests vmxctl switch on synthetic machines, by dry runs because no module can
# be loaded there. Sourced by run.
# shellcheck disable=SC2154

# plans STATUS TREE ours|stock LINE...: checks that the dry run prints exactly
# these commands. Paths are relative to the release's folder of modules.
plans() {
	local status=$1 on=$2 wanted=$3
	shift 3
	expect "$status" "$on" switch "$wanted" --dry-run
	diff <(printf '%s\n' "$@") <(sed "s|$trees/$on/lib/modules/$release/||" "$out/stdout")
}

# refuses TREE ours|stock ID TEXT [FIX]: checks that ID is the only kind of
# finding. FIX is part of its "first" or "fix".
refuses() {
	expect 1 "$1" --json switch "$2" --dry-run
	wanted_id=$3 wanted_text=$4 wanted_fix=${5:-} python3 -c '
import json, os, sys
d = json.load(open(sys.argv[1]))
assert d["result"] == "refused" and d["before"] == d["loaded"], d
assert {f["id"] for f in d["findings"]} == {os.environ["wanted_id"]}, d["findings"]
said = [f for f in d["findings"] if os.environ["wanted_text"] in f["text"]]
assert [f for f in said if os.environ["wanted_fix"] in f["first"] + f["fix"]], d["findings"]
' "$out/stdout"
}

switch_plan() {
	plans 0 change-over ours "rmmod kvm_intel" "rmmod kvm" "insmod kernel/virt/irqbypass.ko" \
		"insmod updates/dkms/kvm.ko" \
		"insmod updates/dkms/vmxcore.ko enable_virt_at_load=1" \
		"insmod updates/dkms/kvm-intel.ko nested=0 ept=1 vpid=0"
	plans 0 change-back stock "rmmod kvm_intel" "rmmod kvm" "rmmod vmxcore_tdx" \
		"rmmod vmxcore" "insmod kernel/kvm/kvm.ko" \
		"insmod kernel/kvm/kvm-intel.ko nested=0 ept=1 vpid=0"
	expect 0 change-back --json switch stock --dry-run
	holds 'd["result"] == "planned" and d["wanted"] == "stock"'
	holds 'd["before"] == d["loaded"] == "ours" and d["dry_run"]'
	holds '[(s["action"], s["module"]) for s in d["unload"]] == [
		("unload", m) for m in ("kvm_intel", "kvm", "vmxcore_tdx", "vmxcore")]'
	holds '[s["path"].split("/")[-2:] for s in d["unload"]] == [
		["dkms", m + ".ko"] for m in ("kvm-intel", "kvm", "vmxcore-tdx", "vmxcore")]'
	holds '[(s["action"], s["module"], s["options"]) for s in d["load"]] == [
		("load", "kvm", ""), ("load", "kvm_intel", "nested=0 ept=1 vpid=0")]'
	expect 0 change-over --json switch ours --dry-run
	holds '[s["path"].split("/")[-2:] for s in d["unload"]] == [
		["kvm", m + ".ko"] for m in ("kvm-intel", "kvm")]'
	plans 0 change-over stock "kvm_intel is the distribution's already"
	plans 0 change-back ours "kvm_intel is vmxcore's already"
	expect 0 well --json switch ours --dry-run
	holds 'd["result"] == "already" and not d["unload"] and not d["load"]'

	# A kvm.ko that both kvm_intel use stays loaded.
	changed change-over
	rm "$tree/lib/modules/$release/updates/dkms/kvm.ko"
	index_modules
	modules "kvm_intel 401408 0 -" "kvm 1310720 1 kvm_intel," "irqbypass 12288 1 kvm,"
	put sys/module/irqbypass/taint ""
	plans 0 changed ours "rmmod kvm_intel" \
		"insmod updates/dkms/vmxcore.ko enable_virt_at_load=1" \
		"insmod updates/dkms/kvm-intel.ko nested=0 ept=1 vpid=0"

	# kvm_intel is ours even if it needs more modules of vmxcore.
	changed change-over
	module_file updates/dkms kvm_intel "$vermagic" kvm,vmxcore_tdx,vmxcore
	index_modules
	plans 0 changed ours "rmmod kvm_intel" "rmmod kvm" "insmod kernel/virt/irqbypass.ko" \
		"insmod updates/dkms/kvm.ko" \
		"insmod updates/dkms/vmxcore.ko enable_virt_at_load=1" \
		"insmod updates/dkms/vmxcore-tdx.ko" \
		"insmod updates/dkms/kvm-intel.ko nested=0 ept=1 vpid=0"

	# No kvm_intel is loaded. Other clients of vmxcore can stay.
	changed change-over
	modules "vmxcore 65536 1 minivisor," "minivisor 16384 0 -"
	put sys/module/vmxcore/taint OE
	plans 0 changed ours "insmod kernel/virt/irqbypass.ko" "insmod updates/dkms/kvm.ko" \
		"insmod updates/dkms/kvm-intel.ko nested=0 ept=1 vpid=0"
	modules "ext4 1114112 1 -"
	xz "$tree/lib/modules/$release/kernel/kvm/kvm-intel.ko"
	plans 0 changed stock "insmod kernel/virt/irqbypass.ko" "insmod kernel/kvm/kvm.ko" \
		"insmod kernel/kvm/kvm-intel.ko.xz nested=0 ept=1 vpid=0"
	grep -v irqbypass "$tree/lib/modules/$release/modules.order" >"$tree/order"
	mv "$tree/order" "$tree/lib/modules/$release/modules.order"
	echo kernel/virt/irqbypass.ko >"$tree/lib/modules/$release/modules.builtin"
	plans 0 changed stock "insmod kernel/kvm/kvm.ko" \
		"insmod kernel/kvm/kvm-intel.ko.xz nested=0 ept=1 vpid=0"

	# A dry run needs no root.
	as_user
	plans 0 change-over ours "rmmod kvm_intel" "rmmod kvm" "insmod kernel/virt/irqbypass.ko" \
		"insmod updates/dkms/kvm.ko" \
		"insmod updates/dkms/vmxcore.ko enable_virt_at_load=1" \
		"insmod updates/dkms/kvm-intel.ko nested=0 ept=1 vpid=0"
}

# restores MODULE OPTIONS: checks that undoing loads MODULE with these options.
restores() {
	module=$1 wanted=$2 python3 -c '
import json, os, sys
found = {s["module"]: s["options"] for s in json.load(open(sys.argv[1]))["restore"]}
assert found[os.environ["module"]] == os.environ["wanted"], found
' "$out/stdout"
}

# Undoing restores the former parameters, and not modprobe's.
switch_restores() {
	changed change-over
	module_file kernel/kvm kvm_intel "$vermagic" kvm parmtype=nested:bool \
		parmtype=ple_gap:uint parm=ple_gap:Gap parmtype=vmentry:flush \
		parm=emulate:Hidden parmtype=list:"array of int" parmtype=text:charp \
		parmtype=none:charp parmtype=quoted:charp parmtype=late:int
	put sys/module/kvm_intel/parameters/nested N
	put sys/module/kvm_intel/parameters/ple_gap 64
	put sys/module/kvm_intel/parameters/vmentry "not required"
	put sys/module/kvm_intel/parameters/list 1,2
	put sys/module/kvm_intel/parameters/text "two words"
	put sys/module/kvm_intel/parameters/none "(null)"
	put sys/module/kvm_intel/parameters/quoted 'a "word"'
	chmod 444 "$tree"/sys/module/kvm_intel/parameters/*
	# A writable parameter is written after the module has been loaded.
	put sys/module/kvm_intel/parameters/late 7
	expect 0 changed --json switch ours --dry-run
	# They follow those of modprobe.d because the kernel takes the last
	# value. The order of the files in the folder is arbitrary.
	python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
words = {s["module"]: s["options"] for s in d["restore"]}["kvm_intel"].split(" ", 3)
assert words[:3] == ["nested=0", "ept=1", "vpid=0"], words
given = words[3].replace("text=\"two words\"", "text=2").split()
assert sorted(given) == ["list=1,2", "nested=N", "ple_gap=64", "text=2"], given
assert [s["module"] for s in d["restore"]] == ["kvm", "kvm_intel"], d["restore"]
' "$out/stdout"
	holds 'sorted(n.split(";")[0] for n in d["notes"]) == [
		"kvm_intel.emulate cannot be read", "kvm_intel.quoted cannot be given",
		"kvm_intel.vmentry cannot be given"]'
	plans 0 changed ours "rmmod kvm_intel" "rmmod kvm" "insmod kernel/virt/irqbypass.ko" \
		"insmod updates/dkms/kvm.ko" \
		"insmod updates/dkms/vmxcore.ko enable_virt_at_load=1" \
		"insmod updates/dkms/kvm-intel.ko nested=0 ept=1 vpid=0"
	# This is true for our modules too.
	changed change-back
	module_file updates/dkms vmxcore "$vermagic" "" parmtype=enable_virt_at_load:bool
	put sys/module/vmxcore/parameters/enable_virt_at_load N
	chmod 444 "$tree"/sys/module/vmxcore/parameters/*
	expect 0 changed --json switch stock --dry-run
	restores vmxcore "enable_virt_at_load=1 enable_virt_at_load=N"
	restores kvm_intel "nested=0 ept=1 vpid=0"
	restores kvm ""
}

switch_refused() {
	changed change-over
	modules "kvm_intel 401408 4 -" "kvm 1310720 1 kvm_intel,"
	process 4711 qemu-system-x86 anon_inode:kvm-vm anon_inode:kvm-vm /dev/kvm
	process 900 libvirtd /dev/kvm
	process 77 VBoxHeadless /dev/vboxdrv
	refuses changed ours vms "process 4711 (qemu-system-x86) runs 2 VMs" "kill 4711"
	holds '[f["text"] for f in d["findings"]][0] == "process 900 (libvirtd) has /dev/kvm open"'
	holds 'len(d["findings"]) == 2'
	expect 1 changed switch ours --dry-run
	says "nothing is changed, kvm_intel is the distribution's"
	modules "kvm_intel 401408 4 -" "kvm 1310720 2 kvm_intel,kvmgt," "kvmgt 16384 0 -"
	rm -r "$tree/proc/4711" "$tree/proc/900"
	expect 1 changed --json switch ours --dry-run
	holds '{f["id"]: f["text"] for f in d["findings"]} == {
		"in-use": "module kvm_intel is in use (4 times), but its users cannot be found",
		"module": "module kvmgt uses kvm"}'

	changed change-back
	modules "kvm_intel 401408 0 -" "kvm 1310720 1 kvm_intel," "irqbypass 12288 1 kvm," \
		"vmxcore 65536 2 kvm_intel,minivisor," "minivisor 16384 0 -"
	vmxcore_client mini minivisor 0 0-1:1 940.000001 0
	refuses changed stock module "module minivisor (client mini, holds VMX) uses vmxcore" \
		"modprobe -r minivisor"
	# The list of clients does not fit: the last name fills the line.
	local name zeros=00000000000000000000000000000000000000000000000
	for name in {a..c}$zeros d${zeros:0:31}; do
		vmxcore_client "$name" minivisor 1 "" 940.000001 0
	done
	refuses changed stock module "000, holds VMX, ...) uses vmxcore" "modprobe -r minivisor"
	rm -r "$tree"/sys/kernel/vmxcore/clients/?0*
	# With the borrowed backend the client pins kvm_intel through vmxcore.
	modules "kvm_intel 401408 1 -" "kvm 1310720 1 kvm_intel," "irqbypass 12288 1 kvm," \
		"vmxcore 65536 1 kvm_intel,"
	refuses changed stock client "client mini (module minivisor) of vmxcore holds VMX"
	modules "kvm_intel 401408 0 -" "kvm 1310720 1 kvm_intel," "irqbypass 12288 1 kvm," \
		"vmxcore 65536 3 kvm_intel,"
	refuses changed stock in-use "module vmxcore is in use (2 times)"

	changed change-over
	put sys/module/kvm_intel/taint OE
	refuses changed ours other-kvm "neither vmxcore's nor the distribution's" "rmmod kvm_intel"

	refuses stock ours not-installed \
		"there is no module of vmxcore's for this kernel ($release)" \
		"dkms autoinstall -k $release"
	changed change-over
	rm "$tree/lib/modules/$release/updates/dkms/kvm-intel.ko"
	index_modules
	refuses changed ours stock-resolved "modprobe kvm_intel would load" "dkms install --force"
	rm "$tree/lib/modules/$release/kernel/kvm/kvm-intel.ko"
	index_modules
	refuses changed ours not-installed \
		"there is no kvm_intel of vmxcore's for this kernel ($release)" \
		"dkms install --force"
	changed change-over
	rm "$tree/lib/modules/$release/updates/dkms/vmxcore.ko"
	refuses changed ours not-installed \
		"kvm-intel.ko needs vmxcore, which modprobe does not find" "dkms install --force"
	changed change-back
	rm "$tree/lib/modules/$release/kernel/kvm/kvm.ko"
	refuses changed stock not-installed "there is no kvm of the distribution's" \
		"apt install --reinstall linux-image-$release"
	index_modules
	refuses changed stock not-installed "there is no kvm of the distribution's"

	changed change-over
	module_file updates/dkms vmxcore "6.1.0-1-amd64 SMP mod_unload" ""
	refuses changed ours wrong-kernel "/vmxcore.ko was built for \"6.1.0-1-amd64" \
		"dkms install --force"
	changed change-back
	module_file kernel/kvm kvm_intel "6.1.0-1-amd64 SMP mod_unload" kvm
	refuses changed stock wrong-kernel "/kvm-intel.ko was built for" "apt install --reinstall"
	put sys/kernel/security/lockdown "none [integrity] confidentiality"
	module_file kernel/kvm kvm_intel "$vermagic" kvm
	refuses changed stock unsigned "kvm-intel.ko is not signed" "apt install --reinstall"

	expect 2 change-over switch ours
	warns "where switch works only with --dry-run"
	for arguments in "switch" "switch our" "switch ours|stock" "switch ours stock" "switch |" \
		"status --dry-run" "status ours"; do
		# shellcheck disable=SC2086 # several
		expect 2 change-over $arguments
		warns usage:
	done
	# On the real machine: an unprivileged user cannot change anything.
	as_user
	"$vmxctl" --json switch ours >"$out/stdout" 2>"$out/stderr" && return 1
	cat "$out/stdout"
	holds 'd["result"] == "refused" and "not-root" in [f["id"] for f in d["findings"]]'
}

switch_config() {
	local module
	changed change-over
	put etc/modprobe.d/no.conf "blacklist vmxcore"
	refuses changed ours blacklisted "vmxcore is blacklisted" \
		"sed -i '1s/^/#/' /etc/modprobe.d/no.conf"
	put etc/modprobe.d/no.conf "blacklist kvm-intel"
	refuses changed ours blacklisted "kvm_intel is blacklisted"
	# An install command is run for our modules.
	put etc/modprobe.d/no.conf "install vmxcore /bin/true"
	plans 0 changed ours "rmmod kvm_intel" "rmmod kvm" "insmod kernel/virt/irqbypass.ko" \
		"insmod updates/dkms/kvm.ko" \
		"modprobe vmxcore" "insmod updates/dkms/kvm-intel.ko nested=0 ept=1 vpid=0"
	# Soft dependencies are loaded too, except vmxcore with the
	# distribution's.
	module_file updates before "$vermagic" ""
	module_file updates after "$vermagic" ""
	index_modules
	put etc/modprobe.d/no.conf "softdep kvm_intel pre: before vmxcore post: after"
	plans 0 changed ours "rmmod kvm_intel" "rmmod kvm" "insmod kernel/virt/irqbypass.ko" \
		"insmod updates/dkms/kvm.ko" \
		"insmod updates/dkms/vmxcore.ko enable_virt_at_load=1" "insmod updates/before.ko" \
		"insmod updates/dkms/kvm-intel.ko nested=0 ept=1 vpid=0" "insmod updates/after.ko"

	changed change-back
	put etc/modprobe.d/no.conf "blacklist kvm_intel"
	refuses changed stock blacklisted "kvm_intel is blacklisted"
	put etc/modprobe.d/no.conf "install kvm_intel /bin/false"
	refuses changed stock replaced "instead of loading kvm_intel modprobe runs: /bin/false"
	module_file updates before "$vermagic" ""
	index_modules
	put etc/modprobe.d/no.conf "softdep kvm_intel pre: before vmxcore"
	plans 0 changed stock "rmmod kvm_intel" "rmmod kvm" "rmmod vmxcore_tdx" "rmmod vmxcore" \
		"insmod updates/before.ko" \
		"insmod kernel/kvm/kvm.ko" "insmod kernel/kvm/kvm-intel.ko nested=0 ept=1 vpid=0"
	modules "ext4 1114112 1 -"
	plans 0 changed stock "insmod updates/before.ko" "insmod kernel/virt/irqbypass.ko" \
		"insmod kernel/kvm/kvm.ko" \
		"insmod kernel/kvm/kvm-intel.ko nested=0 ept=1 vpid=0"

	# With circular dependencies or a damaged file the steps cannot be
	# determined.
	put etc/modprobe.d/no.conf ""
	module_file kernel/kvm kvm "$vermagic" kvm_intel
	modules "kvm_intel 401408 0 -" "kvm 1310720 1 kvm_intel," "vmxcore 65536 1 kvm_intel,"
	for module in kvm_intel kvm vmxcore; do
		put "sys/module/$module/taint" OE
	done
	expect 3 changed --json switch stock --dry-run
	holds 'd["result"] == "unknown" and d["loaded"] == "ours"'
	echo nonsense >"$tree/lib/modules/$release/kernel/kvm/kvm.ko"
	expect 3 changed switch stock --dry-run
	says "cannot be determined"
	changed change-over
	rm "$tree/sys/module/kvm/taint"
	expect 3 changed switch ours --dry-run
	warns sys/module/kvm/taint
}
