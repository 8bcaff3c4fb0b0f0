# SPDX-License-Identifier: GPL-2.0-only
#
# make                  build the modules for the running kernel
# make KDIR=...         build them for the kernel whose headers are there
# make install          install them beside the stock ones, which stay (KDIR=)
# make demo             see it work, in an emulated machine
# make check            all tests, in emulated machines
# make check-long       the machine's ways up and down again, in full counts: hours
# make clean

KDIR ?= /lib/modules/$(shell uname -r)/build

kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR) TESTS=$(TESTS)

# Without a System.map, which no headers package has, modules_install runs no depmod.
release = $(shell cat $(KDIR)/include/config/kernel.release)

modules: kvm-source
	+$(kbuild) modules

# FETCH=y: download the source where it is not installed, instead of saying how.
kvm-source:
	scripts/kvm-tree $(if $(FETCH),--fetch) $(KDIR)

install:
	+$(kbuild) INSTALL_MOD_DIR=updates modules_install
	depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $(release)

clean:
	+$(kbuild) clean
	rm -rf kvm/linux

setup:
	scripts/setup

demo: setup
	tests/machine/demo

check: setup
	tests/check

check-long: setup
	tests/machine/run --long

.PHONY: modules kvm-source install clean setup demo check check-long
