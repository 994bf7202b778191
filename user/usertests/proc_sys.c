// SPDX-License-Identifier: MIT
// proc_sys.c - the system-wide files of /proc and /sys
#include "user/usertests/usertests.h"
#include <glob.h>
#include <sys/mount.h>
#include <sys/utsname.h>

static char text[262144];

TEST(proc_meminfo)
{
	long long total = proc_field("/proc/meminfo", "MemTotal");
	long long free = proc_field("/proc/meminfo", "MemFree");
	static const char *const others[] = {
		"MemAvailable", "Buffers", "Cached", "SwapCached", "Active", "Inactive", "Dirty",
		"Writeback", "AnonPages", "Mapped", "Slab", "PageTables", "SwapTotal", "SwapFree",
	};

	CHECK(total >= 8192 && free > 0 && free < total);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		CHECK(proc_field("/proc/meminfo", others[i]) >= 0);
	slurp("/proc/meminfo", text, sizeof(text));
	for (char *line = text; *line; line = strchr(line, '\n') + 1)
		CHECK(strchr(line, ':') && strchr(line, '\n'));
	CHECK(strstr(text, " kB\n"));
}

TEST(proc_cpuinfo)
{
	int processors = 0;

	slurp("/proc/cpuinfo", text, sizeof(text));
	for (char *line = text; (line = strstr(line, "processor\t")); line++)
		processors++;
	CHECK_EQ(processors, sysconf(_SC_NPROCESSORS_ONLN));
#if defined(__riscv)
	CHECK(strstr(text, "isa\t\t: rv64ima"));
#endif
}

TEST(proc_stat)
{
	unsigned long long user, system, idle;
	long long before, since_boot;
	char *line;

	slurp("/proc/stat", text, sizeof(text));
	CHECK_EQ(sscanf(text, "cpu  %llu %*u %llu %llu", &user, &system, &idle), 3);
	CHECK(user + system + idle > 0);
	CHECK(strstr(text, "\ncpu0 "));
	CHECK(strstr(text, "\nintr ") && strstr(text, "\nctxt ") && strstr(text, "\nprocesses "));
	CHECK(strstr(text, "\nprocs_running ") && strstr(text, "\nprocs_blocked "));
	line = strstr(text, "\nbtime ");
	CHECK(line);
	before = now(CLOCK_BOOTTIME) / SEC;
	since_boot = time(NULL) - strtoll(line + 7, NULL, 10);
	CHECK(since_boot >= before - 2 && since_boot <= now(CLOCK_BOOTTIME) / SEC + 2);
}

TEST(proc_uptime_and_loadavg)
{
	double up, idle, load[3];
	int running, all, last;
	long long before = now(CLOCK_BOOTTIME);

	slurp("/proc/uptime", text, sizeof(text));
	CHECK_EQ(sscanf(text, "%lf %lf\n", &up, &idle), 2);
	CHECK(up * SEC <= now(CLOCK_BOOTTIME) && up * SEC > before - SEC);
	CHECK(idle >= 0);
	slurp("/proc/loadavg", text, sizeof(text));
	CHECK_EQ(sscanf(text, "%lf %lf %lf %d/%d %d\n", load, load + 1, load + 2, &running, &all,
			&last), 6);
	CHECK(running >= 1 && all >= running);
	// The last process that began, and that is not before us, unless the numbers began anew.
	if (last < getpid())
		IN_CHILD
			CHECK(getpid() < getppid());
}

TEST(proc_version_and_cmdline)
{
	struct utsname name;
	char want[200];

	CHECK_SYS(uname(&name));
	slurp("/proc/version", text, sizeof(text));
	snprintf(want, sizeof(want), "%s version %s ", name.sysname, name.release);
	CHECK(strncmp(text, want, strlen(want)) == 0);
	CHECK(slurp("/proc/cmdline", text, sizeof(text)) > 0);
	CHECK(text[strlen(text) - 1] == '\n');
	snprintf(want, sizeof(want), "%s\n", name.release);
	CHECK_CONTENT("/proc/sys/kernel/osrelease", want);
	snprintf(want, sizeof(want), "%s\n", name.nodename);
	CHECK_CONTENT("/proc/sys/kernel/hostname", want);
}

TEST(proc_vmstat)
{
	static const char *const names[] = {
		"nr_free_pages ", "\nnr_anon_pages ", "\nnr_file_pages ", "\nnr_dirty ",
		"\npgfault ", "\npgmajfault ", "\npgpgin ", "\npgpgout ",
	};

	slurp("/proc/vmstat", text, sizeof(text));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strstr(text, names[i]))
			fail(HERE("/proc/vmstat"), "want \"%s\", it is not there", names[i]);
}

TEST(proc_mounts)
{
	char type[64];
	char *line;

	slurp("/proc/mounts", text, sizeof(text));
	CHECK(strstr(text, " / "));
	line = strstr(text, " /proc ");
	CHECK(line);
	CHECK_EQ(sscanf(line, " /proc %63s", type), 1);
	CHECK_STR(type, "proc");
	for (line = text; *line; line = strchr(line, '\n') + 1) {
		int zeroes[2] = { 1, 1 };

		CHECK_EQ(sscanf(line, "%*s %*s %*s %*s %d %d\n", zeroes, zeroes + 1), 2);
		CHECK(zeroes[0] == 0 && zeroes[1] == 0);
	}
}

TEST(proc_filesystems_and_devices)
{
	slurp("/proc/filesystems", text, sizeof(text));
	CHECK(strstr(text, "nodev\tproc\n"));
	slurp("/proc/partitions", text, sizeof(text));
	CHECK(strncmp(text, "major minor  #blocks  name\n\n", 28) == 0);
	slurp("/proc/interrupts", text, sizeof(text));
	CHECK(strstr(text, "CPU0"));
}

TEST(proc_sys_vm)
{
	slurp("/proc/sys/vm/overcommit_memory", text, sizeof(text));
	CHECK(text[0] >= '0' && text[0] <= '2' && text[1] == '\n');
	AS_NOBODY
		CHECK_ERRNO(open("/proc/sys/vm/overcommit_memory", O_WRONLY), EACCES);
}

TEST(sys_cpu_lists)
{
	int first = -1, last = -1, n;

	slurp("/sys/devices/system/cpu/online", text, sizeof(text));
	n = sscanf(text, "%d-%d", &first, &last);
	CHECK_EQ(first, 0);
	CHECK_EQ(n == 2 ? last + 1 : 1, sysconf(_SC_NPROCESSORS_ONLN));
	CHECK(slurp("/sys/devices/system/cpu/possible", text, sizeof(text)) >= 2);
}

TEST(sys_block_devices)
{
	glob_t found = {};

	CHECK_EQ(glob("/sys/block/*/queue/rotational", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		slurp(found.gl_pathv[i], text, sizeof(text));
		CHECK(strcmp(text, "0\n") == 0 || strcmp(text, "1\n") == 0);
	}
}

TEST(proc_seek_and_small_reads)
{
	static char parts[sizeof(text)];
	size_t used = 0, length;
	int fd;
	ssize_t n;

	length = slurp("/proc/filesystems", text, sizeof(text));
	fd = CHECK_SYS(open("/proc/filesystems", O_RDONLY));
	while ((n = read(fd, parts + used, 7)) > 0)
		used += n;
	CHECK_EQ(used, length);
	CHECK(memcmp(parts, text, length) == 0);
	CHECK_EQ(pread(fd, parts, 5, 3), 5);
	CHECK(memcmp(parts, text + 3, 5) == 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(read(fd, parts, 4), 4);
	CHECK(memcmp(parts, text, 4) == 0);
}

TEST(mount_and_umount)
{
	char cwd[PATH_MAX];
	int fd;

	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_SYS(mkdir("m", 0755));
	put_file("m/hidden", "x");
	CHECK_SYS(mount("none", "m", "proc", 0, NULL));
	CHECK_SYS(access("m/self/stat", R_OK));
	CHECK_ERRNO(access("m/hidden", F_OK), ENOENT);
	CHECK_ERRNO(rmdir("m"), EBUSY);
	fd = CHECK_SYS(open("m/version", O_RDONLY));
	CHECK_ERRNO(umount2("m", 0), EBUSY);
	CHECK_SYS(close(fd));
	CHECK_SYS(chdir("m"));
	CHECK_SYS(chdir(".."));
	strcat(cwd, "/m");
	slurp("/proc/mounts", text, sizeof(text));
	CHECK(strstr(text, cwd));
	CHECK_SYS(umount2("m", 0));
	CHECK_SYS(access("m/hidden", F_OK));
	CHECK_ERRNO(umount2("m", 0), EINVAL);
}

TEST(mount_errors)
{
	CHECK_SYS(mkdir("m", 0755));
	put_file("f", "");
	CHECK_ERRNO(mount("none", "none", "proc", 0, NULL), ENOENT);
	CHECK_ERRNO(mount("none", "m", "no-such-type", 0, NULL), ENODEV);
	CHECK_ERRNO(mount("none", "f", "proc", 0, NULL), ENOTDIR);
	CHECK_ERRNO(umount2("none", 0), ENOENT);
	CHECK_ERRNO(umount2("m", 0x4000), EINVAL);
	AS_NOBODY {
		CHECK_ERRNO(mount("none", "m", "proc", 0, NULL), EPERM);
		CHECK_ERRNO(umount2("/proc", 0), EPERM);
	}
}
