// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend of vmxcore in the suites. It is the native one, with the
 * additional operations of the borrowed one: it says whether a module lends
 * VMX, and pins that module.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/module.h>

#include "hw.h"

struct module hw_pinning_module = { .name = "pinning" };
bool hw_no_lender;

static atomic_t pins;
static const struct vmxcore_backend_events *told;

void hw_pins_reset(void)
{
	hw_no_lender = false;
	atomic_set(&pins, 0);
}

/*
 * Returns how often the module that lends VMX is pinned: 0 if no client holds
 * anything.
 */
int hw_pins(void)
{
	return atomic_read(&pins);
}

/* The module that lends VMX is unloaded by force. */
void hw_lender_goes(void)
{
	told->removing();
}

/* A module lends VMX from now on. */
void hw_lender_comes(void)
{
	hw_no_lender = false;
	told->added();
}

static int start(const struct vmxcore_backend_events *events)
{
	told = events;
	return hw_native.start(events);
}

static void stop(void)
{
	hw_native.stop();
}

static int on(void)
{
	return hw_native.on();
}

static int off(void)
{
	return hw_native.off();
}

static void emergency_off(void)
{
	hw_native.emergency_off();
}

static bool available(void)
{
	return !hw_no_lender;
}

static void ibpb(void)
{
	hw_native.ibpb();
}

static bool is_pinning(const struct module *owner)
{
	return owner == &hw_pinning_module;
}

static int pin(void)
{
	if (hw_no_lender)
		return -ENODEV;
	atomic_inc(&pins);
	return 0;
}

static void unpin(void)
{
	hw_rule(atomic_dec_return(&pins) >= 0, "each pin is given up once");
}

static void provider(char *name)
{
}

/* vmxcore uses the backend of this name in this kernel. */
const struct vmxcore_backend vmxcore_backend_native = {
	.name = "native",
	.start = start,
	.stop = stop,
	.on = on,
	.off = off,
	.emergency_off = emergency_off,
	.available = available,
	.ibpb = ibpb,
	.pins = is_pinning,
	.pin = pin,
	.unpin = unpin,
	.provider = provider,
};
