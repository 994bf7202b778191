// SPDX-License-Identifier: MIT
/*
 * efault.c - a bad pointer in any system call is EFAULT, and nothing else happens
 *
 * A row is a call with BAD in place of one pointer. It is made once with each kind of bad
 * address: NULL unless that means something, an address of the kernel, one of no canonical
 * form, a page that is not mapped, one without any right, and, for a pointer through which the
 * kernel writes, a page that is read-only.
 */
#include "user/usertests/usertests.h"
#include "user/usertests/arch.h"
#include <grp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/uio.h>

#define BAD	0x0badbadbadL
#define AT	AT_FDCWD
#define S(text)	((long)(text))

enum { NULL_IS_BAD = 0, NULL_IS_FINE = 1, KERNEL_WRITES = 2 };

struct row {
	const char *name;
	int flags;
	long number;
	long argument[6];
};

#define ROW(flags_, call_, ...)							\
	{ #call_ "(" #__VA_ARGS__ ")", flags_, SYS_##call_, { __VA_ARGS__ } }

// Filled by prepare(): the rows below are built at run time and may use them.
static int file, dir, pipe_in, pipe_out;
static pid_t zombie;
static char scratch[512], *unmapped, *forbidden, *read_only;
static struct timespec zero_time;

static void prepare(void)
{
	int fd[2];
	siginfo_t info;
	char *area = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	read_only = area;
	forbidden = area + 4096;
	unmapped = area + 2 * 4096;
	CHECK_SYS(mprotect(forbidden, 4096, PROT_NONE));
	CHECK_SYS(munmap(unmapped, 4096));
	put_file("f", "0123456789abcdef");
	CHECK_SYS(symlink("f", "link"));
	file = CHECK_SYS(open("f", O_RDWR));
	dir = CHECK_SYS(open(".", O_RDONLY));
	CHECK_SYS(pipe(fd));
	pipe_in = fd[0];
	pipe_out = fd[1];
	CHECK_EQ(write(pipe_out, "0123456789abcdef", 16), 16);
	zombie = CHECK_SYS(fork());
	if (zombie == 0)
		_exit(0);
	CHECK_SYS(waitid(P_PID, zombie, &info, WEXITED | WNOWAIT));
}

static void try(const struct row *row, long address)
{
	const long *a = row->argument;
	long args[6], result;

	for (int i = 0; i < 6; i++)
		args[i] = a[i] == BAD ? address : a[i];
	errno = 0;
	result = syscall(row->number, args[0], args[1], args[2], args[3], args[4], args[5]);
	if (result != -1 || errno != EFAULT)
		fail_later(HERE(row->name), "with BAD = %#lx: want EFAULT, got %ld %s", address,
			   result, result == -1 ? errno_name(errno) : "");
}

static void try_all(const struct row *rows, size_t count)
{
	for (const struct row *row = rows; row < rows + count; row++) {
		if (!(row->flags & NULL_IS_FINE))
			try(row, 0);
		try(row, (long)KERNEL_ADDRESS);
		try(row, (long)WILD_ADDRESS);
		try(row, (long)unmapped);
		try(row, (long)forbidden);
		if (row->flags & KERNEL_WRITES)
			try(row, (long)read_only);
	}
	CHECK_EQ(lseek(file, 0, SEEK_CUR), 0);
	CHECK_CONTENT("f", "0123456789abcdef");
}

TEST(efault_read_and_write)
{
	prepare();

	const struct row rows[] = {
		ROW(KERNEL_WRITES, read, file, BAD, 8),
		ROW(KERNEL_WRITES, read, pipe_in, BAD, 8),
		ROW(NULL_IS_BAD, write, file, BAD, 8),
		ROW(NULL_IS_BAD, write, pipe_out, BAD, 8),
		ROW(KERNEL_WRITES, pread64, file, BAD, 8, 0),
		ROW(NULL_IS_BAD, pwrite64, file, BAD, 8, 0),
		ROW(NULL_IS_BAD, readv, file, BAD, 2),
		ROW(NULL_IS_BAD, writev, file, BAD, 2),
		ROW(NULL_IS_BAD, preadv, file, BAD, 2, 0, 0),
		ROW(NULL_IS_BAD, pwritev, file, BAD, 2, 0, 0),
		ROW(KERNEL_WRITES, getdents64, dir, BAD, 1000),
		ROW(KERNEL_WRITES, pipe2, BAD, 0),
		ROW(KERNEL_WRITES, fcntl, file, F_GETLK, BAD),
		ROW(NULL_IS_BAD, fcntl, file, F_SETLK, BAD),
	};
	try_all(rows, ARRAY_SIZE(rows));
}

TEST(efault_paths)
{
	prepare();

	const struct row rows[] = {
		ROW(NULL_IS_BAD, openat, AT, BAD, O_RDONLY),
		ROW(NULL_IS_BAD, openat, AT, BAD, O_RDWR | O_CREAT, 0644),
		ROW(NULL_IS_BAD, mkdirat, AT, BAD, 0755),
		ROW(NULL_IS_BAD, mknodat, AT, BAD, S_IFIFO | 0644, 0),
		ROW(NULL_IS_BAD, unlinkat, AT, BAD, 0),
		ROW(NULL_IS_BAD, unlinkat, AT, BAD, AT_REMOVEDIR),
		ROW(NULL_IS_BAD, linkat, AT, BAD, AT, S("x"), 0),
		ROW(NULL_IS_BAD, linkat, AT, S("f"), AT, BAD, 0),
		ROW(NULL_IS_BAD, symlinkat, BAD, AT, S("x")),
		ROW(NULL_IS_BAD, symlinkat, S("x"), AT, BAD),
		ROW(NULL_IS_BAD, readlinkat, AT, BAD, S(scratch), 10),
		ROW(NULL_IS_BAD, renameat2, AT, BAD, AT, S("x"), 0),
		ROW(NULL_IS_BAD, renameat2, AT, S("f"), AT, BAD, 0),
		ROW(NULL_IS_BAD, faccessat, AT, BAD, 0),
		ROW(NULL_IS_BAD, faccessat2, AT, BAD, 0, 0),
		ROW(NULL_IS_BAD, fchmodat, AT, BAD, 0644),
		ROW(NULL_IS_BAD, fchownat, AT, BAD, 0, 0, 0),
		ROW(NULL_IS_BAD, truncate, BAD, 0),
		ROW(NULL_IS_BAD, chdir, BAD),
		ROW(NULL_IS_BAD, statfs, BAD, S(scratch)),
		ROW(NULL_IS_BAD, newfstatat, AT, BAD, S(scratch), 0),
		ROW(NULL_IS_BAD, statx, AT, BAD, 0, STATX_SIZE, S(scratch)),
		ROW(NULL_IS_BAD, utimensat, AT, BAD, 0, 0),
		ROW(NULL_IS_BAD, mount, S("none"), BAD, S("proc"), 0, 0),
		ROW(NULL_IS_BAD, umount2, BAD, 0),
		ROW(NULL_IS_BAD, execve, BAD, 0, 0),
	};
	try_all(rows, ARRAY_SIZE(rows));
}

TEST(efault_file_results)
{
	prepare();

	const struct row rows[] = {
		ROW(KERNEL_WRITES, fstat, file, BAD),
		ROW(KERNEL_WRITES, newfstatat, AT, S("f"), BAD, 0),
		ROW(KERNEL_WRITES, statx, AT, S("f"), 0, STATX_SIZE, BAD),
		ROW(KERNEL_WRITES, statfs, S("/"), BAD),
		ROW(KERNEL_WRITES, fstatfs, file, BAD),
		ROW(KERNEL_WRITES, readlinkat, AT, S("link"), BAD, 10),
		ROW(KERNEL_WRITES, getcwd, BAD, 300),
		ROW(NULL_IS_FINE, utimensat, AT, S("f"), BAD, 0),
		ROW(NULL_IS_FINE | KERNEL_WRITES, pselect6, 5, BAD, 0, 0, S(&zero_time), 0),
		ROW(NULL_IS_FINE | KERNEL_WRITES, pselect6, 5, 0, BAD, 0, S(&zero_time), 0),
		ROW(NULL_IS_FINE, pselect6, 0, 0, 0, 0, BAD, 0),
		ROW(NULL_IS_BAD, ppoll, BAD, 1, S(&zero_time), 0),
		ROW(NULL_IS_FINE, ppoll, 0, 0, BAD, 0),
		ROW(NULL_IS_FINE, ppoll, 0, 0, S(&zero_time), BAD, 8),
	};
	try_all(rows, ARRAY_SIZE(rows));
}

TEST(efault_signals)
{
	prepare();

	const struct row rows[] = {
		ROW(NULL_IS_FINE, rt_sigaction, SIGUSR1, BAD, 0, 8),
		ROW(NULL_IS_FINE | KERNEL_WRITES, rt_sigaction, SIGUSR1, 0, BAD, 8),
		ROW(NULL_IS_FINE, rt_sigprocmask, SIG_BLOCK, BAD, 0, 8),
		ROW(NULL_IS_FINE | KERNEL_WRITES, rt_sigprocmask, SIG_BLOCK, 0, BAD, 8),
		ROW(KERNEL_WRITES, rt_sigpending, BAD, 8),
		ROW(NULL_IS_BAD, rt_sigsuspend, BAD, 8),
		ROW(NULL_IS_BAD, rt_sigtimedwait, BAD, 0, S(&zero_time), 8),
		ROW(NULL_IS_FINE, rt_sigtimedwait, S(scratch), 0, BAD, 8),
		ROW(NULL_IS_BAD, rt_sigqueueinfo, getpid(), SIGUSR1, BAD),
		ROW(NULL_IS_FINE, sigaltstack, BAD, 0),
		ROW(NULL_IS_FINE | KERNEL_WRITES, sigaltstack, 0, BAD),
	};
	try_all(rows, ARRAY_SIZE(rows));
}

TEST(efault_time)
{
	prepare();

	const struct row rows[] = {
		ROW(KERNEL_WRITES, clock_gettime, CLOCK_MONOTONIC, BAD),
		ROW(KERNEL_WRITES, clock_gettime, CLOCK_PROCESS_CPUTIME_ID, BAD),
		ROW(NULL_IS_FINE | KERNEL_WRITES, clock_getres, CLOCK_MONOTONIC, BAD),
		ROW(NULL_IS_BAD, nanosleep, BAD, 0),
		ROW(NULL_IS_BAD, clock_nanosleep, CLOCK_MONOTONIC, 0, BAD, 0),
		ROW(NULL_IS_FINE | KERNEL_WRITES, gettimeofday, BAD, 0),
		ROW(NULL_IS_FINE, setitimer, ITIMER_REAL, BAD, 0),
		ROW(NULL_IS_FINE | KERNEL_WRITES, setitimer, ITIMER_REAL, S(scratch), BAD),
		ROW(NULL_IS_FINE | KERNEL_WRITES, times, BAD),
	};
	try_all(rows, ARRAY_SIZE(rows));
}

TEST(efault_process)
{
	gid_t groups[3] = { 1, 2, 3 };

	prepare();
	CHECK_SYS(setgroups(3, groups));

	const struct row rows[] = {
		ROW(NULL_IS_FINE | KERNEL_WRITES, waitid, P_PID, zombie, BAD, WEXITED | WNOWAIT, 0),
		ROW(NULL_IS_FINE, prlimit64, 0, 7, BAD, 0),
		ROW(NULL_IS_FINE | KERNEL_WRITES, prlimit64, 0, 7, 0, BAD),
		ROW(KERNEL_WRITES, getrlimit, 7, BAD),
		ROW(KERNEL_WRITES, getrusage, 0, BAD),
		ROW(KERNEL_WRITES, uname, BAD),
		ROW(KERNEL_WRITES, sysinfo, BAD),
		ROW(KERNEL_WRITES, getrandom, BAD, 8, 0),
		ROW(KERNEL_WRITES, sched_getaffinity, 0, 128, BAD),
		ROW(NULL_IS_BAD, sched_setaffinity, 0, 128, BAD),
		ROW(KERNEL_WRITES, getresuid, BAD, S(scratch), S(scratch)),
		ROW(KERNEL_WRITES, getresgid, S(scratch), S(scratch), BAD),
		ROW(KERNEL_WRITES, getgroups, 8, BAD),
		ROW(NULL_IS_BAD, setgroups, 3, BAD),
		ROW(NULL_IS_BAD, prctl, PR_SET_NAME, BAD),
		ROW(KERNEL_WRITES, prctl, PR_GET_NAME, BAD),
		ROW(NULL_IS_FINE, execve, S(program("show")), BAD, 0),
		ROW(NULL_IS_FINE, execve, S(program("show")), 0, BAD),
	};
	try_all(rows, ARRAY_SIZE(rows));
}

TEST(efault_syslog)
{
	prepare();
	CHECK(syscall(SYS_syslog, 3, malloc(8192), 8192) > 0);	// there is something to copy

	const struct row rows[] = {
		ROW(NULL_IS_FINE | KERNEL_WRITES, syslog, 3, BAD, 4000),
	};
	try_all(rows, ARRAY_SIZE(rows));
}

TEST(efault_vectors_behind_a_good_array)
{
	prepare();

	struct iovec in[] = { { scratch, 4 }, { unmapped, 4 } };
	struct iovec out[] = { { "good", 4 }, { unmapped, 4 } };

	CHECK_EQ(pwritev(file, out, 2, 0), 4);	// as far as it got
	CHECK_EQ(preadv(file, in, 2, 0), 4);
	CHECK(memcmp(scratch, "good", 4) == 0);
	in[0].iov_base = out[0].iov_base = unmapped;
	CHECK_ERRNO(preadv(file, in, 2, 0), EFAULT);
	CHECK_ERRNO(pwritev(file, out, 2, 0), EFAULT);
	CHECK_CONTENT("f", "good456789abcdef");
}

TEST(efault_wait4_reaps_all_the_same)
{
	prepare();
	CHECK_ERRNO(syscall(SYS_wait4, zombie, unmapped, 0, 0), EFAULT);
	CHECK_ERRNO(waitpid(zombie, NULL, 0), ECHILD);	// Linux has let it go by then
}
