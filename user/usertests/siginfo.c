// SPDX-License-Identifier: MIT
// siginfo.c - what SIGSEGV and SIGBUS say about a bad access
#include "user/usertests/mapping.h"

struct access {
	const char *what;
	char *address;
	bool write;
	int sig, code;
};

static void check_access(const struct access *a)
{
	int sig = touch(a->address, a->write);

	if (sig != a->sig)
		fail_later(HERE(a->what), "want %s, got %s", signal_name(a->sig),
			   signal_name(sig));
	else if (sig && touch_info.si_code != a->code)
		fail_later(HERE(a->what), "want code %d, got %d", a->code, touch_info.si_code);
	else if (sig && touch_info.si_addr != a->address)
		fail_later(HERE(a->what), "want address %p, got %p", a->address,
			   touch_info.si_addr);
	else if (sig && touch_info.si_signo != sig)
		fail_later(HERE(a->what), "si_signo is %d", touch_info.si_signo);
}

TEST(siginfo_of_bad_accesses)
{
	char *hole = find_room(2), *none = map_anon(1, PROT_NONE);
	char *ro = map_anon(1, PROT_READ), *rx = map_anon(1, PROT_READ | PROT_EXEC);
	char *file = map_new_file("f", 1, RW, MAP_SHARED), *tail;
	const struct access table[] = {
		{ "hole, read", hole + 123, false, SIGSEGV, SEGV_MAPERR },
		{ "hole, write", hole + 123, true, SIGSEGV, SEGV_MAPERR },
		{ "page 0", (char *)8, false, SIGSEGV, SEGV_MAPERR },
		{ "kernel, read", (char *)-PAGE, false, SIGSEGV, SEGV_MAPERR },
		{ "kernel, write", (char *)0xffffffd800001000, true, SIGSEGV, SEGV_MAPERR },
		{ "end of the lower half", (char *)TASK_END, true, SIGSEGV, SEGV_MAPERR },
		{ "inaccessible, read", none + 4095, false, SIGSEGV, SEGV_ACCERR },
		{ "inaccessible, write", none, true, SIGSEGV, SEGV_ACCERR },
		{ "read-only, write", ro + 7, true, SIGSEGV, SEGV_ACCERR },
		{ "read-only, read", ro + 7, false, 0, 0 },
		{ "text, write", rx + 8, true, SIGSEGV, SEGV_ACCERR },
		{ "program's text, write", (char *)check_access, true, SIGSEGV, SEGV_ACCERR },
		{ "file, behind its end", file + 17, false, SIGBUS, BUS_ADRERR },
		{ "file, behind its end", file + 17, true, SIGBUS, BUS_ADRERR },
	};

	CHECK_SYS(truncate("f", 0));
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		check_access(&table[i]);
	tail = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, make_pages("g", 1), 0);
	check_access(&(struct access){ "behind, read-only, write", tail + PAGE, true, SIGSEGV,
				       SEGV_ACCERR });
	check_access(&(struct access){ "behind, read-only", tail + PAGE, false, SIGBUS,
				       BUS_ADRERR });
}

// Jumps to the address; the signal comes back as from touch().
static int run_at(char *address)
{
	pid_t pid = CHECK_SYS(fork());
	int status;

	if (pid == 0) {
		((void (*)(void))address)();
		_exit(0);
	}
	CHECK_SYS(waitpid(pid, &status, 0));
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(siginfo_of_bad_jumps)
{
	char *file = map_new_file("f", 1, PROT_READ | PROT_EXEC, MAP_PRIVATE);

	CHECK_EQ(run_at(map_anon(1, RW)), SIGSEGV);
	CHECK_EQ(run_at(map_anon(1, PROT_NONE)), SIGSEGV);
	CHECK_EQ(run_at(find_room(1)), SIGSEGV);
	CHECK_SYS(truncate("f", 0));
	CHECK_EQ(run_at(file), SIGBUS);
	CHECK_EQ(run_at(map_anon(1, PROT_READ | PROT_EXEC)), SIGILL);	// zeroes
}

TEST(siginfo_across_two_pages)
{
	// The address is that of the first byte that cannot be had.
	char *p = map_anon(2, RW);
	volatile uint64_t *across = (uint64_t *)(p + PAGE - 4);
	int sig;

	CHECK_SYS(munmap(p + PAGE, PAGE));
	sig = touch((char *)across, false);
	CHECK_EQ(sig, 0);
	CHECK_EQ(READ_SIGNAL(p + PAGE), SIGSEGV);
	CHECK(touch_info.si_addr == p + PAGE);
}

TEST(siginfo_kernel_copies_give_efault)
{
	// Where the user would get a signal, a system call gives EFAULT and no signal comes.
	char *ro = map_anon(1, PROT_READ), *none = map_anon(1, PROT_NONE), *hole = find_room(1);
	char *file = map_new_file("f", 1, RW, MAP_SHARED);
	char *const bad_to_write[] = { ro, none, hole, file, (char *)TASK_END, (char *)-PAGE };
	int fd[2];

	CHECK_SYS(truncate("f", 0));
	CHECK_SYS(pipe(fd));
	CHECK_EQ(write(fd[1], "x", 1), 1);
	for (size_t i = 0; i < ARRAY_SIZE(bad_to_write); i++) {
		CHECK_ERRNO(read(fd[0], bad_to_write[i], 1), EFAULT);
		CHECK_ERRNO(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, (void *)bad_to_write[i]),
			    EFAULT);
		if (i > 0)
			CHECK_ERRNO(write(fd[1], bad_to_write[i], 1), EFAULT);
	}
	CHECK_EQ(write(fd[1], ro, 1), 1);
	CHECK_EQ(read(fd[0], (char[2]){}, 2), 2);	// nothing was lost
}
