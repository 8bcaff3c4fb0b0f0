// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one file that the tracepoints are defined in.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
