/* SPDX-License-Identifier: MIT */
/* The entries that are nothing but a system call. */
#include <asm/unistd.h>

	.macro	vdso_call name, nr
	.text
	.balign	4
	.globl	\name
	.type	\name, @function
\name:
	li	a7, \nr
	ecall
	ret
	.size	\name, . - \name
	.endm

/*
 * Where a signal handler returns to.  libgcc unwinds through a handler when it finds exactly these
 * two instructions at the return address.
 */
	.text
	.balign	4
	.globl	__vdso_rt_sigreturn
	.type	__vdso_rt_sigreturn, @function
__vdso_rt_sigreturn:
	.option	push
	.option	norvc
	li	a7, __NR_rt_sigreturn
	ecall
	.option	pop
	.size	__vdso_rt_sigreturn, . - __vdso_rt_sigreturn

	vdso_call	__vdso_getcpu, __NR_getcpu
	vdso_call	__vdso_flush_icache, __NR_riscv_flush_icache
