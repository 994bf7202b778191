// SPDX-License-Identifier: MIT
/*
 * any_call.c - any system call with any numbers: whatever it answers, the kernel goes on
 *
 *	usertests any-call					some ten thousand calls, seed 1
 *	SEED=7 SECONDS=600 usertests -t 700 any-call		for ten minutes
 *	SAY=1 usertests any-call				each call, before it is made
 *
 * The numbers are those at which arithmetic ends (the most and the least of 31, 32 and 63 bits,
 * single bits), descriptors, places in memory that holds such numbers, and places that are none.  A
 * process of a user without rights makes them until it dies of one or waits for ever; what it
 * leaves behind is ended with it.
 */
#include "user/usertests/mapping.h"
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define OWN_UID		54321		// nobody else's: all of it is killed
#define MOST_PROCESSES	16
#define CALLS		300		// of a process
#define PROCESSES	60		// one after another
#define LAST_CALL	450
#define ARENA		16UL		// pages
#define FIRST_FD	3
#define SAY_FD		200

// What all of them and who watches have together.
struct shared {
	volatile unsigned long made;		// calls
	volatile bool is_missing[LAST_CALL + 1];
};

struct caller {
	uint64_t random;
	char *arena;
	struct shared *shared;
};

static unsigned long below(struct caller *c, unsigned long limit)
{
	return (random_from(&c->random) >> 33) % limit;
}

static long some_end(struct caller *c)
{
	static const long ends[] = {
		0, -1, LONG_MAX, LONG_MIN, INT_MAX, INT_MIN, UINT_MAX, SHRT_MAX, TASK_END,
		LONG_MAX / SEC, -4095, 1L << 32, 1L << 62,
	};

	return (unsigned long)ends[below(c, ARRAY_SIZE(ends))] + below(c, 3) - 1;
}

static long some_number(struct caller *c)
{
	switch (below(c, 4)) {
	case 0:
		return below(c, 70);
	case 1:
		return 1UL << below(c, 64);
	case 2:
		return PAGE << below(c, 52);
	default:
		return some_end(c);
	}
}

static long some_place(struct caller *c)
{
	unsigned long size = ARENA * PAGE;

	switch (below(c, 6)) {
	case 0:
		return some_end(c);
	case 1:
		return (long)c->arena + size - below(c, 80);
	case 2:
		return (long)c->arena + below(c, size);
	default:
		return (long)c->arena + below(c, size) / 64 * 64;
	}
}

static long some_argument(struct caller *c)
{
	switch (below(c, 5)) {
	case 0:
		return FIRST_FD + below(c, 14);
	case 1:
	case 2:
		return some_place(c);
	default:
		return some_number(c);
	}
}

static const char *const some_paths[] = {
	"f", ".", "/dev/shm/f", "/proc/self/maps", "/proc/self/mem", "/proc/self/pagemap", "zero",
	"/proc/self", "/proc/self/task", "null", "/proc/self/clear_refs", "tty",
};

// Words that are arguments, places of others, or the names of files.
static void fill_arena(struct caller *c)
{
	for (int i = 0; i < 64; i++) {
		char *at = c->arena + below(c, ARENA * PAGE) / 64 * 64;

		if (below(c, 4) == 0) {
			strcpy(at, some_paths[below(c, ARRAY_SIZE(some_paths))]);
			continue;
		}
		for (int word = 0; word < 8; word++)
			((long *)at)[word] = some_argument(c);
	}
}

static long some_call(struct caller *c)
{
	long number;

	do {
		number = below(c, LAST_CALL + 1);
	} while (number == SYS_exit || number == SYS_exit_group || c->shared->is_missing[number]);
	return number;
}

static void open_files(void)
{
	int fd[2];

	if (getenv("SAY"))
		dup2(1, SAY_FD);
	for (int i = 0; i < FIRST_FD; i++)
		dup2(CHECK_SYS(open("null", O_RDWR)), i);
	close_range(FIRST_FD, SAY_FD - 1, 0);
	for (size_t i = 0; i < ARRAY_SIZE(some_paths); i++)
		if (open(some_paths[i], O_RDWR | O_CREAT | O_NONBLOCK, 0644) < 0)
			open(some_paths[i], O_RDONLY);
	if (pipe(fd) < 0)
		_exit(2);
}

static void become_own_user(void)
{
	setgroups(0, NULL);
	CHECK_SYS(setrlimit(RLIMIT_NPROC, &(struct rlimit){ MOST_PROCESSES, MOST_PROCESSES }));
	CHECK_SYS(setgid(OWN_UID));
	CHECK_SYS(setuid(OWN_UID));
}

static void make_calls(struct caller *c)
{
	c->arena = map_anon(ARENA, RW);
	become_own_user();
	setsid();
	open_files();
	for (int i = 0; i < CALLS; i++) {
		long number, a[6];

		if (i % 16 == 0)
			fill_arena(c);
		number = some_call(c);
		for (int j = 0; j < 6; j++)
			a[j] = some_argument(c);
		dprintf(SAY_FD, "%ld %#lx %#lx %#lx %#lx %#lx %#lx\n", number, a[0], a[1], a[2],
			a[3], a[4], a[5]);
		if (syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]) < 0 && errno == ENOSYS)
			c->shared->is_missing[number] = true;
		c->shared->made++;
	}
	_exit(0);
}

// All that this user has.
static void end_all(void)
{
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		become_own_user();
		kill(-1, SIGKILL);
		_exit(0);
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
}

// Until it has ended, or no call is made any more, or its children's children go on for ever.
static void watch(pid_t pid, const struct shared *shared)
{
	unsigned long seen = -1UL, most = shared->made + 10 * CALLS;

	while (shared->made != seen && shared->made < most) {
		seen = shared->made;
		for (int i = 0; i < 20; i++) {
			if (waitpid(pid, NULL, WNOHANG) != 0)
				return;
			nap(MS);
		}
	}
}

// Device nodes of the test's own: what is kept with an inode, as who has locked it, goes with it.
static void make_nodes(void)
{
	umask(0);
	CHECK_SYS(chmod(".", 0777));
	CHECK_SYS(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
	CHECK_SYS(mknod("zero", S_IFCHR | 0666, makedev(1, 5)));
	CHECK_SYS(mknod("tty", S_IFCHR | 0666, makedev(5, 0)));
}

TEST(any_call)
{
	long long end = now(CLOCK_MONOTONIC) + number_from("SECONDS") * SEC;
	struct caller c = { .random = number_from("SEED") ?: 1 };

	c.shared = (struct shared *)mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(c.shared != MAP_FAILED);
	make_nodes();
	CHECK_SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	for (int i = 0; i < PROCESSES || now(CLOCK_MONOTONIC) < end; i++) {
		pid_t pid;

		random_from(&c.random);
		pid = CHECK_SYS(fork());
		if (pid == 0)
			make_calls(&c);
		watch(pid, c.shared);
		end_all();
	}
	unlink("/dev/shm/f");
}
