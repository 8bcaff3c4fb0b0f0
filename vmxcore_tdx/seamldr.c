// SPDX-License-Identifier: GPL-2.0-only
/*
 * The P-SEAMLDR, which the firmware has loaded and which loads the TDX module: what it tells of
 * itself. "Intel TDX Loader Interface Specification" (343755), SEAMLDR.INFO.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/io.h>

#include "tdx.h"

static struct {
	bool known;
	u16 major;
	u16 minor;
	u16 update;
} version;

/**
 * tdx_seamldr_read - ask the P-SEAMLDR for its version
 *
 * That it does not answer is no reason not to go on: a TDX module that was loaded without it
 * works.
 *
 * Context: task, post-VMXON or not.
 */
void tdx_seamldr_read(void)
{
	/* A page: 256 bytes, aligned to as many, and room for what later versions may add. */
	struct seamldr_info *info = (void *)get_zeroed_page(GFP_KERNEL);
	struct vmxcore_tdx_args args = {};
	char text[80];
	u64 status;

	if (!info)
		return;
	args.rcx = virt_to_phys(info);
	status = tdx_call(SEAMLDR_INFO, &args);
	if (!status) {
		version.major = le16_to_cpu(info->major_version);
		version.minor = le16_to_cpu(info->minor_version);
		version.update = le16_to_cpu(info->update_version);
		version.known = true;
		if (!info->seam_ready)
			pr_warn("the P-SEAMLDR has not loaded a TDX module: see the firmware's setup, or have it loaded\n");
	} else {
		tdx_status_format(text, sizeof(text), status);
		pr_info("the P-SEAMLDR does not tell its version: %s\n", text);
	}
	free_page((unsigned long)info);
}

/**
 * tdx_seamldr_version - the version that tdx_seamldr_read() found
 * @major: where to write its first part
 * @minor: the second
 * @update: the third
 *
 * Context: any.
 * Return: false if there is none.
 */
bool tdx_seamldr_version(u16 *major, u16 *minor, u16 *update)
{
	*major = version.major;
	*minor = version.minor;
	*update = version.update;
	return version.known;
}
