// SPDX-License-Identifier: MIT
#include "kernel/irq.h"

#include "kernel/errno.h"
#include "kernel/printk.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/spinlock.h"

struct irq_desc {
	irq_handler_t *handler;
	void *data;
	const char *name;
	u64 count[NR_CPUS];
};

static struct irq_desc irq_table[NR_IRQS];
static DEFINE_SPINLOCK(irq_lock, RANK_IRQ);

const struct irq_chip *irq_chip;

int request_irq(int irq, irq_handler_t *handler, const char *name, void *data)
{
	unsigned long flags;
	int err = 0;

	if (irq <= 0 || irq >= NR_IRQS || !irq_chip)
		return -EINVAL;
	spin_lock_irqsave(&irq_lock, flags);
	if (irq_table[irq].handler) {
		err = -EBUSY;
	} else {
		irq_table[irq] = (struct irq_desc){.handler = handler, .data = data, .name = name};
		irq_chip->enable(irq);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return err;
}

void handle_external_irq(void)
{
	int irq;

	while ((irq = irq_chip->claim()) != 0) {
		if (irq < NR_IRQS && irq_table[irq].handler) {
			irq_table[irq].count[smp_processor_id()]++;
			irq_table[irq].handler(irq, irq_table[irq].data);
		} else {
			printk_ratelimited(KERN_ERR, "irq %d: nobody asked for it\n", irq);
		}
		irq_chip->complete(irq);
	}
}

u64 irq_count(int irq, int hart)
{
	return irq_table[irq].count[hart];
}

const char *irq_name(int irq)
{
	return irq_table[irq].name;
}
