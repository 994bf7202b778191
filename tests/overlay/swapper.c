// SPDX-License-Identifier: MIT
// swapper: fills pages of its own, sends them to the swap area and reads them back; for an area
// that cannot read or write some slots, or all.
//   swapper back   they leave memory altogether: says how many came back right, wrong, by SIGBUS
//   swapper full   they cannot: a process that needs more memory than there is gets killed
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL
#define PAGES 256

static sigjmp_buf after;
static char *area;

static void on_sigbus(int sig)
{
	siglongjmp(after, sig);
}

static size_t resident(void)
{
	unsigned char vec[PAGES];
	size_t n = 0;

	if (mincore(area, PAGES * PAGE, vec))
		exit(3);
	for (int i = 0; i < PAGES; i++)
		n += vec[i] & 1;
	return n;
}

// => in a child of its own: touches all memory there is, and some more
static void use_memory(void)
{
	struct sysinfo info;
	size_t bytes;
	char *p;

	sysinfo(&info);
	bytes = info.totalram * info.mem_unit + (8UL << 20);
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		 -1, 0);
	if (p == MAP_FAILED)
		_exit(4);
	for (size_t i = 0; i < bytes; i += PAGE)
		p[i] = 1;
	_exit(0);
}

// Returns the signal that ended the child that does so, or 0.
static int with_memory_used(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		FILE *f = fopen("/proc/self/oom_score_adj", "w");

		if (!f || fprintf(f, "1000") < 0 || fclose(f))
			_exit(5);
		use_memory();
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		exit(6);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void fill(void)
{
	for (size_t i = 0; i < PAGES; i++)
		*(size_t *)(area + i * PAGE) = ~i;
}

static void page_out(void)
{
	if (madvise(area, PAGES * PAGE, MADV_PAGEOUT))
		exit(7);
}

static void read_back(void)
{
	volatile int right = 0, wrong = 0, lost = 0;

	for (volatile size_t i = 0; i < PAGES; i++) {
		if (sigsetjmp(after, 1))
			lost++;
		else if (*(volatile size_t *)(area + i * PAGE) == ~i)
			right++;
		else
			wrong++;
	}
	printf("%d right, %d wrong, %d lost\n", right, wrong, lost);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_sigbus };

	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (argc != 2 || area == MAP_FAILED || sigaction(SIGBUS, &action, NULL))
		return 2;
	fill();
	page_out();
	if (!strcmp(argv[1], "back"))
		while (resident())
			with_memory_used();
	else
		printf("killed by %d\n", with_memory_used());
	read_back();
	return 0;
}
