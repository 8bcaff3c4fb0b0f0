/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals of commands that run until they are stopped and then have to clean
 * up.
 */
#ifndef VMXCTL_SIGNALS_H
#define VMXCTL_SIGNALS_H

#include <poll.h>
#include <stdbool.h>

void signals_catch(bool screen);
bool signals_stop(void);
bool signals_suspend(void);
bool signals_resized(void);
int signals_wait(struct pollfd *fds, nfds_t n, unsigned int ms);
void signals_release(void);

#endif /* VMXCTL_SIGNALS_H */
