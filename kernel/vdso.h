// SPDX-License-Identifier: MIT
/*
 * The vDSO: a small shared object that every process has mapped (AT_SYSINFO_EHDR), with a page of
 * data below it that the kernel keeps, so that reading a clock needs no system call (vdso(7)).
 */
#ifndef KERNEL_VDSO_H
#define KERNEL_VDSO_H

#ifndef __ASSEMBLER__
#include "lib/types.h"

/*
 * The page of data: monotonic ns = cycles * mult >> shift; real time = that + real_offset.  Only
 * the offset changes after boot, and a hart loads it in one piece, so readers need no lock.
 */
struct vdso_data {
	u64 real_offset;
	u32 mult, shift;
};

/* Maps both into current->mm, which exec is building.  0 or -ENOMEM. */
int arch_setup_additional_pages(void);
/* The clock was set: new parameters for the readers. */
void update_vdso_data(void);
/* Address of rt_sigreturn in current's vDSO. */
unsigned long vdso_rt_sigreturn(void);
#endif

#endif
