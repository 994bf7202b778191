// SPDX-License-Identifier: MIT
/*
 * mixed.c - who runs, what fails on purpose meanwhile, and which ends of a job are right
 *
 *	usertests mixed						a moment, seed 1
 *	SEED=7 SECONDS=60 usertests -t 200 mixed		for a minute
 *	FAIL=1 SEED=7 SECONDS=60 usertests -t 200 mixed		while memory and swap disk fail
 *
 * The processes that are not jobs must survive: what they share with jobs stays in memory, and a
 * read fails only for the job that asks, since nothing is read ahead.
 */
#include "user/usertests/mixed.h"
#include <sys/swap.h>

#define MOST_JOBS	16
#define DEFAULT_TIME	(250 * MS)
#define FAILURES	"/sys/kernel/debug/"

bool failing;

static struct job jobs[MOST_JOBS];
static pid_t pids[MOST_JOBS];
static long kills_seen, refusals;

uint64_t job_random(struct job *job)
{
	job->random = job->random * 6364136223846793005 + 1442695040888963407;
	return job->random ^ job->random >> 33;
}

size_t job_below(struct job *job, size_t limit)
{
	return (job_random(job) >> 20) % limit;
}

bool job_goes_on(const struct job *job)
{
	return now(CLOCK_MONOTONIC) < job->end;
}

/* --- which ends are right ------------------------------------------------------------------- */

// Was somebody killed for want of memory that no end was put down to yet?
static bool killed_by_oom(void)
{
	return kills_seen++ < number("/proc/vmstat", "oom_kill");
}

long granted(const struct place *at, long result)
{
	if (result != -1)
		return result;
	if (failing || errno == ENOMEM || errno == EAGAIN)
		_exit(REFUSED);
	fail(at, "want success or ENOMEM, got %s", errno_name(errno));
}

void judge_end(const char *name, int status)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (status == 0)
		return;
	refusals++;
	if (WIFEXITED(status) && WEXITSTATUS(status) == REFUSED)
		return;
	if (failing && (sig == SIGBUS || sig == SIGSEGV || sig == SIGKILL))
		return;
	if (sig == SIGKILL && killed_by_oom())
		return;
	if (sig)
		fail(HERE("a job's end"), "%s: ended by %s", name, signal_name(sig));
	fail(HERE("a job's end"), "%s: status %d", name, WEXITSTATUS(status));
}

void wait_and_judge(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	judge_end("a child of a job", status);
}

/* --- failures on purpose -------------------------------------------------------------------- */

static void set(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return;		// the debug kernel alone lets allocations fail
	CHECK(fd >= 0);
	CHECK(write(fd, text, strlen(text)) >= 0);
	close(fd);
}

static void set_all(const char *what, const char *text)
{
	static const char *const attributes[] = { "fail_page_alloc", "fail_make_request" };
	char path[100];

	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		snprintf(path, sizeof(path), FAILURES "%s/%s", attributes[i], what);
		set(path, text);
	}
}

static void prepare_failures(void)
{
	char path[100];

	snprintf(path, sizeof(path), "/sys/block/%s/make-it-fail", strrchr(swap_device(), '/') + 1);
	set(path, "1");
	set_all("task-filter", "Y");
	set_all("times", "-1");
	set_all("verbose", "0");
	set_all("space", "0");
	set_all("interval", "7");
	set(FAILURES "fail_page_alloc/ignore-gfp-wait", "N");
	set(FAILURES "fail_page_alloc/ignore-gfp-highmem", "N");
	set("/proc/sys/vm/page-cluster", "0");
	CHECK_SYS(mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT));
}

static void failures(bool on)
{
	set_all("probability", on ? "2" : "0");
}

/* --- the jobs' beginnings and ends ---------------------------------------------------------- */

static void begin_job(int i)
{
	pids[i] = CHECK_SYS(fork());
	jobs[i].random += 0x9e3779b97f4a7c15;	// another life, other numbers
	if (pids[i])
		return;
	if (failing) {
		catch_lost_pages();
		set("/proc/self/make-it-fail", "1");
	}
	jobs[i].run(&jobs[i]);
	finish();
}

static void end_of(pid_t pid, int status)
{
	for (int i = 0; jobs[i].name; i++) {
		if (pids[i] != pid)
			continue;
		judge_end(jobs[i].name, status);
		remove_file_of(pid);
		pids[i] = 0;
		if (status && job_goes_on(&jobs[i]))
			begin_job(i);
	}
}

static bool any_left(void)
{
	for (int i = 0; jobs[i].name; i++)
		if (pids[i])
			return true;
	return false;
}

static void set_up_jobs(uint64_t seed, long long time)
{
	size_t hundredth = number("/proc/meminfo", "MemTotal") / 4 / 100;

	for (int i = 0; all_jobs[i].name; i++) {
		jobs[i] = all_jobs[i];
		jobs[i].pages *= hundredth;
		jobs[i].random = seed * 1000003 + i;
		jobs[i].end = now(CLOCK_MONOTONIC) + time;
	}
}

static void run_all(void)
{
	int status;
	pid_t pid;

	for (int i = 0; jobs[i].name; i++)
		begin_job(i);
	for (long round = 0; any_left(); round++) {
		if (failing)
			failures(round / 20 % 2 == 0 && job_goes_on(&jobs[0]));
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			end_of(pid, status);
		nap(50 * MS);
	}
}

// What the settings job changed.
static void set_back(const char *policy)
{
	set("/proc/sys/vm/swappiness", "60");
	set("/proc/sys/vm/page-cluster", "3");
	set("/proc/sys/vm/reclaim_policy", policy);
	set_all("task-filter", "N");
}

static void current_policy(char name[32])
{
	char text[256] = "[", *begin;

	if (!access("/proc/sys/vm/reclaim_policy", R_OK))
		slurp("/proc/sys/vm/reclaim_policy", text, sizeof(text));
	begin = strchr(text, '[') + 1;
	snprintf(name, 32, "%.*s", (int)strcspn(begin, "]"), begin);
}

TEST(mixed)
{
	long long time = number_from("SECONDS") * SEC;
	uint64_t seed = number_from("SEED");
	char policy[32];
	const char *device = swap_device();

	failing = number_from("FAIL");
	kills_seen = number("/proc/vmstat", "oom_kill");
	current_policy(policy);
	show_program = program("show");
	if (failing)
		prepare_failures();
	set_up_jobs(seed ? seed : 1, time ? time : DEFAULT_TIME);
	run_all();
	if (failing)
		failures(false);
	set_back(policy);
	if (swapon(device, 0) < 0)
		CHECK_EQ(errno, EBUSY);
	if (time)
		printf("%ld jobs ended early, as they may\n", refusals);
}
