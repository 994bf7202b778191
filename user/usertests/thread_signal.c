// SPDX-License-Identifier: MIT
// thread_signal.c - signals of a process with threads: who gets what, and who decides
#include "user/usertests/threads.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>

#define PAGE	4096UL

static volatile int peer_tid, may_end, handler_tid, handled;

static void note_tid(int sig)
{
	(void)sig;
	handler_tid = own_tid();
	__atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
}

static void *wait_for_end(void *arg)
{
	if (arg)
		unblock_signal((long)arg);
	set_word(&peer_tid, own_tid());
	until_set(&may_end);
	return NULL;
}

static void end_peer(pthread_t thread)
{
	set_word(&may_end, 1);
	join_thread(thread);
}

static void until_handled(int n)
{
	while (__atomic_load_n(&handled, __ATOMIC_SEQ_CST) < n)
		nap(MS);
}

static long tgkill_it(pid_t tgid, pid_t tid, int sig)
{
	return syscall(SYS_tgkill, tgid, tid, sig);
}

// Starts a peer that takes the signal if @unblock; the caller has it blocked.
static pthread_t start_peer(int sig, bool unblock)
{
	pthread_t thread;

	on_signal(sig, note_tid, SA_RESTART);
	block_signal(sig);
	thread = start_thread(wait_for_end, unblock ? (void *)(long)sig : NULL);
	until_set(&peer_tid);
	return thread;
}

TEST(thread_signal_to_one)
{
	pthread_t peer = start_peer(SIGUSR1, true);

	CHECK_SYS(tgkill_it(getpid(), peer_tid, SIGUSR1));
	until_handled(1);
	CHECK_EQ(handler_tid, peer_tid);
	CHECK_SYS(syscall(SYS_tkill, peer_tid, SIGUSR1));
	until_handled(2);
	CHECK_EQ(handler_tid, peer_tid);
	end_peer(peer);
}

// One for a thread that blocks it stays with that thread.
TEST(thread_signal_stays_with_its_thread)
{
	pthread_t peer = start_peer(SIGUSR1, true);
	sigset_t pending;

	CHECK_SYS(tgkill_it(getpid(), getpid(), SIGUSR1));
	CHECK_SYS(sigpending(&pending));
	CHECK(sigismember(&pending, SIGUSR1));
	nap(20 * MS);
	CHECK_EQ(handled, 0);
	unblock_signal(SIGUSR1);
	CHECK_EQ(handled, 1);
	CHECK_EQ(handler_tid, getpid());
	end_peer(peer);
}

// One for the process goes to a thread that does not block it.
TEST(thread_signal_to_the_process)
{
	pthread_t peer = start_peer(SIGUSR1, true);

	for (int i = 1; i <= 20; i++) {
		CHECK_SYS(kill(getpid(), SIGUSR1));
		until_handled(i);
		CHECK_EQ(handler_tid, peer_tid);
	}
	end_peer(peer);
}

TEST(thread_signal_by_tid_is_for_the_process)
{
	pthread_t peer = start_peer(SIGUSR1, true);

	CHECK_SYS(kill(peer_tid, SIGUSR1));
	until_handled(1);
	CHECK_EQ(handler_tid, peer_tid);
	CHECK_SYS(kill(peer_tid, 0));
	end_peer(peer);
}

// While all block it, it is pending for all; who unblocks it gets it.
TEST(thread_signal_pending_for_the_process)
{
	char path[80];
	pthread_t peer = start_peer(SIGUSR1, false);
	sigset_t pending;

	CHECK_SYS(kill(getpid(), SIGUSR1));
	CHECK_SYS(sigpending(&pending));
	CHECK(sigismember(&pending, SIGUSR1));
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", peer_tid);
	CHECK_EQ(handled, 0);
	unblock_signal(SIGUSR1);
	CHECK_EQ(handled, 1);
	CHECK_EQ(handler_tid, getpid());
	end_peer(peer);
}

// What a thread had been woken for and then blocks is another's.
static void *block_again_and_again(void *arg)
{
	while (!may_end) {
		unblock_signal(SIGUSR1);
		block_signal(SIGUSR1);
	}
	return arg;
}

TEST(thread_signal_not_lost_when_blocked)
{
	pthread_t thread[2];

	on_signal(SIGUSR1, note_tid, 0);
	block_signal(SIGUSR1);
	for (int i = 0; i < 2; i++)
		thread[i] = start_thread(block_again_and_again, NULL);
	for (int i = 1; i <= 300; i++) {
		CHECK_SYS(kill(getpid(), SIGUSR1));
		while (__atomic_load_n(&handled, __ATOMIC_SEQ_CST) < i)
			sched_yield();
	}
	set_word(&may_end, 1);
	for (int i = 0; i < 2; i++)
		join_thread(thread[i]);
	CHECK_EQ(handled, 300);
}

TEST(thread_signal_errors)
{
	pthread_t peer = start_peer(SIGUSR1, true);
	pid_t tid = peer_tid, child = CHECK_SYS(fork());

	if (child == 0) {
		pause();
		_exit(0);
	}
	CHECK_ERRNO(tgkill_it(getpid(), tid, 65), EINVAL);
	CHECK_ERRNO(tgkill_it(getpid(), tid, -1), EINVAL);
	CHECK_ERRNO(tgkill_it(0, tid, 0), EINVAL);
	CHECK_ERRNO(tgkill_it(getpid(), 0, 0), EINVAL);
	CHECK_ERRNO(tgkill_it(-1, tid, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_tkill, 0, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_tkill, tid, 65), EINVAL);
	CHECK_ERRNO(tgkill_it(child, tid, 0), ESRCH);
	CHECK_ERRNO(tgkill_it(tid, tid, 0), ESRCH);
	CHECK_SYS(tgkill_it(getpid(), tid, 0));
	end_peer(peer);
	while (tgkill_it(getpid(), tid, 0) == 0)	// who joins is woken before it is gone
		sched_yield();
	CHECK_EQ(errno, ESRCH);
	CHECK_ERRNO(syscall(SYS_tkill, tid, SIGUSR1), ESRCH);
	CHECK_SYS(kill(child, SIGKILL));
	CHECK_KILLED(child, SIGKILL);
}

static siginfo_t seen_info;

static void note_info(int sig, siginfo_t *info, void *context)
{
	(void)context;
	seen_info = *info;
	note_tid(sig);
}

TEST(thread_signal_info)
{
	struct sigaction action = { .sa_sigaction = note_info, .sa_flags = SA_SIGINFO };
	union sigval value = { .sival_int = 42 };

	CHECK_SYS(sigaction(SIGUSR1, &action, NULL));
	CHECK_SYS(tgkill_it(getpid(), getpid(), SIGUSR1));
	CHECK_EQ(seen_info.si_code, SI_TKILL);
	CHECK_EQ(seen_info.si_pid, getpid());
	CHECK_EQ(pthread_sigqueue(pthread_self(), SIGUSR1, value), 0);
	CHECK_EQ(seen_info.si_code, SI_QUEUE);
	CHECK_EQ(seen_info.si_value.sival_int, 42);
	CHECK_SYS(kill(getpid(), SIGUSR1));
	CHECK_EQ(seen_info.si_code, SI_USER);
}

/* --- waiting for signals --- */

static void *wait_for_signal(void *arg)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, (long)arg);
	set_word(&peer_tid, own_tid());
	return (void *)(long)(sigwait(&set, &sig) == 0 ? sig : -1);
}

TEST(thread_signal_sigwait)
{
	pthread_t thread;

	block_signal(SIGTERM);			// would end the process
	thread = start_thread(wait_for_signal, (void *)SIGTERM);
	until_set(&peer_tid);
	until_thread_is(peer_tid, 'S');
	CHECK_SYS(kill(getpid(), SIGTERM));
	CHECK_EQ((long)join_thread(thread), SIGTERM);
}

// A queue of its own: two threads that wait get one each.
TEST(thread_signal_sigwait_two)
{
	pthread_t thread[2];

	block_signal(SIGRTMIN);
	for (int i = 0; i < 2; i++)
		thread[i] = start_thread(wait_for_signal, (void *)(long)SIGRTMIN);
	CHECK_SYS(kill(getpid(), SIGRTMIN));
	CHECK_SYS(kill(getpid(), SIGRTMIN));
	for (int i = 0; i < 2; i++)
		CHECK_EQ((long)join_thread(thread[i]), SIGRTMIN);
}

static int taken;

static void *take_until_all(void *arg)
{
	struct timespec minute = { 60, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	while (__atomic_load_n(&taken, __ATOMIC_ACQUIRE) < 600) {
		int sig = sigtimedwait(&set, NULL, &minute);

		CHECK(sig == SIGRTMIN || (sig < 0 && errno == EINTR));	// no time ran out
		if (sig == SIGRTMIN)
			__atomic_add_fetch(&taken, 1, __ATOMIC_RELEASE);
	}
	return arg;
}

// Who is woken and finds that the other has taken the signal was interrupted, and no time ran out.
TEST(thread_signal_taken_by_another)
{
	pthread_t thread[2];

	block_signal(SIGRTMIN);
	for (int i = 0; i < 2; i++)
		thread[i] = start_thread(take_until_all, NULL);
	for (int sent = 0; sent < 601; sent++) {	// one more for who waits at the end
		CHECK_SYS(kill(getpid(), SIGRTMIN));
		while (sent - __atomic_load_n(&taken, __ATOMIC_ACQUIRE) > 10)
			sched_yield();
	}
	for (int i = 0; i < 2; i++)
		join_thread(thread[i]);
}

/* --- faults and calls that signal their caller --- */

static void *fault_on_stack(void *arg)
{
	stack_t stack = { .ss_sp = arg, .ss_size = 16 * PAGE };

	CHECK_SYS(sigaltstack(&stack, NULL));
	set_word(&peer_tid, own_tid());
	CHECK_SYS(raise(SIGUSR1));
	stack.ss_flags = SS_DISABLE;
	CHECK_SYS(sigaltstack(&stack, NULL));
	return NULL;
}

static char *volatile handler_sp;

static void note_sp(int sig)
{
	note_tid(sig);
	handler_sp = __builtin_frame_address(0);
}

// Each thread has an alternate stack of its own, and a new one has none.
TEST(thread_signal_altstack)
{
	static char first[16 * PAGE], second[16 * PAGE];
	stack_t stack = { .ss_sp = first, .ss_size = sizeof(first) };

	on_signal(SIGUSR1, note_sp, SA_ONSTACK);
	CHECK_SYS(sigaltstack(&stack, NULL));
	join_thread(start_thread(fault_on_stack, second));
	CHECK(handler_sp > second && handler_sp <= second + sizeof(second));
	CHECK_SYS(sigaltstack(NULL, &stack));
	CHECK(stack.ss_sp == first);
	CHECK_SYS(raise(SIGUSR1));
	CHECK(handler_sp > first && handler_sp <= first + sizeof(first));
}

static void *write_to_closed_pipe(void *arg)
{
	set_word(&peer_tid, own_tid());
	CHECK_ERRNO(write(*(int *)arg, "x", 1), EPIPE);
	return NULL;
}

TEST(thread_signal_sigpipe_is_the_writers)
{
	int fd[2];

	on_signal(SIGPIPE, note_tid, 0);
	CHECK_SYS(pipe(fd));
	CHECK_SYS(close(fd[0]));
	join_thread(start_thread(write_to_closed_pipe, &fd[1]));
	CHECK_EQ(handled, 1);
	CHECK_EQ(handler_tid, peer_tid);
}

static void skip_fault(int sig)
{
	note_tid(sig);
	syscall(SYS_exit, 0);
}

static void *fault(void *arg)
{
	set_word(&peer_tid, own_tid());
	*(volatile int *)8 = 1;
	return arg;
}

TEST(thread_signal_fault_is_the_faulters)
{
	on_signal(SIGSEGV, skip_fault, 0);
	start_thread(fault, NULL);
	until_handled(1);
	CHECK_EQ(handler_tid, peer_tid);
}

/* --- default actions are the process's --- */

TEST(thread_signal_default_ends_all)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		pthread_t peer = start_thread(wait_for_end, NULL);

		until_set(&peer_tid);
		CHECK_SYS(tgkill_it(getpid(), peer_tid, SIGTERM));
		end_peer(peer);
		_exit(0);
	}
	CHECK_KILLED(pid, SIGTERM);
}

static void *spin(void *arg)
{
	set_word(&peer_tid, own_tid());
	while (!may_end)
		__atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
	return NULL;
}

// A stop stops all threads, and SIGCONT lets all go on.
TEST(thread_signal_stop_and_continue)
{
	volatile int *count = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				   -1, 0);
	char path[80];
	int status, before;
	pid_t pid;

	CHECK(count != MAP_FAILED);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		start_thread(spin, (void *)count);
		until_set(&peer_tid);
		count[1] = peer_tid;
		for (;;)
			pause();
	}
	until_set(&count[1]);
	for (int i = 0; i < 5; i++) {
		CHECK_SYS(syscall(SYS_tkill, i % 2 ? count[1] : pid, SIGSTOP));
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
		CHECK_EQ(thread_state(pid, pid), 'T');
		CHECK_EQ(thread_state(pid, count[1]), 'T');
		before = count[0];
		nap(10 * MS);
		CHECK_EQ(count[0], before);
		CHECK_SYS(kill(pid, SIGCONT));
		CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
		CHECK(WIFCONTINUED(status));
		while (count[0] == before)
			nap(MS);
	}
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	CHECK_EQ(proc_field(path, "Threads"), 2);
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

// A thread that is born, or ends, while the others stop changes nothing.
static void *come_and_go(void *arg)
{
	for (;;)
		join_thread(start_thread(wait_for_end, NULL));
	return arg;
}

TEST(thread_signal_stop_while_threads_come_and_go)
{
	int status;
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		set_word(&may_end, 1);
		start_thread(come_and_go, NULL);
		come_and_go(NULL);
	}
	for (int i = 0; i < 50; i++) {
		CHECK_SYS(kill(pid, SIGSTOP));
		CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status));
		CHECK_SYS(kill(pid, SIGCONT));
		CHECK_EQ(waitpid(pid, &status, WCONTINUED), pid);
		CHECK(WIFCONTINUED(status));
	}
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

TEST(thread_signal_kill_while_stopped)
{
	int status;
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		start_thread(wait_for_end, NULL);
		start_thread(wait_for_end, NULL);
		until_set(&peer_tid);
		CHECK_SYS(kill(getpid(), SIGSTOP));
		_exit(1);
	}
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

/* --- timers and limits are the process's --- */

TEST(thread_signal_itimer)
{
	struct itimerval timer = { .it_value.tv_usec = 20000 };
	pthread_t peer = start_peer(SIGALRM, true);

	CHECK_SYS(setitimer(ITIMER_REAL, &timer, NULL));
	until_handled(1);
	CHECK_EQ(handler_tid, peer_tid);
	end_peer(peer);
}

static void *burn_until_end(void *arg)
{
	while (!may_end)
		;
	return arg;
}

// The time of all threads counts together.
TEST(thread_signal_itimer_prof)
{
	struct itimerval timer = { .it_value.tv_usec = 100000 };
	pthread_t thread[2];
	long long begin;

	on_signal(SIGPROF, note_tid, 0);
	begin = now(CLOCK_PROCESS_CPUTIME_ID);
	CHECK_SYS(setitimer(ITIMER_PROF, &timer, NULL));
	for (int i = 0; i < 2; i++)
		thread[i] = start_thread(burn_until_end, NULL);
	until_handled(1);
	CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - begin >= 90 * MS);
	set_word(&may_end, 1);
	for (int i = 0; i < 2; i++)
		join_thread(thread[i]);
}

TEST(thread_signal_cpu_limit)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		struct rlimit limit = { 1, 60 };

		CHECK_SYS(setrlimit(RLIMIT_CPU, &limit));
		for (int i = 0; i < 3; i++)
			start_thread(burn_until_end, NULL);
		burn_until_end(NULL);
	}
	CHECK_KILLED(pid, SIGXCPU);
}

/* --- the C library's cancellation, which is a signal --- */

static volatile int cleaned;

static void clean_up(void *arg)
{
	cleaned = (long)arg;
}

static void *read_for_ever(void *arg)
{
	char byte;

	pthread_cleanup_push(clean_up, (void *)5L);
	set_word(&peer_tid, own_tid());
	CHECK_EQ(read(*(int *)arg, &byte, 1), 1);
	pthread_cleanup_pop(0);
	return NULL;
}

TEST(thread_cancel_in_a_call)
{
	int fd[2];
	pthread_t thread;

	CHECK_SYS(pipe(fd));
	thread = start_thread(read_for_ever, &fd[0]);
	until_set(&peer_tid);
	until_thread_is(peer_tid, 'S');
	CHECK_EQ(pthread_cancel(thread), 0);
	CHECK(join_thread(thread) == PTHREAD_CANCELED);
	CHECK_EQ(cleaned, 5);
}

static void *spin_asynchronously(void *arg)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	set_word(&peer_tid, own_tid());
	for (;;)
		;
	return arg;
}

TEST(thread_cancel_at_any_moment)
{
	pthread_t thread = start_thread(spin_asynchronously, NULL);

	until_set(&peer_tid);
	CHECK_EQ(pthread_cancel(thread), 0);
	CHECK(join_thread(thread) == PTHREAD_CANCELED);
}
