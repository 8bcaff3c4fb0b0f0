// SPDX-License-Identifier: GPL-2.0-only
/*
 * State that the other files of vmxcore_tdx share. This file calls none of
 * them, so that they can depend on it without depending on each other.
 */
#include "tdx.h"

struct vmxcore_client *tdx_client;
struct tdx_platform tdx_platform;
struct tdx_info tdx_info;

static enum tdx_state current_state = TDX_ABSENT;
static bool sleeping;

enum tdx_state tdx_state(void)
{
	return READ_ONCE(current_state);
}

/*
 * Loading, unloading, sleep and reboot call this and exclude each other. CPU
 * hotplug and NMIs read the state at any time.
 */
void tdx_set_state(enum tdx_state state)
{
	WRITE_ONCE(current_state, state);
}

bool tdx_owns_memory(void)
{
	enum tdx_state state = tdx_state();

	return state == TDX_CONFIGURED || state == TDX_READY;
}

bool tdx_sleeping(void)
{
	return READ_ONCE(sleeping);
}

/*
 * @value is true from before the first CPU goes offline until after the last
 * one is back. The kernel's cpuhp_tasks_frozen is no substitute, because it
 * keeps its last value until the next CPU goes online or offline.
 */
void tdx_set_sleeping(bool value)
{
	WRITE_ONCE(sleeping, value);
}
