// SPDX-License-Identifier: MIT
/* What a task does between its business in the kernel and user mode. */
#ifndef KERNEL_ENTRY_WORK_H
#define KERNEL_ENTRY_WORK_H

struct pt_regs;

/*
 * From entry.S when thread_flags, seen as @flags, are not all clear: reschedules, delivers signals.
 * Interrupts are off on entry and on return; the caller looks at the flags again, and loads every
 * register from the frame.
 */
void exit_to_user_mode_work(struct pt_regs *regs, unsigned long flags);

#endif
