// SPDX-License-Identifier: MIT
/*
 * check.c - how a check fails, and how that is told
 *
 * Messages go straight to descriptor 1 in one write each, because a test may be in a signal
 * handler, a vfork child or out of memory when it fails.
 */
#include "user/usertests/usertests.h"
#include "user/usertests/harness.h"
#include <stdarg.h>

static bool failed_later;

static void say(const struct place *at, const char *format, va_list arguments)
{
	char line[600];
	int used = snprintf(line, sizeof(line), "%s:%d: %s: ", at->file, at->line, at->what);

	if (used > (int)sizeof(line) - 100)
		used = sizeof(line) - 100;
	vsnprintf(line + used, sizeof(line) - used - 1, format, arguments);
	strcat(line, "\n");
	if (write(1, line, strlen(line)) < 0)
		_exit(STATUS_FAILED);
}

void fail(const struct place *at, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(at, format, arguments);
	_exit(STATUS_FAILED);
}

void fail_later(const struct place *at, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(at, format, arguments);
	va_end(arguments);
	failed_later = true;
}

void skip(const char *format, ...)
{
	va_list arguments;
	char reason[200];

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	dprintf(1, SKIP_MARK "%s\n", reason);
	_exit(STATUS_SKIPPED);
}

void finish(void)
{
	_exit(failed_later ? STATUS_FAILED : 0);
}

const char *errno_name(int err)
{
	const char *name = strerrorname_np(err);

	return name ? name : "?";
}

const char *signal_name(int sig)
{
	static char name[20];
	const char *abbreviation = sigabbrev_np(sig);

	snprintf(name, sizeof(name), "SIG%s", abbreviation ? abbreviation : "?");
	return name;
}

void check_eq(const struct place *at, long long got, long long want)
{
	if (got != want)
		fail(at, "want %lld (%#llx), got %lld (%#llx)", want, want, got, got);
}

void check_str(const struct place *at, const char *got, const char *want)
{
	if (!got)
		fail(at, "want \"%s\", got nothing", want);
	if (strcmp(got, want) != 0)
		fail(at, "want \"%.200s\", got \"%.200s\"", want, got);
}

void check_errno(const struct place *at, long result, int err, int want)
{
	if (result != -1)
		fail(at, "want -1 and %s, got %ld", errno_name(want), result);
	if (err != want)
		fail(at, "want %s, got %s (%d)", errno_name(want), errno_name(err), err);
}

long check_sys(const struct place *at, long result, int err)
{
	if (result == -1)
		fail(at, "want success, got %s (%d)", errno_name(err), err);
	return result;
}

// A child that found a failure or a skip has said so: hand its verdict on.
static int wait_status(const struct place *at, pid_t pid)
{
	int status;
	pid_t got;

	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got != pid)
		fail(at, "waitpid(%d) gave %d, %s", pid, got, errno_name(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_SKIPPED)
		_exit(STATUS_SKIPPED);
	return status;
}

void check_exit(const struct place *at, pid_t pid, int want)
{
	int status = wait_status(at, pid);

	if (WIFSIGNALED(status))
		fail(at, "want status %d, child was ended by %s", want,
		     signal_name(WTERMSIG(status)));
	if (WEXITSTATUS(status) != want)
		fail(at, "want status %d, got %d", want, WEXITSTATUS(status));
}

void check_killed(const struct place *at, pid_t pid, int want)
{
	int status = wait_status(at, pid);

	if (!WIFSIGNALED(status))
		fail(at, "want %s, child exited with %d", signal_name(want),
		     WEXITSTATUS(status));
	if (WTERMSIG(status) != want)
		fail(at, "want signal %d, got %d", want, WTERMSIG(status));
}

static bool inside;

void child_enter(const struct place *at, int want_signal, bool nobody)
{
	pid_t pid = check_sys(at, fork(), errno);

	inside = pid == 0;
	if (inside && nobody)
		become_nobody();
	if (inside)
		return;
	if (want_signal)
		check_killed(at, pid, want_signal);
	else
		check_exit(at, pid, 0);
}

bool child_inside(void)
{
	return inside;
}
