// SPDX-License-Identifier: MIT
// signal_info.c - what a handler is told: faults with their address, senders, queued values
#include "user/usertests/usertests.h"
#include "user/usertests/arch.h"
#include <setjmp.h>
#include <sys/mman.h>

static sigjmp_buf back;
static siginfo_t seen;
static uintptr_t seen_pc;

static void leave_handler(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	seen = *info;
	seen_pc = arch_pc(context);
	siglongjmp(back, 1);
}

static void catch(int sig)
{
	struct sigaction action = { .sa_sigaction = leave_handler, .sa_flags = SA_SIGINFO };

	CHECK_SYS(sigaction(sig, &action, NULL));
}

enum access { READ, WRITE, EXECUTE };

// Makes the access and wants the fault that is described by the other arguments.
static void check_fault(void *address, enum access access, int sig, int code)
{
	catch(sig);
	memset(&seen, 0, sizeof(seen));
	if (sigsetjmp(back, 1) == 0) {
		if (access == READ)
			*(volatile char *)address;
		else if (access == WRITE)
			*(volatile char *)address = 1;
		else
			((void (*)(void))address)();
		fail(HERE("access"), "to %p went well", address);
	}
	CHECK_EQ(seen.si_signo, sig);
	CHECK_EQ(seen.si_code, code);
	CHECK_EQ((uintptr_t)seen.si_addr, (uintptr_t)address);
	if (access == EXECUTE)
		CHECK_EQ(seen_pc, (uintptr_t)address);
}

static char *map(int protection)
{
	char *p = mmap(NULL, 8192, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

TEST(fault_unmapped)
{
	char *p = map(PROT_READ | PROT_WRITE);

	p[0] = 1;
	CHECK_SYS(munmap(p, 8192));
	check_fault(p, READ, SIGSEGV, SEGV_MAPERR);
	check_fault(p + 5000, WRITE, SIGSEGV, SEGV_MAPERR);
	check_fault(p, EXECUTE, SIGSEGV, SEGV_MAPERR);
	check_fault(NULL, READ, SIGSEGV, SEGV_MAPERR);
	check_fault((void *)8, WRITE, SIGSEGV, SEGV_MAPERR);
}

TEST(fault_kernel_address)
{
	check_fault((void *)KERNEL_ADDRESS, READ, SIGSEGV, SEGV_MAPERR);
	check_fault((void *)KERNEL_ADDRESS, WRITE, SIGSEGV, SEGV_MAPERR);
	check_fault((void *)KERNEL_ADDRESS, EXECUTE, SIGSEGV, SEGV_MAPERR);
	check_fault((void *)-1L, READ, SIGSEGV, SEGV_MAPERR);
}

TEST(fault_wrong_access)
{
	char *nothing = map(PROT_NONE), *readable = map(PROT_READ);
	char *writable = map(PROT_READ | PROT_WRITE);

	check_fault(nothing + 100, READ, SIGSEGV, SEGV_ACCERR);
	check_fault(nothing, WRITE, SIGSEGV, SEGV_ACCERR);
	check_fault(readable + 4096, WRITE, SIGSEGV, SEGV_ACCERR);
	CHECK_EQ(readable[4096], 0);
	check_fault(readable + 4096, WRITE, SIGSEGV, SEGV_ACCERR);	// present by now
	writable[0] = 1;
	check_fault(writable, EXECUTE, SIGSEGV, SEGV_ACCERR);
}

TEST(fault_in_text)
{
	check_fault((void *)check_fault, WRITE, SIGSEGV, SEGV_ACCERR);
}

TEST(fault_beyond_end_of_file)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));
	char *p;

	CHECK_SYS(ftruncate(fd, 100));
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(p[4095], 0);		// the rest of the last page
	check_fault(p + 4096, READ, SIGBUS, BUS_ADRERR);
	check_fault(p + 4100, WRITE, SIGBUS, BUS_ADRERR);
	CHECK_SYS(ftruncate(fd, 4097));
	CHECK_EQ(p[4096], 0);
}

TEST(fault_illegal_instruction)
{
	catch(SIGILL);
	if (sigsetjmp(back, 1) == 0) {
		arch_illegal();
		fail(HERE("illegal instruction"), "went well");
	}
	CHECK_EQ(seen.si_signo, SIGILL);
	CHECK_EQ((uintptr_t)seen.si_addr, seen_pc);
	CHECK(seen.si_code == ILL_ILLOPC || seen.si_code == ILL_ILLOPN);
}

static void skip_instruction(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	seen = *info;
	signals_seen = signals_seen + 1;
	arch_skip_instruction(context);
}

TEST(fault_breakpoint)
{
	struct sigaction action = { .sa_sigaction = skip_instruction, .sa_flags = SA_SIGINFO };

	CHECK_SYS(sigaction(SIGTRAP, &action, NULL));
	for (int i = 1; i <= 3; i++) {
		arch_breakpoint();
		CHECK_EQ(signals_seen, i);
	}
	DIES_BY(SIGTRAP) {
		on_signal(SIGTRAP, SIG_DFL, 0);
		arch_breakpoint();
	}
}

TEST(fault_handler_changes_pc)
{
	struct sigaction action = { .sa_sigaction = skip_instruction, .sa_flags = SA_SIGINFO };

	CHECK_SYS(sigaction(SIGILL, &action, NULL));
	arch_illegal();
	arch_illegal();
	CHECK_EQ(signals_seen, 2);
}

static volatile char *volatile nowhere = (char *)8;

TEST(fault_blocked_or_ignored_kills)
{
	DIES_BY(SIGSEGV) {
		catch(SIGSEGV);
		block_signal(SIGSEGV);
		*nowhere = 1;
	}
	DIES_BY(SIGSEGV) {
		on_signal(SIGSEGV, SIG_IGN, 0);
		*nowhere = 1;
	}
	DIES_BY(SIGILL)
		arch_illegal();
}

static void note(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	seen = *info;
	signals_seen = signals_seen + 1;
}

static void note_signal(int sig)
{
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };

	CHECK_SYS(sigaction(sig, &action, NULL));
}

TEST(siginfo_of_kill)
{
	struct gate gate;
	pid_t parent = getpid(), pid;

	note_signal(SIGUSR1);
	gate_make(&gate);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(setresuid(NOBODY, 0, 0));
		CHECK_SYS(kill(parent, SIGUSR1));
		finish();
	}
	CHECK_EXIT(pid, 0);
	CHECK_EQ(seen.si_code, SI_USER);
	CHECK_EQ(seen.si_pid, pid);
	CHECK_EQ(seen.si_uid, NOBODY);		// the sender's real uid
	CHECK_SYS(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
	CHECK_EQ(seen.si_code, SI_TKILL);
	CHECK_EQ(seen.si_pid, getpid());
}

TEST(siginfo_of_timer)
{
	note_signal(SIGALRM);
	alarm_every(10);
	while (!signals_seen)
		pause();
	CHECK_EQ(seen.si_code, SI_KERNEL);
}

/* --- queued signals ------------------------------------------------------------------------ */

static int values[64], numbers[64], arrived;

static void note_value(int sig, siginfo_t *info, void *context)
{
	(void)context;
	numbers[arrived] = sig;
	values[arrived++] = info->si_code == SI_QUEUE ? info->si_value.sival_int : -1;
}

static void queue(int sig, int value)
{
	CHECK_SYS(sigqueue(getpid(), sig, (union sigval){ .sival_int = value }));
}

TEST(sigqueue_realtime_in_order)
{
	struct sigaction action = { .sa_sigaction = note_value, .sa_flags = SA_SIGINFO };
	sigset_t both;

	sigemptyset(&both);
	for (int sig = SIGRTMIN; sig <= SIGRTMIN + 1; sig++) {
		sigaddset(&both, sig);
		sigaddset(&action.sa_mask, sig);
	}
	CHECK_SYS(sigaction(SIGRTMIN, &action, NULL));
	CHECK_SYS(sigaction(SIGRTMIN + 1, &action, NULL));
	CHECK_SYS(sigprocmask(SIG_BLOCK, &both, NULL));
	for (int i = 0; i < 10; i++)
		queue(SIGRTMIN + 1 - i % 2, i);
	CHECK_SYS(sigprocmask(SIG_UNBLOCK, &both, NULL));
	CHECK_EQ(arrived, 10);
	for (int i = 0; i < 10; i++) {	// lowest number first, each in the order of sending
		CHECK_EQ(numbers[i], SIGRTMIN + i / 5);
		CHECK_EQ(values[i], i < 5 ? 2 * i + 1 : 2 * (i - 5));
	}
}

TEST(sigqueue_standard_keeps_the_first)
{
	struct sigaction action = { .sa_sigaction = note_value, .sa_flags = SA_SIGINFO };

	CHECK_SYS(sigaction(SIGUSR1, &action, NULL));
	block_signal(SIGUSR1);
	queue(SIGUSR1, 11);
	queue(SIGUSR1, 22);
	unblock_signal(SIGUSR1);
	CHECK_EQ(arrived, 1);
	CHECK_EQ(values[0], 11);
}

TEST(sigqueue_forgery)
{
	siginfo_t info = { .si_code = SI_USER, .si_signo = SIGUSR1 };

	block_signal(SIGUSR1);
	CHECK_ERRNO(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &info), EPERM);	// as if by kill
	info.si_code = SI_QUEUE;
	CHECK_SYS(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &info));
	CHECK_ERRNO(syscall(SYS_rt_sigqueueinfo, getpid(), 65, &info), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigqueueinfo, INT_MAX, SIGUSR1, &info), ESRCH);
	AS_NOBODY
		CHECK_ERRNO(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &info), EPERM);
}

TEST(sigqueue_value_by_sigwaitinfo)
{
	siginfo_t info;
	sigset_t want;

	sigemptyset(&want);
	sigaddset(&want, SIGRTMIN + 5);
	block_signal(SIGRTMIN + 5);
	for (int i = 0; i < 50; i++)
		queue(SIGRTMIN + 5, i);
	for (int i = 0; i < 50; i++) {
		CHECK_EQ(sigwaitinfo(&want, &info), SIGRTMIN + 5);
		CHECK_EQ(info.si_code, SI_QUEUE);
		CHECK_EQ(info.si_value.sival_int, i);
		CHECK_EQ(info.si_pid, getpid());
	}
}
