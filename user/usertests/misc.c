// SPDX-License-Identifier: MIT
// misc.c - system calls that need no file of their own
#include "user/usertests/usertests.h"
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

TEST(misc_uname)
{
	struct utsname name;
	int major = 0;

	CHECK_SYS(uname(&name));
	CHECK_STR(name.sysname, "Linux");	// glibc asks for a kernel of that name
	CHECK_EQ(sscanf(name.release, "%d.", &major), 1);
	CHECK(major >= 4);			// and refuses to start on one that is too old
	CHECK(name.nodename[0] && name.version[0]);
#if defined(__riscv)
	CHECK_STR(name.machine, "riscv64");
#endif
}

TEST(misc_sysinfo)
{
	struct sysinfo info = {};
	long long before = now(CLOCK_BOOTTIME) / SEC;

	CHECK_SYS(sysinfo(&info));
	CHECK(info.uptime >= before && info.uptime <= now(CLOCK_BOOTTIME) / SEC + 1);
	CHECK(info.mem_unit >= 1);
	CHECK(info.totalram > 0 && info.freeram > 0 && info.freeram < info.totalram);
	CHECK(info.procs >= 2);
	CHECK_EQ(info.totalram * info.mem_unit / 1024, proc_field("/proc/meminfo", "MemTotal"));
	CHECK_EQ(info.totalswap * info.mem_unit / 1024, proc_field("/proc/meminfo", "SwapTotal"));
	CHECK(info.freeswap <= info.totalswap);
	CHECK(!info.bufferram == !proc_field("/proc/meminfo", "Buffers"));
}

TEST(misc_getrandom)
{
	unsigned char a[100] = {}, b[100] = {};

	CHECK_EQ(getrandom(a, sizeof(a), 0), sizeof(a));
	CHECK_EQ(getrandom(b, sizeof(b), GRND_NONBLOCK), sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	CHECK_EQ(getrandom(a, 0, 0), 0);
	CHECK_ERRNO(getrandom(a, 1, 0x80), EINVAL);
	CHECK_EQ(getrandom(a, 16, GRND_RANDOM), 16);
}

TEST(misc_prctl_name)
{
	char name[17] = "untouched";

	CHECK_SYS(prctl(PR_SET_NAME, "fifteen letters and more"));
	CHECK_SYS(prctl(PR_GET_NAME, name));
	CHECK_STR(name, "fifteen letters");
	CHECK_CONTENT("/proc/self/comm", "fifteen letters\n");
	IN_CHILD {
		CHECK_SYS(prctl(PR_GET_NAME, name));
		CHECK_STR(name, "fifteen letters");
	}
	CHECK_ERRNO(prctl(99999, 0, 0, 0, 0), EINVAL);
}

TEST(misc_personality)
{
	int old = CHECK_SYS(personality(0xffffffff));

	CHECK_EQ(old & 0xff, 0);		// PER_LINUX
	CHECK_EQ(personality(old | ADDR_NO_RANDOMIZE), old);
	CHECK_EQ(personality(0xffffffff), old | ADDR_NO_RANDOMIZE);
}

TEST(misc_syslog)
{
	static char text[65536];
	long size = CHECK_SYS(syscall(SYS_syslog, 10, NULL, 0)), n;

	CHECK(size >= 4096);
	n = CHECK_SYS(syscall(SYS_syslog, 3, text, sizeof(text)));
	CHECK(n > 0 && n <= (long)sizeof(text));
	CHECK(text[0] == '<');			// "<priority>", as dmesg wants it
	CHECK_ERRNO(syscall(SYS_syslog, 3, text, -1), EINVAL);
	CHECK_ERRNO(syscall(SYS_syslog, 77, text, 1), EINVAL);
}

TEST(misc_unknown_system_call)
{
	static const long numbers[] = { 5000, 0x7fffffff, -1, -4096, 0xffffffff };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		CHECK_ERRNO(syscall(numbers[i], 1, 2, 3, 4, 5, 6), ENOSYS);
}

TEST(misc_reboot_needs_the_magic)
{
	CHECK_ERRNO(syscall(SYS_reboot, 1, 2, 0, NULL), EINVAL);
	AS_NOBODY
		CHECK_ERRNO(syscall(SYS_reboot, 1, 2, 0, NULL), EPERM);
}

TEST(misc_stdio_and_malloc)
{
	FILE *file = fopen("f", "w+");
	char line[64];
	void *blocks[64];

	CHECK(file);
	for (int i = 0; i < 2000; i++)
		CHECK(fprintf(file, "line %d %s\n", i, i % 3 ? "odd" : "third") > 0);
	rewind(file);
	for (int i = 0; i < 2000; i++) {
		int n = -1;

		CHECK(fgets(line, sizeof(line), file));
		CHECK_EQ(sscanf(line, "line %d", &n), 1);
		CHECK_EQ(n, i);
	}
	CHECK(!fgets(line, sizeof(line), file) && feof(file));
	CHECK_EQ(fclose(file), 0);
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		blocks[i] = malloc(1 << (i % 17));
		CHECK(blocks[i]);
		memset(blocks[i], i, 1 << (i % 17));
	}
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		free(blocks[i]);
}

TEST(misc_system_and_popen)
{
	char line[64] = "";
	FILE *file;

	CHECK_EQ(WEXITSTATUS(system("exit 3")), 3);	// posix_spawn: clone on a stack of its own
	file = popen("echo from the shell", "r");
	CHECK(file);
	CHECK(fgets(line, sizeof(line), file));
	CHECK_STR(line, "from the shell\n");
	CHECK_EQ(pclose(file), 0);
}
