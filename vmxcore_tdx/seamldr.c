// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the version of the P-SEAMLDR, which the firmware loads and which loads
 * the TDX module. "Intel TDX Loader Interface Specification" (343755),
 * SEAMLDR.INFO.
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

/*
 * A failure here is not an error, because a TDX module that was loaded without
 * the P-SEAMLDR works.
 */
void tdx_seamldr_read(void)
{
	/*
	 * The structure has 256 bytes and is aligned to 256. A whole page
	 * leaves room for additions in later versions.
	 */
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
			pr_warn("the P-SEAMLDR has not loaded a TDX module; check the firmware setup\n");
	} else {
		tdx_status_format(text, sizeof(text), status);
		pr_info("the P-SEAMLDR does not report its version: %s\n", text);
	}
	free_page((unsigned long)info);
}

bool tdx_seamldr_version(u16 *major, u16 *minor, u16 *update)
{
	*major = version.major;
	*minor = version.minor;
	*update = version.update;
	return version.known;
}
