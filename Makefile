# SPDX-License-Identifier: GPL-2.0-only
#
# make                  build the modules for the running kernel
# make KDIR=...         build them for the kernel whose headers are there
# make install          install them beside the stock ones, which stay (KDIR=)
# make dkms-install     have DKMS build and install them, for each kernel that is installed and those to come
# make dkms-remove      undo that
# make vmxctl           build the command for admins, tools/vmxctl
# make man              the manual pages of the API, out of the kernel-doc, in build/man
# make docs             the picture of docs/lifecycle.md, after a change of its source
# make demo             see it work, in an emulated machine (KERNEL=6.1, 6.12, 6.12-trixie, 7.2)
# make check            all tests: KUnit suites, static checks, and in emulated machines (CASE=..., KERNEL=...: these machines alone)
# make check-quick      the first that a change needs, in minutes: builds, KUnit suites, machines of the core on 6.12
# make kunit            the KUnit suites alone (SUITE=...)
# make check-machine    its machines alone (MACHINE=qemu, bochs, nested: README, "The machine")
# make check-vmxctl     the tests of vmxctl alone
# make check-docs       the manual against the code alone
# make check-install    packages and DKMS, in roots of three releases of Debian
# make check-long       the machine's ways up and down again, in full counts: hours
# make check-debug      cases on kernels that check themselves: memory, locks, data races (CASE=...)
# make coverage         which lines the tests reach (CASE=...)
# make check-bugs       bugs that are put in on purpose, one at a time: the tests see each (BUG=...)
# make fuzz             random calls of the API, for hours (KERNEL=..., FUZZ="fuzz.rounds=9 fuzz.seed=1 ...": tests/machine/cases/fuzz.sh)
# make check-selftests  KVM's own selftests, on the distribution's KVM and on ours (KERNEL=...)
# make bench            what owning VMX costs, beside stock KVM (BENCH="--kernel 7.2 --cpus 4")
# make clean

KDIR ?= /lib/modules/$(shell uname -r)/build

# DKMS deletes the folder it builds in, and nothing else.
ifdef DKMS
export XDG_CACHE_HOME = $(CURDIR)/.cache
endif

kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR) TESTS=$(TESTS)

# Without a System.map, which no headers package has, modules_install runs no depmod. Before trixie, kernel.release there is
# not what the kernel is called.
release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)

modules: kvm-source
	+$(kbuild) modules

# FETCH=y: download the source where it is not installed, instead of saying how.
kvm-source:
	scripts/kvm-tree $(if $(FETCH),--fetch) $(KDIR)

install:
	+$(kbuild) INSTALL_MOD_DIR=updates modules_install
	depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $(release)
	$(if $(INSTALL_MOD_PATH),,scripts/dkms/initrd $(release))

# What DKMS needs, without what was built here, into DIR.
dkms-source:
	find Kbuild Makefile LICENSE dkms.conf include vmxcore vmxcore_tdx kvm scripts/dkms scripts/kernel-source scripts/kvm-tree scripts/lib \
		-path kvm/linux -prune -o -path kvm/linux.new -prune -o -name '*.mod.c' -o -type f \
		\( -name '*.[chS]' -o -name '*.sh' -o -name '*.conf' -o -name '*.patch' -o -name 'Kbuild*' -o ! -name '*.*' \) -print0 | \
		xargs -0 cp --parents --target-directory=$(DIR)

dkms-install:
	scripts/dkms/install

dkms-remove:
	scripts/dkms/remove

vmxctl:
	$(MAKE) -C tools/vmxctl

man:
	scripts/man build/man

docs:
	dot -Tsvg -o docs/lifecycle.svg docs/lifecycle.dot

clean:
	+$(kbuild) clean
	rm -rf kvm/linux

setup:
	scripts/setup

demo: setup
	tests/machine/demo $(KERNEL)

check: setup
	$(if $(CASE)$(KERNEL),tests/machine/run $(if $(KERNEL),$(if $(CASE),--kernel,--only) $(KERNEL)) $(call case_files),tests/check)

check-quick: setup
	tests/check --quick

check-machine: setup
	tests/machine/run

check-vmxctl: setup
	tests/vmxctl/run

check-docs: setup
	tests/docs/run

kunit: setup
	tests/kunit/run $(SUITE)

check-install: setup
	tests/install/run

check-long:
	scripts/setup --long
	tests/machine/run --long

# What kernels that check themselves are for: each of our paths, and not each way there is into it.
kcsan_cases := references hotplug failures misuse vmcs vpid exclusive observe suspend leaks kvm minivisor races fuzz
debug_cases := $(kcsan_cases) stock fault-injection tdx-sim tdx tdx-odd tdx-errors tdx-cpus
# Without those that reach what chance or many rounds bring.
coverage_cases := $(filter-out leaks races fuzz fault-injection,$(debug_cases))
case_files = $(patsubst %,tests/machine/cases/%.sh,$(or $(CASE),$(1)))

check-debug: setup
	tests/machine/run --kernel 6.12-debug $(call case_files,$(debug_cases))
	tests/machine/run --kernel 6.12-kcsan $(call case_files,$(kcsan_cases))

coverage: setup
	tests/coverage/run $(call case_files,$(coverage_cases))

check-bugs: setup
	tests/bugs/run $(BUG)

fuzz: setup
	tests/machine/run --long $(if $(KERNEL),--kernel $(KERNEL)) $(if $(FUZZ),--append "$(FUZZ)") tests/machine/cases/fuzz.sh

check-selftests:
	scripts/setup --selftests
	tests/selftests/run $(KERNEL)

bench:
	scripts/setup --bench
	tests/bench/run $(BENCH)

.PHONY: check-quick modules kvm-source install dkms-source dkms-install dkms-remove vmxctl man docs clean setup demo check check-machine check-vmxctl check-docs kunit check-install check-long check-debug coverage check-bugs check-selftests fuzz bench
