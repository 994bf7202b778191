// SPDX-License-Identifier: MIT
#ifndef KERNEL_MAIN_H
#define KERNEL_MAIN_H

#include "lib/types.h"

/* From head.S. */
void __noreturn start_kernel(unsigned long hartid, unsigned long dtb_pa);
/*
 * What an operator did wrong (no disk, no init, too little memory): one line, then power off with
 * status 125.
 */
void __noreturn boot_failed(const char *message);

#endif
