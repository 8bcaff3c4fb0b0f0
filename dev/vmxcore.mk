# SPDX-License-Identifier: GPL-2.0-only
#
# For the Kbuild of a module that uses vmxcore:
#	include /usr/share/vmxcore/vmxcore.mk

ccflags-y += $(shell vmxcore-config --cflags)
KBUILD_EXTRA_SYMBOLS += $(shell vmxcore-config --symvers $(KERNELRELEASE))
