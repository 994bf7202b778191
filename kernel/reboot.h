// SPDX-License-Identifier: MIT
/* reboot(2): the file systems are brought to rest first, then the machine ends. */
#ifndef KERNEL_REBOOT_H
#define KERNEL_REBOOT_H

/* QEMU's exit status after a power-off, 0 to 255; /proc/sys/kernel/poweroff_status. */
extern int poweroff_status;

#endif
