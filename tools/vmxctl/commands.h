/* SPDX-License-Identifier: GPL-2.0-only */
/* The subcommands; main.c has them in a table. */
#ifndef VMXCTL_COMMANDS_H
#define VMXCTL_COMMANDS_H

#include "options.h"

enum result command_status(void);
enum result command_caps(void);
enum result command_clients(void);
enum result command_doctor(void);
enum result command_metrics(void);
enum result command_trace(void);
enum result command_watch(void);
enum result command_switch(void);

#endif /* VMXCTL_COMMANDS_H */
