/* SPDX-License-Identifier: MIT */
/*
 * The linked vDSO as the kernel carries it: whole pages, which are mapped into every process
 * (kernel/vdso.c).
 */
#include "arch/riscv/page.h"

	.section .rodata
	.balign	PAGE_SIZE
	.globl	vdso_image_start, vdso_image_end
vdso_image_start:
	.incbin	"vdso.so"
	.balign	PAGE_SIZE
vdso_image_end:
