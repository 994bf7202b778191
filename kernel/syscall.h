// SPDX-License-Identifier: MIT
/*
 * A system call is defined where its concept lives:
 *
 *     SYSCALL_DEFINE3(lseek, unsigned int, fd, loff_t, offset, unsigned int, whence)
 *     {
 *             ...
 *             return result;
 *     }
 *
 * and has its one line in kernel/syscall_table.h, which gives it its number. It returns a value or
 * -errno. The registers' 64 bits are cut to the declared type of each argument.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include "arch/riscv/ptrace.h"
#include "arch/riscv/uaccess.h"
#include "kernel/errno.h"
#include "lib/types.h"

typedef long syscall_fn_t(struct pt_regs *regs);

#define SYSCALL_DEFINE0(name)							\
	syscall_fn_t sys_##name;						\
	static long do_sys_##name(void);					\
	long sys_##name(struct pt_regs *regs) { return do_sys_##name(); }	\
	static long do_sys_##name(void)
#define SYSCALL_DEFINE1(name, t0, a0_)						\
	syscall_fn_t sys_##name;						\
	static long do_sys_##name(t0 a0_);					\
	long sys_##name(struct pt_regs *regs)					\
	{ return do_sys_##name((t0)regs->a0); }					\
	static long do_sys_##name(t0 a0_)
#define SYSCALL_DEFINE2(name, t0, a0_, t1, a1_)					\
	syscall_fn_t sys_##name;						\
	static long do_sys_##name(t0 a0_, t1 a1_);				\
	long sys_##name(struct pt_regs *regs)					\
	{ return do_sys_##name((t0)regs->a0, (t1)regs->a1); }			\
	static long do_sys_##name(t0 a0_, t1 a1_)
#define SYSCALL_DEFINE3(name, t0, a0_, t1, a1_, t2, a2_)			\
	syscall_fn_t sys_##name;						\
	static long do_sys_##name(t0 a0_, t1 a1_, t2 a2_);			\
	long sys_##name(struct pt_regs *regs)					\
	{ return do_sys_##name((t0)regs->a0, (t1)regs->a1, (t2)regs->a2); }	\
	static long do_sys_##name(t0 a0_, t1 a1_, t2 a2_)
#define SYSCALL_DEFINE4(name, t0, a0_, t1, a1_, t2, a2_, t3, a3_)		\
	syscall_fn_t sys_##name;						\
	static long do_sys_##name(t0 a0_, t1 a1_, t2 a2_, t3 a3_);		\
	long sys_##name(struct pt_regs *regs)					\
	{									\
		return do_sys_##name((t0)regs->a0, (t1)regs->a1, (t2)regs->a2,	\
				     (t3)regs->a3);				\
	}									\
	static long do_sys_##name(t0 a0_, t1 a1_, t2 a2_, t3 a3_)
#define SYSCALL_DEFINE5(name, t0, a0_, t1, a1_, t2, a2_, t3, a3_, t4, a4_)	\
	syscall_fn_t sys_##name;						\
	static long do_sys_##name(t0 a0_, t1 a1_, t2 a2_, t3 a3_, t4 a4_);	\
	long sys_##name(struct pt_regs *regs)					\
	{									\
		return do_sys_##name((t0)regs->a0, (t1)regs->a1, (t2)regs->a2,	\
				     (t3)regs->a3, (t4)regs->a4);		\
	}									\
	static long do_sys_##name(t0 a0_, t1 a1_, t2 a2_, t3 a3_, t4 a4_)
#define SYSCALL_DEFINE6(name, t0, a0_, t1, a1_, t2, a2_, t3, a3_, t4, a4_, t5, a5_) \
	syscall_fn_t sys_##name;						\
	static long do_sys_##name(t0 a0_, t1 a1_, t2 a2_, t3 a3_, t4 a4_, t5 a5_); \
	long sys_##name(struct pt_regs *regs)					\
	{									\
		return do_sys_##name((t0)regs->a0, (t1)regs->a1, (t2)regs->a2,	\
				     (t3)regs->a3, (t4)regs->a4, (t5)regs->a5);	\
	}									\
	static long do_sys_##name(t0 a0_, t1 a1_, t2 a2_, t3 a3_, t4 a4_, t5 a5_)

/* From the trap entry: number in a7, arguments in a0 to a5, result into a0. */
void do_syscall(struct pt_regs *regs);

#endif
