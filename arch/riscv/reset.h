// SPDX-License-Identifier: MIT
/*
 * The ways to leave. QEMU's sifive_test device (device tree: "sifive,test0") ends QEMU with an exit
 * status; without it the firmware's SRST extension powers off, with no status.
 */
#ifndef ARCH_RISCV_RESET_H
#define ARCH_RISCV_RESET_H

#include "lib/types.h"

/* @status 0..255.  Does not return. */
void __noreturn machine_power_off(int status);
void __noreturn machine_restart(void);
/* Boot: finds the device.  Before it SRST is used. */
void reset_init(void);

#endif
