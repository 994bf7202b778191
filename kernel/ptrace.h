// SPDX-License-Identifier: MIT
/*
 * Who may look into a process (ptrace(2), "Ptrace access mode checking"): the same rule for /proc,
 * process_vm_readv(2) and their like.  There is no ptrace(2) itself.
 *
 * May: the process itself; CAP_SYS_PTRACE; and who is, in user and in group, all that the process
 * is (real, effective and saved), unless that is not dumpable.
 */
#ifndef KERNEL_PTRACE_H
#define KERNEL_PTRACE_H

#include "lib/types.h"

struct mm_struct;
struct task_struct;

/* Which of the caller's ids count: those for files (/proc), or the real ones (a system call). */
enum ptrace_creds { PTRACE_MODE_FSCREDS, PTRACE_MODE_REALCREDS };

bool ptrace_may_access(struct task_struct *task, enum ptrace_creds creds);
/*
 * The mm of @task with a reference for mmput(); NULL: it has none (any more); ERR_PTR(-EACCES).
 * May sleep.
 */
struct mm_struct *mm_access(struct task_struct *task, enum ptrace_creds creds);

#endif
