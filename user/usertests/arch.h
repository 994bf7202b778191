// SPDX-License-Identifier: MIT
/*
 * arch.h - the few things that a test cannot say in C, for riscv64 and for the host judge
 */
#pragma once
#include <stdint.h>
#include <ucontext.h>

// Addresses that no user process can have: in the kernel's half, and of no canonical form.
#define KERNEL_ADDRESS	0xffffffff80000000UL
#define WILD_ADDRESS	0x5555000000000000UL

#if defined(__riscv)

// One bit a letter of the extensions that user programs are built for: IMAFDC.
#define HWCAP(letter)	(1UL << ((letter) - 'A'))
#define ARCH_HWCAP	(HWCAP('I') | HWCAP('M') | HWCAP('A') | HWCAP('F') | HWCAP('D') | \
			 HWCAP('C'))
#define FP_REGISTERS	32
#define VDSO_VERSION	"LINUX_4.15"

static inline void arch_illegal(void)
{
	asm volatile(".option push\n.option norvc\n.word 0xffffffff\n.option pop");
}

static inline void arch_breakpoint(void)
{
	asm volatile(".option push\n.option norvc\nebreak\n.option pop");
}

static inline void arch_skip_instruction(ucontext_t *context)
{
	context->uc_mcontext.__gregs[REG_PC] += 4;
}

static inline uintptr_t arch_pc(const ucontext_t *context)
{
	return context->uc_mcontext.__gregs[REG_PC];
}

static inline uintptr_t arch_sp(const ucontext_t *context)
{
	return context->uc_mcontext.__gregs[REG_SP];
}

// rt_sigreturn(2) with this stack pointer.
static inline _Noreturn void arch_sigreturn(unsigned long sp)
{
	asm volatile("mv sp, %0\n\tli a7, 139\n\tecall\n\tebreak" :: "r"(sp) : "memory");
	__builtin_unreachable();
}

#else

#define ARCH_HWCAP	0UL
#define FP_REGISTERS	16
#define VDSO_VERSION	"LINUX_2.6"

static inline void arch_illegal(void)
{
	asm volatile("ud2");
}

static inline void arch_breakpoint(void)
{
	asm volatile("int3");
}

static inline _Noreturn void arch_sigreturn(unsigned long sp)
{
	asm volatile("mov %0, %%rsp\n\tmov $15, %%eax\n\tsyscall\n\tud2" :: "r"(sp) : "memory");
	__builtin_unreachable();
}

// int3 leaves the pc behind itself, ud2 does not: both handlers want to go on behind it.
static inline void arch_skip_instruction(ucontext_t *context)
{
	const uint8_t *pc = (const uint8_t *)context->uc_mcontext.gregs[REG_RIP];

	if (pc[0] == 0x0f && pc[1] == 0x0b)
		context->uc_mcontext.gregs[REG_RIP] += 2;
}

static inline uintptr_t arch_pc(const ucontext_t *context)
{
	return context->uc_mcontext.gregs[REG_RIP];
}

static inline uintptr_t arch_sp(const ucontext_t *context)
{
	return context->uc_mcontext.gregs[REG_RSP];
}

#endif

// Fills all FP registers from in, makes the system call, stores them to out.
long arch_fp_around_syscall(long number, long a, long b, const double in[FP_REGISTERS],
			    double out[FP_REGISTERS]);
