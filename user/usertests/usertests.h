// SPDX-License-Identifier: MIT
/*
 * usertests.h - what a user test is written with
 *
 * A test is a short function; TEST() registers it under its name, with '-' for '_':
 *
 *	TEST(pipe_eof_after_close)
 *	{
 *		int fd[2];
 *
 *		CHECK_SYS(pipe(fd));
 *		CHECK_SYS(close(fd[1]));
 *		CHECK_EQ(read(fd[0], (char[1]){}, 1), 0);
 *	}
 *
 * - Each test runs in a process of its own, as root, in an empty working directory, as leader
 *   of a background process group of the caller's session, with /dev/null as standard input.
 *   The group is killed and the directory removed when the test ends or its time is over.
 * - The first check that fails prints file:line, the expression, what was wanted and what came,
 *   and ends the process that found it with status 1. Whoever forked that process sees the
 *   status through CHECK_EXIT or IN_CHILD, so a failure travels up to the verdict.
 * - Tests use only what POSIX and Linux promise: Linux itself is the judge of every test.
 * - Nothing here measures speed, and no check depends on how fast the machine is. Time is
 *   compared with lower bounds only.
 */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct test {
	const char *name;	// as in the source, with '_'
	void (*run)(void);
};

// The linker collects the pointers of all files in one section, in link order.
#define TEST(name_)								\
	static void test_##name_(void);						\
	static const struct test entry_##name_ = { #name_, test_##name_ };	\
	static const struct test *const pointer_##name_				\
		__attribute__((used, section("usertests"))) = &entry_##name_;	\
	static void test_##name_(void)

#define NOBODY	65534
#define MS	1000000LL	// nanoseconds
#define SEC	1000000000LL

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* --- checks -------------------------------------------------------------------------------- */

struct place {
	const char *file;
	int line;
	const char *what;
};
#define HERE(what_)	(&(struct place){ __FILE__, __LINE__, what_ })

_Noreturn void fail(const struct place *at, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
// The same for tables: says it, lets the test go on, and the test fails at its end.
void fail_later(const struct place *at, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
_Noreturn void skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Ends a child process: 0, or 1 after a fail_later().
_Noreturn void finish(void);

void check_eq(const struct place *at, long long got, long long want);
void check_str(const struct place *at, const char *got, const char *want);
void check_errno(const struct place *at, long result, int err, int want);
void check_exit(const struct place *at, pid_t pid, int want);
void check_killed(const struct place *at, pid_t pid, int want);
long check_sys(const struct place *at, long result, int err);
// "ENOENT" for 2, "SIGKILL" for 9, "?" for what has no name.
const char *errno_name(int err);
const char *signal_name(int sig);

#define CHECK(condition)							\
	do {									\
		if (!(condition))						\
			fail(HERE(#condition), "want it true, it is false");	\
	} while (0)
#define CHECK_EQ(got, want)	check_eq(HERE(#got " == " #want), (long long)(got), \
					 (long long)(want))
#define CHECK_STR(got, want)	check_str(HERE(#got " == " #want), got, want)
// The call gives -1 and this errno.
#define CHECK_ERRNO(call, want)							\
	do {									\
		errno = 0;							\
		long result_ = (long)(call);					\
		check_errno(HERE(#call), result_, errno, want);			\
	} while (0)
// The call does not give -1; the value is its result.
#define CHECK_SYS(call)								\
	({									\
		errno = 0;							\
		long result_ = (long)(call);					\
		check_sys(HERE(#call), result_, errno);				\
	})
// Waits for the child and wants this exit status, or this deadly signal.
#define CHECK_EXIT(pid, want)	check_exit(HERE("exit status of " #pid), pid, want)
#define CHECK_KILLED(pid, want)	check_killed(HERE("signal that ended " #pid), pid, want)

/* --- processes ----------------------------------------------------------------------------- */

/*
 * IN_CHILD { … }	runs the block in a child process and wants exit status 0 from it.
 * AS_NOBODY { … }	the same as uid and gid 65534 without further groups, that is without any
 *			capability: root is exempt from many checks and limits.
 * DIES_BY(sig) { … }	the same for a block that the signal must end.
 * The block must end by falling out of it, not by break, continue or return.
 */
#define IN_CHILD	for (child_enter(HERE("IN_CHILD"), 0, false); child_inside(); finish())
#define AS_NOBODY	for (child_enter(HERE("AS_NOBODY"), 0, true); child_inside(); finish())
#define DIES_BY(sig)								\
	for (child_enter(HERE("DIES_BY " #sig), sig, false); child_inside(); finish())

void child_enter(const struct place *at, int want_signal, bool nobody);
bool child_inside(void);

void become_nobody(void);
// Pins the caller to the n-th (from 0) of the harts it may run on; false if there is none.
bool pin_to_hart(int n);
// Pages wait with the hart that made them until they are listed, and reclaim finds them only then:
// who wants to see his pages go keeps to one hart.
void keep_to_one_hart(void);
int harts_allowed(void);
// Spins until this much CPU time of the process is used up.
void burn_cpu(long long ns);
void nap(long long ns);
long long now(clockid_t clock);
// Third field of /proc/PID/stat: R, S, D, T, Z; 0 when there is no such process.
char process_state(pid_t pid);
// Waits, by looking, until the process sleeps in the kernel ('S').
void until_asleep(pid_t pid);

// The kernel's own check of mm/, here and now; nothing where there is none.
void check_kernel(void);

// A one-way signal between processes that are related by fork.
struct gate {
	int fd[2];
};
void gate_make(struct gate *gate);
void gate_open(struct gate *gate);	// lets one waiter through
void gate_wait(struct gate *gate);	// fails if every process that could open it is gone

// What a caller sets for a test (SEED, SECONDS, …); 0: nothing.
long long number_from(const char *name);
// The next number after *state, which must not be 0.
uint64_t random_from(uint64_t *state);

/* --- signals ------------------------------------------------------------------------------- */

void on_signal(int sig, void (*handler)(int), int flags);
// Counts into signals_seen; for use with on_signal.
void count_signal(int sig);
extern volatile sig_atomic_t signals_seen;
void block_signal(int sig);
void unblock_signal(int sig);
// SIGALRM every so many milliseconds, so that a call that began late is interrupted as well.
void alarm_every(int ms);
// One SIGALRM for a parent that waits: back when count_and_tell() has run there and it waits again.
void interrupt_parent(void);
// As count_signal(), and opens this gate, which is made before the child is.
void count_and_tell(int sig);
extern struct gate handled_alarm;

/* --- files --------------------------------------------------------------------------------- */

// Makes this text all of a file, new or old, or stores it to one of /proc and /sys.
void put_file(const char *path, const char *text);
// Reads all of a file, at most size - 1 bytes, and ends it with a NUL. Returns the length.
size_t slurp(const char *path, char *buffer, size_t size);
void check_content(const struct place *at, const char *path, const char *want);
#define CHECK_CONTENT(path, want)	check_content(HERE("content of " #path), path, want)
// The value after "key:" in a text like /proc/self/status; fails if there is none.
long long proc_field(const char *path, const char *key);

/* --- programs under usertests.d ------------------------------------------------------------ */

// The path of a helper program: $USERTESTS_DIR, the binary's own folder, /usr/lib/usertests.
const char *program(const char *name);
void programs_init(const char *argv0);
// Runs argv[0] with this environment; its standard output goes to buffer. Returns wait status.
int run_program(const char *path, char *const argv[], char *const envp[], char *buffer,
		size_t size);
// The line of run_program's output that starts with "key=": its value, or NULL.
const char *output_value(const char *output, const char *key);
#define CHECK_OUTPUT(output, key, want)						\
	check_str(HERE("output " key), output_value(output, key), want)
