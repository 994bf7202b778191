// SPDX-License-Identifier: MIT
/*
 * Kernel parameters: `name=value` words of the boot command line.  A file declares its own:
 *
 *     static int page_cluster = 3;
 *     KERNEL_PARAM("page_cluster", param_int, &page_cluster);
 *
 * An unknown or malformed one gets one line on the console. Words behind `--` are not the kernel's.
 */
#ifndef KERNEL_PARAM_H
#define KERNEL_PARAM_H

#include "lib/types.h"

struct kernel_param {
	const char *name;
	/* value may be NULL (no '='); 0 or -errno */
	int (*set)(const char *value, void *data);
	void *data;
};

int param_int(const char *value, void *data);		/* int *: decimal, 0x.., 0.. */
int param_bytes(const char *value, void *data);		/* unsigned long *: with K, M, G */
int param_bool(const char *value, void *data);		/* bool *: y n 0 1 on off, none = y */
int param_string(const char *value, void *data);	/* char **: points into the command line */

#define __PARAM_CAT(a, b) a##b
#define __PARAM_NAME(l) __PARAM_CAT(__param_, l)
#define KERNEL_PARAM(n, s, d)							\
	static const struct kernel_param __PARAM_NAME(__LINE__)			\
	__used __section(".params") __aligned(8) = { n, s, d }

#define COMMAND_LINE_SIZE 8192
/* as /proc/cmdline shows it, without newline */
extern char boot_command_line[COMMAND_LINE_SIZE];
void parse_params(void);

#endif
