// SPDX-License-Identifier: MIT
/*
 * Debug build: a hart on which one task stays in the kernel while others wait for the hart (a soft
 * lockup), and one that does not even take its tick (a hard lockup), are named on the console.  A
 * plug-in's function that does not come back is a panic.
 */
#ifndef KERNEL_WATCHDOG_H
#define KERNEL_WATCHDOG_H

#include "lib/types.h"

#ifdef CONFIG_DEBUG
/* From the tick, interrupts off.  @ignored: it was asked to reschedule before, and has not yet. */
void watchdog_tick(bool ignored);
/* Every few seconds, from a task: has each busy hart ticked or switched since the last time? */
void watchdog_look_at_harts(void);
/*
 * Until watchdog_leave(), @function of the plug-in @whose runs on this hart, with a spinlock held.
 * A panic meanwhile says so.
 */
void watchdog_enter(const char *whose, const char *function);
void watchdog_leave(void);
/* For panic(): what runs on this hart, if a plug-in's function does. */
void watchdog_print_plugin(void);
#else
static inline void watchdog_tick(bool ignored)
{
}
static inline void watchdog_look_at_harts(void)
{
}
static inline void watchdog_enter(const char *whose, const char *function)
{
}
static inline void watchdog_leave(void)
{
}
static inline void watchdog_print_plugin(void)
{
}
#endif

#endif
