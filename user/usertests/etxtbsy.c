// SPDX-License-Identifier: MIT
// etxtbsy.c - a program that runs is not written, what is being written does not run
#include "user/usertests/mapping.h"

// Copies the helper program to ./prog.
static void copy_program(void)
{
	int from = CHECK_SYS(open(program("show"), O_RDONLY));
	int to = CHECK_SYS(open("prog", O_WRONLY | O_CREAT | O_TRUNC, 0755));
	char buffer[4096];
	ssize_t n;

	while ((n = CHECK_SYS(read(from, buffer, sizeof(buffer)))) > 0)
		CHECK_EQ(write(to, buffer, n), n);
	CHECK_SYS(close(from));
	CHECK_SYS(close(to));
}

// Becomes ./prog in a child, stopped for good by a full pipe; returns when it runs.
static pid_t running_program(void)
{
	char *argv[] = { "prog", NULL };
	int out[2], done[2];
	char byte;
	pid_t pid;

	CHECK_SYS(pipe(out));
	CHECK_SYS(pipe2(done, O_CLOEXEC));
	CHECK_SYS(fcntl(out[1], F_SETFL, O_NONBLOCK));
	while (write(out[1], "x", 1) == 1)
		;
	CHECK_SYS(fcntl(out[1], F_SETFL, 0));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(dup2(out[1], 1));
		CHECK_SYS(execv("./prog", argv));
	}
	CHECK_SYS(close(done[1]));
	CHECK_EQ(read(done[0], &byte, 1), 0);	// exec has closed the other end
	return pid;
}

static int exec_errno(const char *path)
{
	char *argv[] = { "prog", NULL };
	int status;
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		close(1);
		execv(path, argv);
		_exit(errno);
	}
	CHECK_SYS(waitpid(pid, &status, 0));
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(etxtbsy_open_for_writing)
{
	pid_t pid;

	copy_program();
	pid = running_program();
	CHECK_ERRNO(open("prog", O_WRONLY), ETXTBSY);
	CHECK_ERRNO(open("prog", O_RDWR), ETXTBSY);
	CHECK_ERRNO(open("prog", O_RDWR | O_TRUNC), ETXTBSY);
	CHECK_ERRNO(open("prog", O_RDONLY | O_TRUNC), ETXTBSY);
	CHECK_ERRNO(open("prog", O_WRONLY | O_APPEND), ETXTBSY);
	CHECK_SYS(close(CHECK_SYS(open("prog", O_RDONLY))));
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	CHECK_SYS(close(CHECK_SYS(open("prog", O_RDWR))));
}

TEST(etxtbsy_truncate)
{
	struct stat before, after;
	pid_t pid;

	copy_program();
	CHECK_SYS(stat("prog", &before));
	pid = running_program();
	CHECK_ERRNO(truncate("prog", 0), ETXTBSY);
	CHECK_ERRNO(truncate("prog", before.st_size), ETXTBSY);
	CHECK_SYS(stat("prog", &after));
	CHECK_EQ(after.st_size, before.st_size);
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	CHECK_SYS(truncate("prog", 0));
}

TEST(etxtbsy_names_and_modes_may_change)
{
	pid_t pid;

	copy_program();
	pid = running_program();
	CHECK_SYS(chmod("prog", 0700));
	CHECK_SYS(link("prog", "other"));
	CHECK_ERRNO(open("other", O_WRONLY), ETXTBSY);
	CHECK_SYS(unlink("prog"));
	CHECK_SYS(rename("other", "third"));
	CHECK_ERRNO(open("third", O_WRONLY), ETXTBSY);
	copy_program();			// another file of the old name
	CHECK_SYS(close(CHECK_SYS(open("prog", O_WRONLY))));
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

TEST(etxtbsy_in_its_children)
{
	// The file is busy as long as any process runs it.
	pid_t pid;

	copy_program();
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		pid_t inner = running_program();

		CHECK_SYS(setpgid(inner, 0) == 0 || errno == EACCES ? 0 : -1);
		finish();
	}
	CHECK_EXIT(pid, 0);
	CHECK_ERRNO(open("prog", O_WRONLY), ETXTBSY);
}

TEST(etxtbsy_exec)
{
	int fd;

	copy_program();
	CHECK_EQ(exec_errno("./prog"), 0);
	fd = CHECK_SYS(open("prog", O_RDWR));
	CHECK_EQ(exec_errno("./prog"), ETXTBSY);
	CHECK_SYS(close(fd));
	CHECK_EQ(exec_errno("./prog"), 0);
	fd = CHECK_SYS(open("prog", O_RDONLY));
	CHECK_EQ(exec_errno("./prog"), 0);
}

TEST(etxtbsy_exec_while_mapped)
{
	// A writable shared mapping holds the file open for writing, though its descriptor is gone.
	int fd;
	char *p;

	copy_program();
	fd = CHECK_SYS(open("prog", O_RDWR));
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_SYS(close(fd));
	CHECK_EQ(exec_errno("./prog"), ETXTBSY);
	CHECK_SYS(munmap(p, PAGE));
	CHECK_EQ(exec_errno("./prog"), 0);
	fd = CHECK_SYS(open("prog", O_RDONLY));
	p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK_EQ(exec_errno("./prog"), 0);
}

TEST(etxtbsy_scripts_may_change)
{
	// Only the interpreter is busy, the script is read like any file.
	int fd;

	put_file("script", "#!/bin/sh\nexit 0\n");
	CHECK_SYS(chmod("script", 0755));
	fd = CHECK_SYS(open("script", O_RDWR));
	CHECK_EQ(exec_errno("./script"), ETXTBSY);
	CHECK_SYS(close(fd));
	CHECK_EQ(exec_errno("./script"), 0);
}

TEST(etxtbsy_mapping_denies_nothing)
{
	// Executable mappings made by mmap() do not keep writers out; MAP_DENYWRITE is ignored.
	int fd;
	char *p;

	copy_program();
	fd = CHECK_SYS(open("prog", O_RDONLY));
	p = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_DENYWRITE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_SYS(close(CHECK_SYS(open("prog", O_RDWR))));
}
