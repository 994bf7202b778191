// SPDX-License-Identifier: MIT
/*
 * programs.c - finding and running the helper programs under usertests.d
 */
#include "user/usertests/usertests.h"
#include <libgen.h>

#define INSTALLED "/usr/lib/usertests"

static char program_dir[PATH_MAX] = INSTALLED;

void programs_init(const char *argv0)
{
	const char *given = getenv("USERTESTS_DIR");
	char path[PATH_MAX], beside[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s", argv0);
	snprintf(beside, sizeof(beside), "%s/usertests.d", dirname(path));
	if (given)
		beside[0] = 0;
	else if (access(beside, X_OK) != 0)
		return;
	if (!realpath(given ? given : beside, program_dir))
		fail(HERE("USERTESTS_DIR"), "%s: %s", given, errno_name(errno));
}

const char *program(const char *name)
{
	static char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", program_dir, name);
	if (access(path, X_OK) != 0)
		fail(HERE("helper program"), "%s: %s", path, errno_name(errno));
	return path;
}

int run_program(const char *path, char *const argv[], char *const envp[], char *buffer,
		size_t size)
{
	char rest[512];
	int fd[2], status;
	size_t used = 0;
	ssize_t n = 1;
	pid_t pid;

	CHECK_SYS(pipe2(fd, O_CLOEXEC));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(dup2(fd[1], 1));
		execve(path, argv, envp);
		dprintf(2, "execve %s: %s\n", path, errno_name(errno));
		_exit(126);
	}
	CHECK_SYS(close(fd[1]));
	while (used < size - 1 && (n = read(fd[0], buffer + used, size - 1 - used)) > 0)
		used += n;
	while (n > 0)	// what is too much is read all the same: no SIGPIPE for the program
		n = read(fd[0], rest, sizeof(rest));
	buffer[used] = 0;
	CHECK_SYS(close(fd[0]));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

const char *output_value(const char *output, const char *key)
{
	static char value[4096];
	size_t length = strlen(key), size;

	for (const char *line = output; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) != 0 || line[length] != '=')
			continue;
		size = strcspn(line + length + 1, "\n");
		snprintf(value, sizeof(value), "%.*s", (int)size, line + length + 1);
		return value;
	}
	return NULL;
}
