// SPDX-License-Identifier: MIT
/*
 * Device interrupts: numbers are the interrupt controller's (the PLIC's sources, as the device tree
 * names them).
 */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H

#include "lib/types.h"

#define NR_IRQS	128

typedef void irq_handler_t(int irq, void *data);

/*
 * The handler runs with interrupts off. Enables the source on the boot hart. 0, -EINVAL, -EBUSY.
 */
int request_irq(int irq, irq_handler_t *handler, const char *name, void *data);
/* Called by the trap entry for an external interrupt. */
void handle_external_irq(void);
/* For /proc/interrupts. */
u64 irq_count(int irq, int hart);
const char *irq_name(int irq);		/* NULL: none */

/* The interrupt controller (drivers/plic.c). */
struct irq_chip {
	int (*claim)(void);		/* 0: none pending */
	void (*complete)(int irq);
	void (*enable)(int irq);
	void (*init_hart)(void);	/* on each hart as it comes up */
};
extern const struct irq_chip *irq_chip;

#endif
