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

/* What comes before the registers is written in one piece. */
struct uc_head {
	unsigned long uc_flags;
	struct ucontext *uc_link;
	stack_t uc_stack;
	sigset_t uc_sigmask;
};

static_assert(offsetof(struct ucontext, uc_sigmask) == offsetof(struct uc_head, uc_sigmask),
	      "uc_head");
static_assert(sizeof(struct user_regs_struct) == offsetof(struct pt_regs, status), "sc_regs");
static_assert(sizeof(struct __riscv_d_ext_state) == sizeof(struct fpu_state), "sc_fpregs");

#define FP_RESERVED_BYTES	sizeof_field(struct __riscv_q_ext_state, reserved)

static int save_fpregs(union __riscv_fp_state __user *sc_fpregs)
{
	fpu_save_current();
	if (copy_to_user(&sc_fpregs->d, &current->fpu, sizeof(sc_fpregs->d)) ||
	    clear_user(&sc_fpregs->q.reserved, FP_RESERVED_BYTES))
		return -EFAULT;
	return 0;
}

static int restore_fpregs(const union __riscv_fp_state __user *sc_fpregs)
{
	u32 reserved[FP_RESERVED_BYTES / sizeof(u32)];
	struct fpu_state fpu;

	if (copy_from_user(&fpu, &sc_fpregs->d, sizeof(fpu)) ||
	    copy_from_user(reserved, &sc_fpregs->q.reserved, sizeof(reserved)))
		return -EFAULT;
	/* Set by a later kernel whose extensions we know nothing of. */
	if (memchr_inv(reserved, 0, sizeof(reserved)))
		return -EINVAL;
	fpu_discard_current(false);
	current->fpu = fpu;
	return 0;
}

/* The mask to come back to: the one that a pending sigsuspend replaced. */
static u64 mask_to_save(void)
{
	return test_task_flag(current, TIF_RESTORE_SIGMASK) ? current->saved_sigmask
							    : current->blocked;
}

static int setup_rt_frame(const struct ksignal *ksig, struct rt_sigframe __user *frame,
			  const struct pt_regs *regs)
{
	struct uc_head head = { .uc_sigmask.sig = { mask_to_save() } };

	if (!access_ok(frame, sizeof(*frame)))
		return -EFAULT;
	save_altstack(&head.uc_stack);
	if (copy_siginfo_to_user(&frame->info, &ksig->info) ||
	    copy_to_user(&frame->uc, &head, sizeof(head)) ||
	    copy_to_user(&frame->uc.uc_mcontext.sc_regs, regs, sizeof(struct user_regs_struct)))
		return -EFAULT;
	return save_fpregs(&frame->uc.uc_mcontext.sc_fpregs);
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
		regs->a1 = (unsigned long)&frame->info;
		regs->a2 = (unsigned long)&frame->uc;
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

SYSCALL_DEFINE0(rt_sigreturn)
{
	struct pt_regs *regs = task_pt_regs(current);
	struct rt_sigframe __user *frame = (void *)regs->sp;
	struct user_regs_struct user_regs;
	u64 mask;

	current->restart_block.fn = do_no_restart_syscall;
	if (!access_ok(frame, sizeof(*frame)) || get_user(mask, &frame->uc.uc_sigmask.sig[0]) ||
	    copy_from_user(&user_regs, &frame->uc.uc_mcontext.sc_regs, sizeof(user_regs)) ||
	    restore_fpregs(&frame->uc.uc_mcontext.sc_fpregs))
		goto bad_frame;
	memcpy(regs, &user_regs, sizeof(user_regs));
	set_current_blocked(mask);
	if (restore_altstack(&frame->uc.uc_stack))
		goto bad_frame;
	regs->cause = -1UL;
	set_bit(TIF_RESTORE_ALL, &current->thread_flags);
	return regs->a0;

bad_frame:
	force_sig(SIGSEGV);
	return 0;
}
