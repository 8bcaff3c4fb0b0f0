/* SPDX-License-Identifier: GPL-2.0-only */
/* Drawing on a terminal. */
#ifndef VMXCTL_SCREEN_H
#define VMXCTL_SCREEN_H

void screen_enter(void);
void screen_leave(void);
void screen_draw(const char *text);

#endif /* VMXCTL_SCREEN_H */
