// SPDX-License-Identifier: MIT
// limits.c - resource limits, and what has been used
#include "user/usertests/usertests.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/times.h>

static void limit_to(int resource, rlim_t soft, rlim_t hard)
{
	CHECK_SYS(setrlimit(resource, &(struct rlimit){ soft, hard }));
}

TEST(limits_get_and_set)
{
	struct rlimit old, got;

	CHECK_SYS(prlimit(0, RLIMIT_NOFILE, NULL, &old));
	CHECK_SYS(prlimit(0, RLIMIT_NOFILE, &(struct rlimit){ 50, 60 }, &got));
	CHECK_EQ(got.rlim_cur, old.rlim_cur);
	CHECK_SYS(getrlimit(RLIMIT_NOFILE, &got));
	CHECK_EQ(got.rlim_cur, 50);
	CHECK_EQ(got.rlim_max, 60);
	CHECK_SYS(syscall(SYS_getrlimit, RLIMIT_NOFILE, &got));
	CHECK_EQ(got.rlim_cur, 50);
	CHECK_EQ(sysconf(_SC_OPEN_MAX), 50);
}

TEST(limits_errors)
{
	struct rlimit limit = { 10, 5 };

	CHECK_ERRNO(prlimit(0, RLIMIT_NOFILE, &limit, NULL), EINVAL);
	CHECK_ERRNO(prlimit(0, 99, NULL, &limit), EINVAL);
	CHECK_ERRNO(prlimit(INT_MAX, RLIMIT_NOFILE, NULL, &limit), ESRCH);
}

TEST(limits_hard_limit_binds_nobody)
{
	limit_to(RLIMIT_NOFILE, 50, 60);
	AS_NOBODY {
		limit_to(RLIMIT_NOFILE, 60, 60);
		limit_to(RLIMIT_NOFILE, 20, 40);
		CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 20, 41 }), EPERM);
		CHECK_ERRNO(prlimit(getppid(), RLIMIT_NOFILE, NULL, &(struct rlimit){}), EPERM);
	}
}

TEST(limits_root_raises_hard_limit)
{
	enum { CAP_SYS_RESOURCE_BIT = 24 };
	char text[4096], *caps;

	slurp("/proc/self/status", text, sizeof(text));
	caps = strstr(text, "CapEff:");
	if (caps && !(strtoull(caps + 7, NULL, 16) >> CAP_SYS_RESOURCE_BIT & 1))
		skip("root is without CAP_SYS_RESOURCE here");
	limit_to(RLIMIT_NOFILE, 50, 60);
	limit_to(RLIMIT_NOFILE, 50, 70);
}

TEST(limits_of_another_process)
{
	struct rlimit got;
	struct gate gate;
	pid_t pid;

	gate_make(&gate);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		gate_wait(&gate);
		CHECK_SYS(getrlimit(RLIMIT_NOFILE, &got));
		CHECK_EQ(got.rlim_cur, 33);
		finish();
	}
	CHECK_SYS(prlimit(pid, RLIMIT_NOFILE, &(struct rlimit){ 33, 44 }, NULL));
	CHECK_SYS(prlimit(pid, RLIMIT_NOFILE, NULL, &got));
	CHECK_EQ(got.rlim_max, 44);
	gate_open(&gate);
	CHECK_EXIT(pid, 0);
}

TEST(limits_open_files)
{
	int fd[2];

	limit_to(RLIMIT_NOFILE, 10, 10);
	for (int i = 3; i < 9; i++)
		CHECK_EQ(open("/dev/null", O_RDONLY), i);
	CHECK_ERRNO(pipe(fd), EMFILE);		// needs two, and leaves none behind
	CHECK_EQ(dup(0), 9);
	CHECK_ERRNO(dup(0), EMFILE);
	CHECK_ERRNO(open("/dev/null", O_RDONLY), EMFILE);
	CHECK_ERRNO(dup2(0, 10), EBADF);
	CHECK_ERRNO(fcntl(0, F_DUPFD, 10), EINVAL);
	CHECK_SYS(close(5));
	CHECK_EQ(fcntl(0, F_DUPFD, 0), 5);
}

TEST(limits_file_size)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0644));

	on_signal(SIGXFSZ, count_signal, 0);
	limit_to(RLIMIT_FSIZE, 1000, 1000);
	CHECK_EQ(write(fd, (char[600]){}, 600), 600);
	CHECK_EQ(write(fd, (char[600]){}, 600), 400);
	CHECK_EQ(signals_seen, 0);
	CHECK_ERRNO(write(fd, "x", 1), EFBIG);
	CHECK_EQ(signals_seen, 1);
	CHECK_ERRNO(ftruncate(fd, 1001), EFBIG);
	CHECK_SYS(ftruncate(fd, 1000));
}

TEST(limits_address_space)
{
	enum { SIZE = 64 << 20 };
	void *p;

	limit_to(RLIMIT_AS, SIZE, SIZE);
	CHECK(mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENOMEM);
	p = mmap(NULL, SIZE / 2, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK(mmap(NULL, SIZE / 2, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK_SYS(munmap(p, SIZE / 2));
	CHECK(mmap(NULL, SIZE / 2, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

TEST(limits_data_segment)
{
	char *end = sbrk(0);
	rlim_t limit = proc_field("/proc/self/status", "VmData") * 1024 + (4 << 20);

	limit_to(RLIMIT_DATA, limit, limit);
	CHECK_ERRNO(brk(end + (64 << 20)), ENOMEM);
	CHECK(sbrk(0) == end);
	CHECK(sbrk(1 << 20) == end);
	end[(1 << 20) - 1] = 1;
}

// These limits count what belongs to a uid, wherever it runs: take one that nobody else has.
static void become_a_new_user(void)
{
	uid_t uid = 1000000 + getpid();

	CHECK_SYS(setresuid(uid, uid, uid));
}

TEST(limits_processes)
{
	limit_to(RLIMIT_NPROC, 6, 6);
	IN_CHILD {
		int started = 0;
		pid_t pid;

		become_a_new_user();
		while (started < 20 && (pid = fork()) >= 0) {
			if (pid == 0)
				for (;;)
					pause();
			started++;
		}
		CHECK_EQ(errno, EAGAIN);
		CHECK(started >= 1 && started <= 5);
	}
	IN_CHILD {	// root is exempt
		for (int i = 0; i < 8; i++)
			if (CHECK_SYS(fork()) == 0)
				_exit(0);
		while (wait(NULL) > 0)
			;
	}
}

TEST(limits_pending_signals)
{
	union sigval value = {};
	sigset_t pending;

	limit_to(RLIMIT_SIGPENDING, 4, 4);
	IN_CHILD {
		become_a_new_user();
		block_signal(SIGRTMIN);
		for (int i = 0; i < 4; i++)
			CHECK_SYS(sigqueue(getpid(), SIGRTMIN, value));
		CHECK_ERRNO(sigqueue(getpid(), SIGRTMIN, value), EAGAIN);
		block_signal(SIGUSR1);
		CHECK_SYS(kill(getpid(), SIGUSR1));	// needs no memory, so it always arrives
		CHECK_SYS(sigpending(&pending));
		CHECK(sigismember(&pending, SIGUSR1));
	}
}

TEST(limits_cpu_seconds)
{
	DIES_BY(SIGXCPU) {
		limit_to(RLIMIT_CPU, 1, 3);
		burn_cpu(20 * SEC);
	}
}

static long long microseconds(struct timeval tv)
{
	return tv.tv_sec * 1000000LL + tv.tv_usec;
}

TEST(limits_getrusage)
{
	struct rusage before, after;
	const size_t size = 1 << 20;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK_SYS(getrusage(RUSAGE_SELF, &before));
	burn_cpu(30 * MS);
	for (size_t i = 0; i < size; i += 4096)
		p[i] = 1;
	CHECK_SYS(getrusage(RUSAGE_SELF, &after));
	CHECK(microseconds(after.ru_utime) + microseconds(after.ru_stime) >=
	      microseconds(before.ru_utime) + microseconds(before.ru_stime) + 20000);
	CHECK(after.ru_minflt > before.ru_minflt);
	CHECK(after.ru_maxrss > 0);
	CHECK_ERRNO(getrusage(7, &after), EINVAL);
}

TEST(limits_times)
{
	struct tms before, after;
	clock_t start = CHECK_SYS(times(&before));
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		burn_cpu(60 * MS);
		_exit(0);
	}
	burn_cpu(60 * MS);
	CHECK_EXIT(pid, 0);
	CHECK(times(&after) - start >= 5);	// ticks of 10 ms
	CHECK(after.tms_utime + after.tms_stime - before.tms_utime - before.tms_stime >= 5);
	CHECK(after.tms_cutime + after.tms_cstime - before.tms_cutime - before.tms_cstime >= 5);
}
