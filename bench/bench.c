// SPDX-License-Identifier: MIT
// Options, and the groups one after the other.
//   bench [basic] [fork] [file] [scale] [swap] [all] [mb=32] [cow=2048] [reps=7] [raw=1] [bin=/bin]
//         [file=/data16] [wfile=/wdata16] [tmp=/tmp] [swapmb=0] [swapdev=/dev/vdb] [modes=abc]
//         [loop=anon|mmap|file|cow|fork|pipe]
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/bench.h"

struct options opt = {
	.mb = 32,
	.cow = 2048,
	.reps = 7,
	.modes = "abc",
	.file = "/data16",
	.wfile = "/wdata16",
	.bin = "/bin",
	.tmp = "/tmp/bench.tmp",
};

static const struct group {
	const char *name;
	void (*run)(void);
} groups[] = {
	{ "basic", bench_basic },
	{ "fork", bench_fork },
	{ "file", bench_file },
	{ "scale", bench_scale },
	{ "swap", bench_swap },
};

#define GROUPS ((int)(sizeof(groups) / sizeof(groups[0])))

// => as init: one early line, which the host takes for the end of the boot
static void set_up_as_init(void)
{
	static const char line[] = "BENCH-INIT first line\n";

	if (write(1, line, sizeof(line) - 1) < 0) {
		int fd = open("/dev/console", O_RDWR);
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
	}
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	mount(NULL, "/", NULL, MS_REMOUNT, NULL);
}

static void set_option(const char *name, const char *value, const char **loop)
{
	const struct { const char *name; size_t *to; } sizes[] = {
		{ "mb", &opt.mb }, { "cow", &opt.cow }, { "swapmb", &opt.swapmb },
	};
	const struct { const char *name; const char **to; } strings[] = {
		{ "file", &opt.file }, { "wfile", &opt.wfile }, { "bin", &opt.bin },
		{ "swapdev", &opt.swapdev }, { "modes", &opt.modes }, { "loop", loop },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (!strcmp(name, sizes[i].name))
			*sizes[i].to = atoi(value);
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		if (!strcmp(name, strings[i].name))
			*strings[i].to = value;
	if (!strcmp(name, "reps"))
		opt.reps = atoi(value) < 1 ? 1 : atoi(value) > MAX_REPS ? MAX_REPS : atoi(value);
	else if (!strcmp(name, "raw"))
		opt.raw = atoi(value);
	else if (!strcmp(name, "tmp"))
		snprintf(opt.tmp, sizeof(opt.tmp), "%s/bench.tmp", value);
}

// Returns the groups asked for, a bit each.
static int parse(int argc, char **argv, const char **loop)
{
	int wanted = 0;

	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');
		if (value) {
			*value = '\0';
			set_option(argv[i], value + 1, loop);
		}
		for (int g = 0; g < GROUPS && !value; g++)
			if (!strcmp(argv[i], groups[g].name) || !strcmp(argv[i], "all"))
				wanted |= 1 << g;
	}
	return wanted ? wanted : (1 << (GROUPS - 1)) - 1; // all but swap, which takes minutes
}

#ifdef __riscv
static sigjmp_buf no_counter;

static void on_sigill(int sig)
{
	(void)sig;
	siglongjmp(no_counter, 1);
}

// The time counter, 10 MHz on QEMU's virt, counts from the machine's reset; 0 where user mode may
// not read it.
static uint64_t ticks_since_reset(void)
{
	struct sigaction trap = { .sa_handler = on_sigill, .sa_flags = SA_NODEFER }, old;
	uint64_t ticks = 0;

	sigaction(SIGILL, &trap, &old);
	if (!sigsetjmp(no_counter, 1))
		asm volatile("rdtime %0" : "=r"(ticks));
	sigaction(SIGILL, &old, NULL);
	return ticks;
}
#else
static uint64_t ticks_since_reset(void)
{
	return 0;
}
#endif

static void describe(uint64_t start, uint64_t ticks)
{
	struct utsname u;

	if (!uname(&u))
		out("uname %s %s %s\n", u.sysname, u.release, u.machine);
	out("boot_to_init_monotonic %.3f ms\n", start / 1e6);
	if (ticks)
		out("boot_to_init_rdtime %.3f ms (10 MHz timebase since reset)\n", ticks / 1e4);
	out("MemTotal %ld kB\n", proc_field("/proc/meminfo", "MemTotal"));
	out("MemFree %ld kB\n", free_kb());
	flush_output();
}

int main(int argc, char **argv)
{
	uint64_t start = now(), ticks = ticks_since_reset();
	const char *loop = NULL;
	int init = getpid() == 1;

	if (init)
		set_up_as_init();
	int wanted = parse(argc, argv, &loop);
	if (loop)
		bench_loop(loop);
	describe(start, ticks);
	for (int g = 0; g < GROUPS; g++) {
		if (!(wanted & 1 << g))
			continue;
		groups[g].run();
		flush_output();
	}
	out("BENCH-DONE monotonic %.3f s\n", now() / 1e9);
	flush_output();
	if (!init)
		return 0;
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
