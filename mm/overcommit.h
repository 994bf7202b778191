// SPDX-License-Identifier: MIT
/*
 * How much memory may be promised.  A private writable mapping promises a page of memory for each
 * of its pages, shared memory without a file too; nothing is set aside for it.
 */
#ifndef MM_OVERCOMMIT_H
#define MM_OVERCOMMIT_H

#include "lib/atomic.h"

/* sysctl_overcommit_memory */
#define OVERCOMMIT_GUESS	0	/* refuse only what could never be kept */
#define OVERCOMMIT_ALWAYS	1
#define OVERCOMMIT_NEVER	2	/* all promises together within vm_commit_limit() */

extern int sysctl_overcommit_memory;
extern int sysctl_overcommit_ratio;		/* % of RAM; 0: overcommit_kbytes counts */
extern unsigned long sysctl_overcommit_kbytes;	/* KiB; 0: overcommit_ratio counts */
extern unsigned long sysctl_user_reserve_kbytes; /* what one process leaves to the others */
extern unsigned long sysctl_admin_reserve_kbytes; /* what all leave to root */
extern atomic_long_t vm_committed_as;		/* pages promised: Committed_AS */

/* Pages that mode 2 promises at most: CommitLimit. */
unsigned long vm_commit_limit(void);
/* Promises @pages in current's name: 0 or -ENOMEM, and nothing is promised. */
int vm_enough_memory(unsigned long pages);
/* Without asking: what was promised elsewhere comes here, where it counts for a moment twice. */
void vm_acct_memory(unsigned long pages);
/* Takes promises back. */
void vm_unacct_memory(unsigned long pages);

#endif
