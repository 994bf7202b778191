// SPDX-License-Identifier: MIT
/*
 * A handler's call, and the way back.  On the user's stack, 16-byte aligned, sp pointing to it:
 *
 *   siginfo_t info                  a1
 *   struct ucontext uc              a2; all registers, the mask, the alternate stack
 *
 * ra leads to rt_sigreturn in the vDSO, which unwinders recognise by its two instructions.  Layouts
 * are those of <asm/ucontext.h> and <asm/sigcontext.h>; sc_regs is the first part of struct
 * pt_regs.
 */
#include "arch/riscv/signal.h"

#include <linux/signal.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <asm/unistd.h>
#include "arch/riscv/csr.h"
#include "arch/riscv/fpu.h"
#include "arch/riscv/ptrace.h"
#include "arch/riscv/uaccess.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/vdso.h"
#include "lib/string.h"

struct rt_sigframe {
	siginfo_t info;
	struct ucontext uc;
};

static_assert(sizeof(struct user_regs_struct) == offsetof(struct pt_regs, status), "sc_regs");
static_assert(sizeof(struct __riscv_d_ext_state) == sizeof(struct fpu_state), "sc_fpregs");

/* The mask to come back to: the one that a pending sigsuspend replaced. */
static u64 mask_to_save(void)
{
	return test_task_flag(current, TIF_RESTORE_SIGMASK) ? current->saved_sigmask
							    : current->blocked;
}

/* The frame is made here and copied in one go: each opening of user memory has its price. */
static int setup_rt_frame(const struct ksignal *ksig, struct rt_sigframe __user *uframe,
			  const struct pt_regs *regs)
{
	struct rt_sigframe frame;

	memset(&frame, 0, sizeof(frame));
	memcpy(&frame.info, &ksig->info, sizeof(ksig->info));
	frame.uc.uc_sigmask.sig[0] = mask_to_save();
	save_altstack(&frame.uc.uc_stack);
	memcpy(&frame.uc.uc_mcontext.sc_regs, regs, sizeof(struct user_regs_struct));
	fpu_save_current();
	memcpy(&frame.uc.uc_mcontext.sc_fpregs.d, &current->fpu, sizeof(current->fpu));
	return copy_to_user(uframe, &frame, sizeof(frame)) ? -EFAULT : 0;
}

static void handle_signal(const struct ksignal *ksig, struct pt_regs *regs)
{
	unsigned long sp = sigsp(regs->sp, ksig);
	struct rt_sigframe __user *frame;
	int err;

	/* Overrunning the alternate stack must not write below it. */
	frame = (void *)((sp - sizeof(*frame)) & ~15UL);
	if (on_sig_stack(regs->sp) && !on_sig_stack((unsigned long)frame))
		err = -EFAULT;
	else
		err = setup_rt_frame(ksig, frame, regs);
	if (!err) {
		regs->ra = vdso_rt_sigreturn();
		regs->epc = (unsigned long)ksig->ka.sa_handler;
		regs->sp = (unsigned long)frame;
		regs->a0 = ksig->sig;
		regs->a1 = regs->sp + offsetof(struct rt_sigframe, info);
		regs->a2 = regs->sp + offsetof(struct rt_sigframe, uc);
	}
	signal_setup_done(err, ksig);
}

/* Back to the ecall, with the argument that the result has replaced. */
static void restart_syscall(struct pt_regs *regs)
{
	regs->a0 = regs->orig_a0;
	regs->epc -= 4;
}

/* A handler will run: does the call fail or start again afterwards? */
static void interrupt_syscall(struct pt_regs *regs, const struct ksignal *ksig)
{
	switch (-(long)regs->a0) {
	case ERESTARTSYS:
		if (ksig->ka.sa_flags & SA_RESTART)
			restart_syscall(regs);
		else
			regs->a0 = -EINTR;
		break;
	case ERESTARTNOINTR:
		restart_syscall(regs);
		break;
	case ERESTARTNOHAND:
	case ERESTART_RESTARTBLOCK:
		regs->a0 = -EINTR;
		break;
	}
}

static void resume_syscall(struct pt_regs *regs)
{
	switch (-(long)regs->a0) {
	case ERESTART_RESTARTBLOCK:
		regs->a7 = __NR_restart_syscall;
		fallthrough;
	case ERESTARTSYS:
	case ERESTARTNOINTR:
	case ERESTARTNOHAND:
		restart_syscall(regs);
		break;
	}
}

void do_signal(struct pt_regs *regs)
{
	bool in_syscall = regs->cause == EXC_SYSCALL;
	struct ksignal ksig;
	bool handler = get_signal(&ksig);

	if (in_syscall) {
		if (handler)
			interrupt_syscall(regs, &ksig);
		else
			resume_syscall(regs);
		/* Once: a second signal before user mode finds no call to restart. */
		regs->cause = -1UL;
	}
	if (handler)
		handle_signal(&ksig, regs);
	else
		restore_saved_sigmask();
}

/* -EINVAL: the frame has state of extensions that a later kernel knows, and this one does not. */
static int restore_fpregs(const union __riscv_fp_state *sc_fpregs)
{
	if (memchr_inv(sc_fpregs->q.reserved, 0, sizeof(sc_fpregs->q.reserved)))
		return -EINVAL;
	fpu_discard_current(false);
	memcpy(&current->fpu, &sc_fpregs->d, sizeof(current->fpu));
	return 0;
}

SYSCALL_DEFINE0(rt_sigreturn)
{
	struct pt_regs *regs = task_pt_regs(current);
	struct ucontext uc;

	current->restart_block.fn = do_no_restart_syscall;
	if (copy_from_user(&uc, user_member(regs->sp, struct rt_sigframe, uc), sizeof(uc)) ||
	    restore_fpregs(&uc.uc_mcontext.sc_fpregs)) {
		force_sig(SIGSEGV);
		return 0;
	}
	memcpy(regs, &uc.uc_mcontext.sc_regs, sizeof(struct user_regs_struct));
	set_current_blocked(uc.uc_sigmask.sig[0]);
	restore_altstack(&uc.uc_stack);
	regs->cause = -1UL;
	set_bit(TIF_RESTORE_ALL, &current->thread_flags);
	return regs->a0;
}
