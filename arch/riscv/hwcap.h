// SPDX-License-Identifier: MIT
/*
 * What user programs may use of the instruction set: AT_HWCAP, one bit for each extension of one
 * letter ('A' is bit 0).
 */
#ifndef ARCH_RISCV_HWCAP_H
#define ARCH_RISCV_HWCAP_H

/* From the first hart's "riscv,isa" in the device tree, as far as this kernel supports it. */
unsigned long elf_hwcap(void);

#endif
