# SPDX-License-Identifier: GPL-2.0-only
# "make help" prints the comments after "##", here and in tests/Makefile.

KDIR ?= /lib/modules/$(shell uname -r)/build

# DKMS deletes the folder it builds in, and nothing else.
ifdef DKMS
export XDG_CACHE_HOME = $(CURDIR)/.cache
endif

kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR) TESTS=$(TESTS) KVM=$(KVM)

# modules_install runs depmod only where there is a System.map, and no headers
# package has one. In headers before trixie kernel.release is not the name of
# the kernel.
release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)

# Another program's variable of that name is not meant.
ifeq ($(origin KVM),environment)
KVM :=
endif

modules: $(if $(filter n,$(KVM)),,kvm-source)
modules: ## build the modules (KDIR=headers, KVM=n: without KVM)
	+$(kbuild) modules

help: ## print this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

install: ## install them beside the stock modules, which stay (KDIR=)
	+$(kbuild) INSTALL_MOD_DIR=updates modules_install
	install -D -m 644 -t $(INSTALL_MOD_PATH)/usr/local/lib/modprobe.d virtualbox/*.conf
	depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $(release)
	$(if $(INSTALL_MOD_PATH),,scripts/dkms/initrd $(release))

dkms-install: ## let DKMS build and install them for each kernel, now and later
	scripts/dkms/install

dkms-remove: ## undo dkms-install
	scripts/dkms/remove

vmxctl: ## build the command for admins, tools/vmxctl
	$(MAKE) -C tools/vmxctl

man: ## make the manual pages of the API, in build/man
	scripts/man build/man

docs: ## draw docs/lifecycle.svg again, after a change of its source
	dot -Tsvg -o docs/lifecycle.svg docs/lifecycle.dot

demo: setup ## see it work in an emulated machine (KERNEL=6.1, ..., 7.2; VIRTUALBOX=y: beside KVM)
	tests/machine/demo $(if $(VIRTUALBOX),--virtualbox) $(KERNEL)

check: setup ## run all tests that a change has to pass (CASE=..., KERNEL=...: these machines)
	$(if $(CASE)$(KERNEL),tests/machine/run $(only_kernel) $(case_files),tests/check)

check-quick: setup ## run the first tests that a change needs, in minutes
	tests/check --quick

clean: ## delete what "make" built
	+$(kbuild) clean
	rm -rf kvm/linux

# FETCH=y downloads the kernel's source where it is not installed, instead of
# saying how.
kvm-source:
	scripts/kvm-tree $(if $(FETCH),--fetch) $(KDIR)

# Copies what DKMS needs into DIR, without what was built here.
dkms_source = Kbuild Makefile LICENSE dkms.conf include vmxcore vmxcore_tdx virtualbox kvm \
	scripts/dkms scripts/kernel-source scripts/kvm-tree scripts/lib
dkms-source:
	find $(dkms_source) -path kvm/linux -prune -o -path kvm/linux.new -prune -o \
		-name '*.mod.c' -o -type f \( -name '*.[chS]' -o -name '*.sh' -o -name '*.conf' \
		-o -name '*.patch' -o -name 'Kbuild*' -o ! -name '*.*' \) -print0 | \
		xargs -0 cp --parents --target-directory=$(DIR)

setup:
	scripts/setup

.PHONY: modules help install dkms-install dkms-remove vmxctl man docs demo check check-quick clean \
	kvm-source dkms-source setup

# The source that DKMS builds has no tests.
-include tests/Makefile
