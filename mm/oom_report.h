// SPDX-License-Identifier: MIT
/* What the log says when memory is exhausted: who asked, where memory is, who has it. */
#ifndef MM_OOM_REPORT_H
#define MM_OOM_REPORT_H

#include "kernel/sched.h"
#include "mm/gfp.h"

/* current asked for 2^@order frames; @victim goes, NULL: nobody can.  Does not sleep. */
void oom_report(gfp_t gfp, unsigned int order, const struct task_struct *victim);

#endif
