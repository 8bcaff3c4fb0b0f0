/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMX capability MSRs and the names of their bits (Intel SDM volume 3,
 * appendix A).
 */
#ifndef VMXCTL_FEATURES_H
#define VMXCTL_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

enum cap {
	CAP_BASIC,
	CAP_MISC,
	CAP_PINBASED,
	CAP_PROCBASED,
	CAP_EXIT,
	CAP_ENTRY,
	CAP_TRUE_PINBASED,
	CAP_TRUE_PROCBASED,
	CAP_TRUE_EXIT,
	CAP_TRUE_ENTRY,
	CAP_PROCBASED2,
	CAP_PROCBASED3,
	CAP_EPT_VPID,
	CAP_VMFUNC,
	CAP_CR0_FIXED0,
	CAP_CR0_FIXED1,
	CAP_CR4_FIXED0,
	CAP_CR4_FIXED1,
	CAP_VMCS_ENUM,
	CAPS,
};

/**
 * struct cap_register - a capability MSR
 * @key: its name in vmxcore's sysfs
 * @name: its name in the SDM
 * @msr: its number
 */
struct cap_register {
	const char *key;
	const char *name;
	uint32_t msr;
};

/**
 * struct feature - one bit of a capability MSR
 * @cap: the MSR
 * @bit: the bit of the MSR; for a control, 32 more than its bit in the VMCS field,
 *	because the upper half of the MSR has the bits that may be 1
 * @name: its short name
 * @sdm: its name in the SDM
 */
struct feature {
	enum cap cap;
	unsigned int bit;
	const char *name;
	const char *sdm;
};

extern const struct cap_register cap_registers[CAPS];
extern const struct feature features[];
extern const unsigned int n_features;

bool feature_supported(const struct feature *feature, const uint64_t caps[CAPS]);
enum cap feature_register(const struct feature *feature, const uint64_t caps[CAPS]);

#endif /* VMXCTL_FEATURES_H */
