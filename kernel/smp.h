// SPDX-License-Identifier: MIT
/*
 * Harts. Inside the kernel they are numbered 0 .. nr_harts - 1 ("cpu"), the boot hart being 0; the
 * SBI and the PLIC want the hardware's own hart ids.
 */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include "lib/types.h"

#define NR_CPUS	8

extern int nr_harts;			/* that run */
extern unsigned long cpu_hartid[NR_CPUS];

/* Asks another hart to look whether it should reschedule.  Any context. */
void smp_send_reschedule(int cpu);
/*
 * Runs @func on every other hart, in interrupt context there; returns when all have. Interrupts on,
 * may not hold a spinlock.
 */
void smp_call_others(void (*func)(void *), void *arg);
/*
 * The same, but only on harts of which @concerns says so: others are not disturbed, nor waited for.
 * It is asked here, while they run on.
 */
void smp_call_others_if(bool (*concerns)(int cpu), void (*func)(void *), void *arg);
/* Stops all other harts for good (panic, power-off). */
void smp_stop_others(void);
void smp_init(void);
void handle_ipi(void);

#endif
