// SPDX-License-Identifier: MIT
// One operation for ever, to be looked at from outside by a profiler.
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

static unsigned char *touched;

static void loop_anon(void)
{
	unsigned char *p = map_anon(opt.cow * PAGE);

	write_pages(p, opt.cow);
	munmap(p, opt.cow * PAGE);
}

static void loop_mmap(void)
{
	munmap(map_anon(PAGE), PAGE);
}

static void loop_file(void)
{
	static int fd = -1;

	if (fd < 0) {
		fd = open_filled(opt.file, opt.cow * PAGE);
		read_through(fd, opt.cow * PAGE);
	}
	void *p = mmap(NULL, opt.cow * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	read_pages(p, opt.cow);
	munmap(p, opt.cow * PAGE);
}

static void loop_cow(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		write_pages(touched, opt.cow);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	write_pages(touched, opt.cow);
}

static void loop_fork(void)
{
	fork_and_wait(NULL);
}

static void loop_pipe(void)
{
	static int fd[2];
	char c = 0;

	if (!fd[1] && pipe(fd))
		return;
	if (write(fd[1], &c, 1) == 1 && read(fd[0], &c, 1) != 1)
		_exit(1);
}

static const struct {
	const char *name;
	void (*step)(void);
} loops[] = {
	{ "anon", loop_anon }, { "mmap", loop_mmap }, { "file", loop_file },
	{ "cow", loop_cow },   { "fork", loop_fork }, { "pipe", loop_pipe },
};

void bench_loop(const char *what)
{
	touched = map_anon(opt.cow * PAGE);
	write_pages(touched, opt.cow);
	out("LOOP %s\n", what);
	flush_output();
	for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++)
		while (!strcmp(what, loops[i].name))
			loops[i].step();
}
