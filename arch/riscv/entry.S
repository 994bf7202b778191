/* SPDX-License-Identifier: MIT */
/*
 * Trap entry and return, and the context switch.
 *
 * sscratch is 0 while the hart runs the kernel and the task pointer while it runs user code, so
 * that one swap tells where the trap came from and gives the kernel its tp. Interrupts are off from
 * the trap on (privileged spec §4.1.1); do_trap() turns them on where the interrupted code had them
 * on.
 *
 * Nesting: a trap inside the kernel builds its frame below the interrupted code's on the same
 * stack. There may be one page fault (uaccess) or breakpoint under system calls, and one interrupt
 * under each; interrupt handlers run with interrupts off and touch no user memory.
 */
#include "arch/riscv/asm_offsets.h"
#include "arch/riscv/page.h"

/* Saves (sd) or loads (ld) registers of the frame at sp: s1 to s11; a0 to a7 and t3 to t6. */
	.macro for_callee_saved op
	\op	s1, PT_S1(sp)
	\op	s2, PT_S2(sp)
	\op	s3, PT_S3(sp)
	\op	s4, PT_S4(sp)
	\op	s5, PT_S5(sp)
	\op	s6, PT_S6(sp)
	\op	s7, PT_S7(sp)
	\op	s8, PT_S8(sp)
	\op	s9, PT_S9(sp)
	\op	s10, PT_S10(sp)
	\op	s11, PT_S11(sp)
	.endm

	.macro for_args_and_temps op
	\op	a0, PT_A0(sp)
	\op	a1, PT_A1(sp)
	\op	a2, PT_A2(sp)
	\op	a3, PT_A3(sp)
	\op	a4, PT_A4(sp)
	\op	a5, PT_A5(sp)
	\op	a6, PT_A6(sp)
	\op	a7, PT_A7(sp)
	\op	t3, PT_T3(sp)
	\op	t4, PT_T4(sp)
	\op	t5, PT_T5(sp)
	\op	t6, PT_T6(sp)
	.endm

	.text
	.balign 4
	.globl trap_entry
trap_entry:
	csrrw	tp, sscratch, tp
	beqz	tp, trap_from_kernel

	/* From user mode: the frame is at the top of the task's kernel stack. */
	sd	sp, TASK_USER_SP(tp)
	ld	sp, TASK_KERNEL_SP(tp)
	sd	ra, PT_RA(sp)
	sd	t0, PT_T0(sp)
	sd	t1, PT_T1(sp)
	sd	t2, PT_T2(sp)
	sd	s0, PT_S0(sp)
	ld	t0, TASK_USER_SP(tp)
	csrrw	t1, sscratch, zero
	sd	t0, PT_SP(sp)
	sd	t1, PT_TP(sp)
	sd	gp, PT_GP(sp)
	for_callee_saved sd
	for_args_and_temps sd
	csrr	t0, sstatus
	csrr	t1, sepc
	csrr	t2, scause
	sd	t0, PT_STATUS(sp)
	sd	t2, PT_CAUSE(sp)
	.option push
	.option norelax
	lla	gp, __global_pointer$
	.option pop
	li	s0, 0			/* a backtrace ends here */
	li	t3, EXC_SYSCALL_NR
	bne	t2, t3, trap_from_user

	/* System call: ecall is 4 bytes long and has no compressed form. */
	addi	t1, t1, 4
	sd	t1, PT_EPC(sp)
	sd	a0, PT_ORIG_A0(sp)
	csrsi	sstatus, SR_SIE_BIT
	mv	a0, sp
	call	do_syscall
	csrci	sstatus, SR_SIE_BIT
	ld	t0, TASK_FLAGS(tp)
	bnez	t0, ret_to_user_work

	/*
	 * C code preserved s1 to s11: the frame's copies need not be loaded again. s0 was cleared
	 * above.
	 */
	ld	t0, PT_STATUS(sp)
	ld	t1, PT_EPC(sp)
	csrw	sstatus, t0
	csrw	sepc, t1
	j	restore_caller_saved

trap_from_user:
	csrr	t3, stval
	sd	t1, PT_EPC(sp)
	sd	t3, PT_BADADDR(sp)
	li	t4, -1
	sd	t4, PT_ORIG_A0(sp)	/* not a system call: nothing to restart */
	mv	a0, sp
	call	do_trap

	/* sp = the user frame, interrupts off or on. */
	.globl ret_to_user
ret_to_user:
	csrci	sstatus, SR_SIE_BIT
	ld	t0, TASK_FLAGS(tp)
	bnez	t0, ret_to_user_work
restore_user:
	ld	t0, PT_STATUS(sp)
	ld	t1, PT_EPC(sp)
	csrw	sstatus, t0
	csrw	sepc, t1
	for_callee_saved ld
restore_caller_saved:
	csrw	sscratch, tp
	ld	ra, PT_RA(sp)
	ld	gp, PT_GP(sp)
	ld	tp, PT_TP(sp)
	ld	t0, PT_T0(sp)
	ld	t1, PT_T1(sp)
	ld	t2, PT_T2(sp)
	ld	s0, PT_S0(sp)
	for_args_and_temps ld
	ld	sp, PT_SP(sp)
	sret

	/*
	 * Signals, rescheduling: interrupts are off and stay off on return; the frame may have
	 * changed altogether.
	 */
ret_to_user_work:
	mv	a0, sp
	mv	a1, t0
	call	exit_to_user_mode_work
	j	ret_to_user

trap_from_kernel:
	csrrw	tp, sscratch, zero
	/*
	 * Is there room for a frame? One word of the task serves as scratch: user_sp is dead while
	 * in the kernel.
	 */
	sd	t0, TASK_USER_SP(tp)
	ld	t0, TASK_STACK_BASE(tp)
	addi	t0, t0, PT_SIZE
	bltu	sp, t0, stack_overflow
	ld	t0, TASK_USER_SP(tp)
	sd	sp, (PT_SP - PT_SIZE)(sp)
	addi	sp, sp, -PT_SIZE
save_kernel_frame:
	sd	ra, PT_RA(sp)
	sd	gp, PT_GP(sp)
	sd	tp, PT_TP(sp)
	sd	t0, PT_T0(sp)
	sd	t1, PT_T1(sp)
	sd	t2, PT_T2(sp)
	sd	s0, PT_S0(sp)
	for_callee_saved sd
	for_args_and_temps sd
	/* SUM may be set: the kernel's own handler must not run with user memory open. */
	li	t0, SR_SUM_BIT
	csrrc	t0, sstatus, t0
	csrr	t1, sepc
	csrr	t2, scause
	csrr	t3, stval
	sd	t0, PT_STATUS(sp)
	sd	t1, PT_EPC(sp)
	sd	t2, PT_CAUSE(sp)
	sd	t3, PT_BADADDR(sp)
	mv	a0, sp
	call	do_trap
	csrci	sstatus, SR_SIE_BIT
	ld	t0, PT_STATUS(sp)
	ld	t1, PT_EPC(sp)
	csrw	sstatus, t0
	csrw	sepc, t1
	ld	ra, PT_RA(sp)
	ld	gp, PT_GP(sp)
	ld	t0, PT_T0(sp)
	ld	t1, PT_T1(sp)
	ld	t2, PT_T2(sp)
	ld	s0, PT_S0(sp)
	for_callee_saved ld
	for_args_and_temps ld
	ld	sp, PT_SP(sp)
	sret

	/*
	 * The stack is full: report on a stack of its own. It serves one hart; the report ends in a
	 * panic.
	 */
stack_overflow:
	lla	t0, overflow_stack + PAGE_SIZE - PT_SIZE
	sd	sp, PT_SP(t0)
	mv	sp, t0
	ld	t0, TASK_USER_SP(tp)
	j	save_kernel_frame

/*
 * A new task's first step: a user task goes on with its frame, a kernel thread runs s0(s1).
 * schedule_tail() releases the run queue that the switch left locked.
 */
	.globl ret_from_fork
ret_from_fork:
	call	schedule_tail
	beqz	s0, ret_to_user
	mv	a0, s1
	mv	t0, s0
	li	s0, 0
	jalr	t0
	j	ret_to_user		/* init: the thread has become a user task by execve */

/*
 * __switch_to(prev, next): saves what the psABI asks a callee to save; returns prev as the new
 * task.
 */
	.globl __switch_to
__switch_to:
	sd	ra, (TASK_CONTEXT + 0)(a0)
	sd	sp, (TASK_CONTEXT + 8)(a0)
	sd	s0, (TASK_CONTEXT + 16)(a0)
	sd	s1, (TASK_CONTEXT + 24)(a0)
	sd	s2, (TASK_CONTEXT + 32)(a0)
	sd	s3, (TASK_CONTEXT + 40)(a0)
	sd	s4, (TASK_CONTEXT + 48)(a0)
	sd	s5, (TASK_CONTEXT + 56)(a0)
	sd	s6, (TASK_CONTEXT + 64)(a0)
	sd	s7, (TASK_CONTEXT + 72)(a0)
	sd	s8, (TASK_CONTEXT + 80)(a0)
	sd	s9, (TASK_CONTEXT + 88)(a0)
	sd	s10, (TASK_CONTEXT + 96)(a0)
	sd	s11, (TASK_CONTEXT + 104)(a0)
	ld	ra, (TASK_CONTEXT + 0)(a1)
	ld	sp, (TASK_CONTEXT + 8)(a1)
	ld	s0, (TASK_CONTEXT + 16)(a1)
	ld	s1, (TASK_CONTEXT + 24)(a1)
	ld	s2, (TASK_CONTEXT + 32)(a1)
	ld	s3, (TASK_CONTEXT + 40)(a1)
	ld	s4, (TASK_CONTEXT + 48)(a1)
	ld	s5, (TASK_CONTEXT + 56)(a1)
	ld	s6, (TASK_CONTEXT + 64)(a1)
	ld	s7, (TASK_CONTEXT + 72)(a1)
	ld	s8, (TASK_CONTEXT + 80)(a1)
	ld	s9, (TASK_CONTEXT + 88)(a1)
	ld	s10, (TASK_CONTEXT + 96)(a1)
	ld	s11, (TASK_CONTEXT + 104)(a1)
	mv	tp, a1
	ret

/* fpu_store(struct fpu_state *), fpu_load(const struct fpu_state *): sstatus.FS must not be off. */
	.option push
	.option arch, +f, +d
	.macro	for_fregs op
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	\op	f\n, (\n * 8)(a0)
	.endr
	.irp	n, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\op	f\n, (\n * 8)(a0)
	.endr
	.endm

	.globl fpu_store
fpu_store:
	for_fregs fsd
	frcsr	t0
	sw	t0, FPU_FCSR(a0)
	ret

	.globl fpu_load
fpu_load:
	for_fregs fld
	lw	t0, FPU_FCSR(a0)
	fscsr	t0
	ret
	.option pop

	.section .bss..page_aligned, "aw", @nobits
	.balign PAGE_SIZE
overflow_stack:
	.zero	PAGE_SIZE
