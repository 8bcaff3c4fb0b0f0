// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver of VirtualBox 7.0, of which no package can be had, as far as vmxcore_vbox sees it:
 * its name, its version, and the function that VirtualBox's code for ring 0 asks for VMX. That
 * code is not here; writing to the parameter "enable" calls the function, and "result" is what
 * it returned last.
 */
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#define VERR_NOT_SUPPORTED	(-37)

static int result;
module_param(result, int, 0444);

/* As in the source of 7.0 for Linux. */
static noinline int SUPR0EnableVTx(bool enable)
{
	return VERR_NOT_SUPPORTED;
}

static int set_enable(const char *value, const struct kernel_param *param)
{
	int (*ask)(bool enable) = SUPR0EnableVTx;
	bool enable;
	int err = kstrtobool(value, &enable);

	if (err)
		return err;
	/* The compiler must not know what the function returns. */
	OPTIMIZER_HIDE_VAR(ask);
	result = ask(enable);
	return 0;
}

static const struct kernel_param_ops enable_ops = {
	.set = set_enable,
};

module_param_cb(enable, &enable_ops, NULL, 0200);

MODULE_DESCRIPTION("Plays the driver of VirtualBox 7.0");
MODULE_AUTHOR("The vmxcore developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("7.0.26 r168464 (0x00330004)");
