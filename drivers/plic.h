// SPDX-License-Identifier: MIT
/*
 * The platform-level interrupt controller (RISC-V PLIC specification 1.0; device tree
 * "riscv,plic0").
 */
#ifndef DRIVERS_PLIC_H
#define DRIVERS_PLIC_H

/* Registers itself as the kernel's irq_chip and prepares the boot hart. */
void plic_init(void);

#endif
