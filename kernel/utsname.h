// SPDX-License-Identifier: MIT
/* uname(2)'s strings, also behind /proc/version and /proc/sys/kernel. */
#ifndef KERNEL_UTSNAME_H
#define KERNEL_UTSNAME_H

#include <linux/utsname.h>

extern struct new_utsname init_utsname;

#endif
