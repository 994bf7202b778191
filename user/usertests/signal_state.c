// SPDX-License-Identifier: MIT
/*
 * signal_state.c - what a signal must leave as it was: registers, stacks, the way back
 */
#include "user/usertests/usertests.h"
#include "user/usertests/arch.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unwind.h>

#if defined(__riscv)
#define FP_EACH(what)								\
	what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7)		\
	what(8) what(9) what(10) what(11) what(12) what(13) what(14) what(15)	\
	what(16) what(17) what(18) what(19) what(20) what(21) what(22) what(23)	\
	what(24) what(25) what(26) what(27) what(28) what(29) what(30) what(31)
#define FP_LOAD(n)	"fld f" #n ", " #n "*8(%[in])\n"
#define FP_STORE(n)	"fsd f" #n ", " #n "*8(%[out])\n"
#define FP_CLOBBER	"f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", \
			"f12", "f13", "f14", "f15", "f16", "f17", "f18", "f19", "f20", "f21", \
			"f22", "f23", "f24", "f25", "f26", "f27", "f28", "f29", "f30", "f31"

long arch_fp_around_syscall(long number, long a, long b, const double in[FP_REGISTERS],
			    double out[FP_REGISTERS])
{
	register long a0 asm("a0") = a;
	register long a1 asm("a1") = b;
	register long a7 asm("a7") = number;

	asm volatile(FP_EACH(FP_LOAD) "ecall\n" FP_EACH(FP_STORE)
		     : "+r"(a0)
		     : "r"(a1), "r"(a7), [in] "r"(in), [out] "r"(out)
		     : "memory", FP_CLOBBER);
	return a0;
}
#else
#define FP_EACH(what)								\
	what(0) what(1) what(2) what(3) what(4) what(5) what(6) what(7)		\
	what(8) what(9) what(10) what(11) what(12) what(13) what(14) what(15)
#define FP_LOAD(n)	"movsd " #n "*8(%[in]), %%xmm" #n "\n"
#define FP_STORE(n)	"movsd %%xmm" #n ", " #n "*8(%[out])\n"

long arch_fp_around_syscall(long number, long a, long b, const double in[FP_REGISTERS],
			    double out[FP_REGISTERS])
{
	asm volatile(FP_EACH(FP_LOAD) "syscall\n" FP_EACH(FP_STORE)
		     : "+a"(number)
		     : "D"(a), "S"(b), [in] "r"(in), [out] "r"(out)
		     : "memory", "rcx", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
		       "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
		       "xmm14", "xmm15");
	return number;
}
#endif

static double fp_pattern[FP_REGISTERS], other_pattern[FP_REGISTERS], fp_result[FP_REGISTERS];

static void fill_patterns(int seed)
{
	for (int i = 0; i < FP_REGISTERS; i++) {
		fp_pattern[i] = seed + i + 0.25;
		other_pattern[i] = -1.0 - i;
	}
}

static void use_all_fp_registers(int sig)
{
	double result[FP_REGISTERS];

	(void)sig;
	arch_fp_around_syscall(SYS_getpid, 0, 0, other_pattern, result);
	signals_seen = signals_seen + 1;
}

static void check_fp(void)
{
	for (int i = 0; i < FP_REGISTERS; i++)
		CHECK_EQ(fp_result[i] * 4, fp_pattern[i] * 4);
}

TEST(state_fp_across_handler)
{
	fill_patterns(100);
	on_signal(SIGUSR1, use_all_fp_registers, 0);
	for (int i = 1; i <= 10; i++) {
		arch_fp_around_syscall(SYS_kill, getpid(), SIGUSR1, fp_pattern, fp_result);
		CHECK_EQ(signals_seen, i);
		check_fp();
	}
}

TEST(state_fp_across_switch)
{
	enum { PROCESSES = 3, ROUNDS = 300 };
	pid_t pids[PROCESSES];

	CHECK(pin_to_hart(0));
	for (int p = 0; p < PROCESSES; p++) {
		pids[p] = CHECK_SYS(fork());
		if (pids[p])
			continue;
		for (int i = 0; i < ROUNDS; i++) {
			fill_patterns(1000 * p + i);
			arch_fp_around_syscall(SYS_sched_yield, 0, 0, fp_pattern, fp_result);
			check_fp();
		}
		finish();
	}
	for (int p = 0; p < PROCESSES; p++)
		CHECK_EXIT(pids[p], 0);
}

TEST(state_fp_across_fork)
{
	fill_patterns(500);
#ifdef SYS_fork
	long pid = arch_fp_around_syscall(SYS_fork, 0, 0, fp_pattern, fp_result);
#else
	long pid = arch_fp_around_syscall(SYS_clone, SIGCHLD, 0, fp_pattern, fp_result);
#endif
	check_fp();
	if (pid == 0)
		_exit(0);
	CHECK_EXIT(pid, 0);
}

static unsigned long mix(unsigned long rounds)
{
	unsigned long a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;

	while (rounds--) {
		a = a * 31 + h, b ^= a >> 7, c += b * 17, d ^= c << 3;
		e = e * 33 + d, f ^= e >> 5, g += f * 19, h ^= g << 2;
	}
	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}

TEST(state_registers_across_interrupts)
{
	unsigned long want = mix(400000);

	fill_patterns(0);
	on_signal(SIGALRM, use_all_fp_registers, 0);
	alarm_every(1);
	while (signals_seen < 50)
		CHECK_EQ(mix(400000), want);
}

/* --- the alternate stack ------------------------------------------------------------------- */

static char *alternate;
static const size_t alternate_size = 32768;
static volatile bool on_alternate, flag_in_handler;
static sigjmp_buf back;

static void look_at_stack(int sig)
{
	char here;
	stack_t now_in_use;

	(void)sig;
	on_alternate = &here > alternate && &here < alternate + alternate_size;
	sigaltstack(NULL, &now_in_use);
	flag_in_handler = now_in_use.ss_flags & SS_ONSTACK;
}

static void use_alternate_stack(void)
{
	alternate = malloc(alternate_size);
	CHECK_SYS(sigaltstack(&(stack_t){ .ss_sp = alternate, .ss_size = alternate_size }, NULL));
}

TEST(altstack_is_used_when_asked_for)
{
	use_alternate_stack();
	on_signal(SIGUSR1, look_at_stack, 0);
	CHECK_SYS(raise(SIGUSR1));
	CHECK(!on_alternate && !flag_in_handler);
	on_signal(SIGUSR1, look_at_stack, SA_ONSTACK);
	CHECK_SYS(raise(SIGUSR1));
	CHECK(on_alternate && flag_in_handler);
}

static void change_in_handler(int sig)
{
	(void)sig;
	if (sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL) < 0)
		signals_seen = errno;
}

TEST(altstack_errors)
{
	stack_t stack = { .ss_sp = malloc(8192), .ss_size = 100 };

	CHECK_ERRNO(sigaltstack(&stack, NULL), ENOMEM);		// below MINSIGSTKSZ
	stack.ss_size = 8192;
	stack.ss_flags = 0x40;
	CHECK_ERRNO(sigaltstack(&stack, NULL), EINVAL);
	use_alternate_stack();
	on_signal(SIGUSR1, change_in_handler, SA_ONSTACK);
	CHECK_SYS(raise(SIGUSR1));
	CHECK_EQ(signals_seen, EPERM);				// while it is in use
	CHECK_SYS(sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL));
	CHECK_SYS(sigaltstack(NULL, &stack));
	CHECK_EQ(stack.ss_flags, SS_DISABLE);
}

static int overflow(int n)
{
	volatile char frame[4096];

	frame[0] = n;
	return n ? overflow(n + 1) + frame[0] : 0;
}

static void leave_overflow(int sig)
{
	look_at_stack(sig);
	siglongjmp(back, 1);
}

TEST(altstack_survives_stack_overflow)
{
	use_alternate_stack();
	CHECK_SYS(setrlimit(RLIMIT_STACK, &(struct rlimit){ 1 << 20, 1 << 20 }));
	on_signal(SIGSEGV, leave_overflow, SA_ONSTACK);
	for (int i = 0; i < 3; i++) {
		on_alternate = false;
		if (sigsetjmp(back, 1) == 0)
			fail(HERE("recursion"), "came back with %d", overflow(1));
		CHECK(on_alternate);
	}
}

TEST(altstack_none_at_overflow_kills)
{
	DIES_BY(SIGSEGV) {
		CHECK_SYS(setrlimit(RLIMIT_STACK, &(struct rlimit){ 1 << 20, 1 << 20 }));
		on_signal(SIGSEGV, leave_overflow, 0);	// no room for the frame
		overflow(1);
	}
}

TEST(altstack_unmapped_kills)
{
	DIES_BY(SIGSEGV) {
		stack_t nowhere = { .ss_sp = (void *)65536, .ss_size = 65536 };

		CHECK_SYS(sigaltstack(&nowhere, NULL));
		on_signal(SIGUSR1, count_signal, SA_ONSTACK);
		raise(SIGUSR1);
		_exit(0);
	}
}

/* --- leaving a handler --------------------------------------------------------------------- */

static void jump_out(int sig)
{
	(void)sig;
	siglongjmp(back, 5);
}

TEST(handler_left_by_longjmp)
{
	sigset_t mask;

	on_signal(SIGUSR1, jump_out, 0);
	for (volatile int i = 0; i < 5; i++) {
		int value = sigsetjmp(back, 1);

		if (value == 0) {
			raise(SIGUSR1);
			fail(HERE("raise"), "came back");
		}
		CHECK_EQ(value, 5);
		CHECK_SYS(sigprocmask(SIG_SETMASK, NULL, &mask));
		CHECK(!sigismember(&mask, SIGUSR1));
	}
}

static int frames_seen;
static bool raiser_seen;
static __attribute__((noinline)) void raise_here(void);

static _Unwind_Reason_Code look_at_frame(struct _Unwind_Context *context, void *argument)
{
	(void)argument;
	frames_seen++;
	if (_Unwind_GetRegionStart(context) == (uintptr_t)raise_here)
		raiser_seen = true;
	return frames_seen > 50 ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static void unwind_from_handler(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)info;
	_Unwind_Backtrace(look_at_frame, NULL);
	arch_skip_instruction(context);
}

static void raise_here(void)
{
	arch_breakpoint();
	asm volatile("" ::: "memory");
}

TEST(handler_can_be_unwound)
{
	struct sigaction action = { .sa_sigaction = unwind_from_handler, .sa_flags = SA_SIGINFO };

	CHECK_SYS(sigaction(SIGTRAP, &action, NULL));
	raise_here();
	CHECK(frames_seen >= 4);
	CHECK(raiser_seen);	// through the trampoline into what was interrupted
}

// A frame that claims another machine state than a user may have must not be obeyed.
static void corrupt_frame(int sig, siginfo_t *info, void *context)
{
	ucontext_t *frame = context;

	(void)sig, (void)info;
#if defined(__riscv)
	frame->uc_mcontext.__gregs[REG_PC] = KERNEL_ADDRESS;
#else
	frame->uc_mcontext.gregs[REG_RIP] = KERNEL_ADDRESS;
#endif
}

TEST(handler_return_into_kernel_kills)
{
	DIES_BY(SIGSEGV) {
		struct sigaction action = {
			.sa_sigaction = corrupt_frame, .sa_flags = SA_SIGINFO
		};

		sigaction(SIGUSR1, &action, NULL);
		raise(SIGUSR1);
		_exit(0);
	}
}
