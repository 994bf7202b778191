// SPDX-License-Identifier: MIT
/*
 * runner.c - one test in a process group of its own
 *
 *	harness --fork--> test process (leader of its group) --fork--> whatever the test starts
 *	   ^                    |                                         |
 *	   +------- pipe: output of all of them, as comment lines --------+
 *
 * The harness sleeps in ppoll() until there is output, SIGCHLD, or the time is over. SIGCHLD
 * stays blocked outside ppoll(), so that an end between a look and the sleep is not lost.
 * When the test process is gone or late, its whole group is killed. What survives in a group
 * of its own (a test that failed between setsid() and exit) is the only thing that is not.
 */
#include "user/usertests/harness.h"
#include <dirent.h>
#include <ftw.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define DRAIN_LIMIT	(2 * SEC)	// a killed group may still hold the pipe for a moment

struct run {
	pid_t pid;
	int output;		// read end of the pipe, -1 after the end of file
	bool reaped;
	int status;
	char line[512];		// output up to the next newline
	size_t used;
	struct verdict *verdict;
};

static void take_line(struct run *run)
{
	size_t mark = strlen(SKIP_MARK);

	run->line[run->used] = 0;
	if (strncmp(run->line, SKIP_MARK, mark) == 0)
		snprintf(run->verdict->reason, sizeof(run->verdict->reason), "%.190s",
			 run->line + mark);
	else
		printf("# %s\n", run->line);
	run->used = 0;
}

static void take_output(struct run *run)
{
	char buffer[512];
	ssize_t n = read(run->output, buffer, sizeof(buffer));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		close(run->output);
		run->output = -1;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (buffer[i] == '\n' || run->used == sizeof(run->line) - 1)
			take_line(run);
		if (buffer[i] != '\n')
			run->line[run->used++] = buffer[i];
	}
}

// Sleeps until something happens or the deadline is there; false if it is.
static bool wait_event(struct run *run, long long deadline)
{
	struct pollfd pollfd = { .fd = run->output, .events = POLLIN };
	long long left = deadline - now(CLOCK_MONOTONIC);
	struct timespec timeout = { left / SEC, left % SEC };
	sigset_t none;

	if (left <= 0)
		return false;
	sigemptyset(&none);
	if (ppoll(&pollfd, 1, &timeout, &none) > 0)
		take_output(run);
	return true;
}

static bool reap(struct run *run, int options)
{
	if (!run->reaped)
		run->reaped = waitpid(run->pid, &run->status, options) == run->pid;
	return run->reaped;
}

static void ignore_child(int sig)
{
	(void)sig;	// only there to interrupt ppoll()
}

static _Noreturn void child_main(const struct test *test, const char *dir, int output)
{
	int null = open("/dev/null", O_RDWR);

	setpgid(0, 0);
	prctl(PR_SET_NAME, "usertest");
	dup2(null, 0);
	dup2(output, 1);
	dup2(output, 2);
	for (int fd = 3; fd <= (null > output ? null : output); fd++)
		close(fd);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	unblock_signal(SIGCHLD);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	umask(022);
	setpriority(PRIO_PROCESS, 0, 0);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);	// pages are counted one by one
	if (chdir(dir) < 0)
		fail(HERE("chdir to the test's directory"), "%s", errno_name(errno));
	test->run();
	finish();
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	// What a test that failed left mounted is emptied by now.
	if (remove(path) < 0 && errno == EBUSY && umount2(path, MNT_DETACH) == 0)
		remove(path);
	return 0;
}

// In a process of its own, for a deep tree needs more stack, and the harness's own use of memory
// must not change while the leak check looks at the system's.
static void remove_tree(const char *dir)
{
	pid_t pid = fork();

	if (pid == 0) {
		nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void start(struct run *run, const struct test *test, const char *dir)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		fail(HERE("pipe2"), "%s", errno_name(errno));
	fflush(stdout);
	run->pid = fork();
	if (run->pid < 0)
		fail(HERE("fork"), "%s", errno_name(errno));
	if (run->pid == 0)
		child_main(test, dir, fd[1]);
	setpgid(run->pid, run->pid);	// on both sides: whoever comes first
	close(fd[1]);
	run->output = fd[0];
}

// Runs the test to its end; true if it came to one by itself.
static bool supervise(struct run *run, long long limit)
{
	long long deadline = now(CLOCK_MONOTONIC) + limit;
	bool in_time = true;

	while (!reap(run, WNOHANG) && in_time)
		in_time = wait_event(run, deadline);
	kill(-run->pid, SIGKILL);
	reap(run, 0);
	deadline = now(CLOCK_MONOTONIC) + DRAIN_LIMIT;
	while (run->output >= 0 && wait_event(run, deadline))
		;
	if (run->used)
		take_line(run);
	if (run->output >= 0)
		close(run->output);
	return in_time;
}

static void judge(struct run *run, bool in_time, int limit_seconds)
{
	run->verdict->outcome = FAILED;
	if (!in_time)
		printf("# timed out after %d s\n", limit_seconds);
	else if (WIFSIGNALED(run->status))
		printf("# ended by signal %d, %s\n", WTERMSIG(run->status),
		       signal_name(WTERMSIG(run->status)));
	else if (WEXITSTATUS(run->status) == STATUS_SKIPPED)
		run->verdict->outcome = SKIPPED;
	else if (WEXITSTATUS(run->status) == 0)
		run->verdict->outcome = PASSED;
	else if (WEXITSTATUS(run->status) != STATUS_FAILED)
		printf("# exited with status %d\n", WEXITSTATUS(run->status));
}

void run_test(const struct test *test, int limit_seconds, struct verdict *verdict)
{
	struct run run = { .verdict = verdict };
	const char *parent = getenv("TMPDIR");
	char dir[PATH_MAX];
	bool in_time;

	verdict->reason[0] = 0;
	on_signal(SIGCHLD, ignore_child, 0);
	block_signal(SIGCHLD);
	mkdir("/var", 0755);	// /tmp is in memory, and files are to be on the disk
	mkdir("/var/tmp", 01777);
	snprintf(dir, sizeof(dir), "%s/usertest.XXXXXX", parent ? parent : "/var/tmp");
	if (!mkdtemp(dir))
		fail(HERE("mkdtemp"), "%s: %s", dir, errno_name(errno));
	chmod(dir, 0777);
	start(&run, test, dir);
	in_time = supervise(&run, limit_seconds * SEC);
	judge(&run, in_time, limit_seconds);
	remove_tree(dir);
	// Drops a SIGCHLD that is still pending: the leak check would count it.
	signal(SIGCHLD, SIG_IGN);
}
