// SPDX-License-Identifier: MIT
// smaps.c - /proc/PID/smaps, smaps_rollup and what clear_refs does to them
#include "user/usertests/usertests.h"
#include "user/usertests/maps.h"
#include <sys/mman.h>
#include <sys/prctl.h>

#define PAGE	4096UL
#define KB(n)	((long)((n) * PAGE / 1024))
#define RW	(PROT_READ | PROT_WRITE)

static char text[262144];

static char *anonymous(int pages, int flags)
{
	char *p = mmap(NULL, pages * PAGE, RW, MAP_ANONYMOUS | flags, -1, 0);

	CHECK(p != MAP_FAILED);
	// So that no neighbour is joined to it.
	CHECK_SYS(mprotect(p, PAGE, PROT_NONE));
	CHECK_SYS(mprotect(p + (pages - 1) * PAGE, PAGE, PROT_NONE));
	return p + PAGE;
}

static void touch(char *p, int pages)
{
	for (int i = 0; i < pages; i++)
		p[i * PAGE] = 1;
}

TEST(smaps_lines_in_order)
{
	static const char *const names[] = {
		"Size", "KernelPageSize", "MMUPageSize", "Rss", "Pss", "Pss_Dirty", "Shared_Clean",
		"Shared_Dirty", "Private_Clean", "Private_Dirty", "Referenced", "Anonymous",
		"LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", "Shared_Hugetlb",
		"Private_Hugetlb", "Swap", "SwapPss", "Locked",
	};
	char *at = text;
	char line[80];

	slurp("/proc/self/smaps", text, sizeof(text));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		long kb;

		snprintf(line, sizeof(line), "\n%s:", names[i]);
		at = strstr(at, line);
		if (!at)
			fail(HERE("smaps"), "want a line %s: after that of %s", names[i],
			     i ? names[i - 1] : "the mapping");
		kb = strtol(at + strlen(line), NULL, 10);
		snprintf(line, sizeof(line), "\n%s:%*ld kB\n", names[i],
			 24 - (int)strlen(names[i]) - 1, kb);
		if (strncmp(at, line, strlen(line)) != 0)
			fail(HERE("smaps"), "want \"%s\", it is \"%.30s\"", line + 1, at + 1);
	}
	CHECK(strstr(at, "\nTHPeligible:  ") && strstr(at, "\nVmFlags: rd "));
}

TEST(smaps_has_the_lines_of_maps)
{
	pid_t pid = CHECK_SYS(fork());
	char path[64], *other = text + sizeof(text) / 2, *line = other;

	if (pid == 0)
		for (;;)
			pause();
	until_asleep(pid);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	slurp(path, text, sizeof(text) / 2);
	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	slurp(path, other, sizeof(text) / 2);
	for (char *want = text; *want; want = strchr(want, '\n') + 1) {
		int length = strchr(want, '\n') + 1 - want;
		char *end = strstr(line, "\nVmFlags:");

		if (strncmp(line, want, length) != 0)
			fail(HERE(path), "want \"%.*s\", it is \"%.60s\"", length - 1, want, line);
		CHECK(end);
		line = strchr(end + 1, '\n') + 1;
	}
	CHECK_EQ(*line, 0);
	CHECK_SYS(kill(pid, SIGKILL));
}

TEST(smaps_anonymous)
{
	char *p = anonymous(18, MAP_PRIVATE);

	CHECK_EQ(smaps_kb(0, p, "Size"), KB(16));
	CHECK_EQ(smaps_kb(0, p, "Rss"), 0);
	touch(p, 5);
	CHECK_EQ(smaps_kb(0, p, "Rss"), KB(5));
	CHECK_EQ(smaps_kb(0, p, "Pss"), KB(5));
	CHECK_EQ(smaps_kb(0, p, "Anonymous"), KB(5));
	CHECK_EQ(smaps_kb(0, p, "Referenced"), KB(5));
	CHECK_EQ(smaps_kb(0, p, "Private_Dirty"), KB(5));
	CHECK_EQ(smaps_kb(0, p, "Shared_Dirty") + smaps_kb(0, p, "Private_Clean"), 0);
	CHECK_SYS(madvise(p, 2 * PAGE, MADV_DONTNEED));
	CHECK_EQ(smaps_kb(0, p, "Rss"), KB(3));
}

TEST(smaps_zero_pages_do_not_count)
{
	volatile char *p = anonymous(10, MAP_PRIVATE);
	int sum = 0;

	for (int i = 0; i < 8; i++)
		sum += p[i * PAGE];
	CHECK_EQ(sum, 0);
	CHECK_EQ(smaps_kb(0, (char *)p, "Rss"), 0);
}

TEST(smaps_shared_by_fork)
{
	char *p = anonymous(10, MAP_PRIVATE);
	struct gate ready, go;

	gate_make(&ready);
	gate_make(&go);
	touch(p, 8);
	IN_CHILD {
		pid_t pid = CHECK_SYS(fork());

		if (pid == 0) {
			p[0] = 2;	// a copy of its own
			gate_open(&ready);
			gate_wait(&go);
			finish();
		}
		gate_wait(&ready);
		// Two have the first page, three the others: the test's process itself.
		CHECK_EQ(smaps_kb(0, p, "Shared_Dirty"), KB(8));
		CHECK_EQ(smaps_kb(0, p, "Private_Dirty"), 0);
		CHECK_EQ(smaps_kb(0, p, "Pss"), 7 * 4096 / 3 / 1024 + 4096 / 2 / 1024);
		CHECK_EQ(smaps_kb(pid, p, "Private_Dirty"), KB(1));
		CHECK_EQ(smaps_kb(pid, p, "Shared_Dirty"), KB(7));
		gate_open(&go);
		CHECK_EXIT(pid, 0);
	}
	CHECK_EQ(smaps_kb(0, p, "Private_Dirty"), KB(8));
}

TEST(smaps_of_a_file)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0600));
	volatile char *p;

	CHECK_SYS(ftruncate(fd, 4 * PAGE));
	p = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(smaps_kb(0, (char *)p, "Anonymous"), 0);
	p[0] = p[PAGE] = 1;
	CHECK_EQ(smaps_kb(0, (char *)p, "Anonymous"), KB(2));
	CHECK_EQ(smaps_kb(0, (char *)p, "Private_Dirty"), KB(2));
	CHECK_EQ(p[2 * PAGE] + p[3 * PAGE], 0);
	CHECK_EQ(smaps_kb(0, (char *)p, "Rss"), KB(4));
	CHECK_EQ(smaps_kb(0, (char *)p, "Anonymous"), KB(2));
}

TEST(smaps_of_shared_memory)
{
	char *p = anonymous(10, MAP_SHARED);
	long shmem = proc_field("/proc/self/smaps_rollup", "Pss_Shmem");

	touch(p, 4);
	CHECK_EQ(smaps_kb(0, p, "Rss"), KB(4));
	CHECK_EQ(smaps_kb(0, p, "Anonymous"), 0);
	CHECK_EQ(smaps_kb(0, p, "Private_Dirty"), KB(4));
	CHECK(smaps_flag(0, p, "sh") && smaps_flag(0, p, "ms"));
	CHECK_EQ(proc_field("/proc/self/smaps_rollup", "Pss_Shmem"), shmem + KB(4));
	IN_CHILD {
		// What its parent has is not mapped here before it is touched.
		CHECK_EQ(smaps_kb(0, p, "Rss"), 0);
		touch(p, 2);
		CHECK_EQ(smaps_kb(0, p, "Shared_Dirty"), KB(2));
		CHECK_EQ(smaps_kb(0, p, "Pss"), KB(1));
		CHECK_EQ(smaps_kb(getppid(), p, "Private_Dirty"), KB(2));
		CHECK_EQ(smaps_kb(getppid(), p, "Pss"), KB(3));
	}
	CHECK_EQ(smaps_kb(0, p, "Shared_Dirty"), 0);
}

TEST(smaps_locked)
{
	char *p = anonymous(6, MAP_PRIVATE);

	CHECK_EQ(smaps_kb(0, p, "Locked"), 0);
	CHECK_SYS(mlock(p, 4 * PAGE));
	CHECK_EQ(smaps_kb(0, p, "Locked"), KB(4));
	CHECK(smaps_flag(0, p, "lo"));
	CHECK_SYS(munlock(p, 4 * PAGE));
	CHECK_EQ(smaps_kb(0, p, "Locked"), 0);
	CHECK_EQ(smaps_kb(0, p, "Rss"), KB(4));
}

TEST(smaps_flags)
{
	char *p = anonymous(4, MAP_PRIVATE), *stack = (char *)&p;
	char *r = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	static const char *const has[] = { "rd", "wr", "mr", "mw", "me", "ac" };

	CHECK(r != MAP_FAILED);
	for (size_t i = 0; i < ARRAY_SIZE(has); i++)
		if (!smaps_flag(0, p, has[i]))
			fail(HERE("VmFlags"), "want %s, it is not there", has[i]);
	CHECK(!smaps_flag(0, p, "ex") && !smaps_flag(0, p, "sh") && !smaps_flag(0, p, "dc"));
	CHECK(!smaps_flag(0, r, "wr") && smaps_flag(0, r, "mw"));
	CHECK(smaps_flag(0, stack, "gd"));
	CHECK_SYS(madvise(p, 2 * PAGE, MADV_SEQUENTIAL));
	CHECK(smaps_flag(0, p, "sr") && !smaps_flag(0, p, "rr"));
	CHECK_SYS(madvise(p, 2 * PAGE, MADV_RANDOM));
	CHECK(smaps_flag(0, p, "rr") && !smaps_flag(0, p, "sr"));
	CHECK_SYS(madvise(p, 2 * PAGE, MADV_DONTFORK));
	CHECK(smaps_flag(0, p, "dc"));
	CHECK_SYS(madvise(p, 2 * PAGE, MADV_DOFORK));
	CHECK(!smaps_flag(0, p, "dc"));
}

// The fields of which smaps_rollup gives the sum, to the kilobyte that is lost per mapping.
TEST(smaps_rollup_is_the_sum)
{
	static const char *const names[] = { "Rss", "Anonymous", "Private_Dirty", "Referenced" };
	pid_t pid = CHECK_SYS(fork());
	char path[64], key[32], line[100];
	unsigned long first, last;
	char *rollup = text + sizeof(text) - 8192;

	if (pid == 0)
		for (;;)
			pause();
	until_asleep(pid);
	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	slurp(path, text, sizeof(text) - 8192);
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	slurp(path, rollup, 8192);
	CHECK_EQ(sscanf(rollup, "%lx-%lx %99[^\n]", &first, &last, line), 3);
	CHECK(strncmp(line, "---p 00000000 00:00 0 ", 22) == 0);
	CHECK_STR(strrchr(line, ' '), " [rollup]");
	CHECK_EQ(first, strtoul(text, NULL, 16));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		long sum = 0;

		snprintf(key, sizeof(key), "\n%s:", names[i]);
		for (char *at = text; (at = strstr(at, key)); at++)
			sum += strtol(at + strlen(key), NULL, 10);
		CHECK(strstr(rollup, key));
		if (strtol(strstr(rollup, key) + strlen(key), NULL, 10) != sum)
			fail(HERE(path), "%s: want %ld, it is %.20s", names[i], sum,
			     strstr(rollup, key) + strlen(key));
	}
	CHECK(strstr(rollup, "\nPss_Anon: ") && strstr(rollup, "\nPss_File: ") &&
	      strstr(rollup, "\nPss_Shmem: "));
	CHECK_SYS(kill(pid, SIGKILL));
}

TEST(smaps_drawn_by_vmmap)
{
	char *p = anonymous(10, MAP_PRIVATE), command[80], line[160];

	touch(p, 3);
	p[6 * PAGE] = 1;
	snprintf(command, sizeof(command), "vmmap %d >out", getpid());
	CHECK_EQ(system(command), 0);
	slurp("out", text, sizeof(text));
	CHECK(strncmp(text, "ADDRESSES   ", 12) == 0);
	snprintf(line, sizeof(line), "%010lx-%010lx rw-p       8       4       4 ", (long)p,
		 (long)p + 8 * PAGE);
	if (!strstr(text, line) || !strstr(text, "\n    AAA...A.\n"))
		fail(HERE("vmmap"), "want \"%s…\" and AAA...A., it is:\n%s", line, text);
}

// Who can be looked into is who has the same ids and may be dumped.
TEST(smaps_permissions)
{
	static const char *const names[] = { "maps", "smaps", "smaps_rollup", "pagemap" };
	pid_t other = getpid();

	AS_NOBODY {
		char path[64];

		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			snprintf(path, sizeof(path), "/proc/%d/%s", other, names[i]);
			CHECK_ERRNO(open(path, O_RDONLY), EACCES);
		}
		snprintf(path, sizeof(path), "/proc/%d/clear_refs", other);
		CHECK_ERRNO(open(path, O_WRONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/statm", other);
		CHECK_SYS(open(path, O_RDONLY));
	}
}

TEST(smaps_of_who_gave_up_root)
{
	AS_NOBODY {
		pid_t pid = getpid();
		struct stat st;
		char path[64];

		// What root's memory held is not nobody's, but a process sees its own mappings.
		CHECK_SYS(open("/proc/self/smaps", O_RDONLY));
		CHECK_ERRNO(open("/proc/self/pagemap", O_RDONLY), EACCES);
		CHECK_ERRNO(open("/proc/self/clear_refs", O_WRONLY), EACCES);
		CHECK_SYS(stat("/proc/self/maps", &st));
		CHECK_EQ(st.st_uid, 0);
		CHECK_SYS(stat("/proc/self", &st));
		CHECK_EQ(st.st_uid, NOBODY);
		snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
		IN_CHILD
			CHECK_ERRNO(open(path, O_RDONLY), EACCES);
		CHECK_SYS(prctl(PR_SET_DUMPABLE, 1));
		CHECK_SYS(stat("/proc/self/maps", &st));
		CHECK_EQ(st.st_uid, NOBODY);
		CHECK_SYS(open("/proc/self/pagemap", O_RDONLY));
		IN_CHILD
			CHECK_SYS(open(path, O_RDONLY));
	}
}

// Of a program that may be executed but not read: its memory is not for others, nor for itself.
TEST(smaps_of_a_secret_program)
{
	static char program_text[2 << 20];
	size_t size = slurp(program("show"), program_text, sizeof(program_text));
	int out = CHECK_SYS(open("secret", O_WRONLY | O_CREAT, 0700)), fd[2];

	CHECK_EQ(write(out, program_text, size), size);
	CHECK_SYS(close(out));
	CHECK_SYS(chmod("secret", 0111));
	CHECK_SYS(chmod(".", 0755));
	CHECK_SYS(pipe(fd));
	AS_NOBODY {
		static const char *const names[] = { "maps", "smaps", "pagemap", "environ" };
		pid_t pid = CHECK_SYS(fork());
		char path[64];

		if (pid == 0) {
			CHECK_SYS(dup2(fd[1], 1));
			execl("./secret", "secret", "--pause", NULL);
			_exit(1);
		}
		CHECK_EQ(read(fd[0], path, 6), 6);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			snprintf(path, sizeof(path), "/proc/%d/%s", pid, names[i]);
			CHECK_ERRNO(open(path, O_RDONLY), EACCES);
		}
		CHECK_SYS(kill(pid, SIGKILL));
	}
}

/* --- clear_refs ---------------------------------------------------------------------------- */

TEST(clear_refs_numbers)
{
	static const char *const bad[] = { "0", "6", "-1", "x", "", " ", "1x", "0x1", "1 2" };
	int fd = CHECK_SYS(open("/proc/self/clear_refs", O_RDWR));

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (*bad[i])
			CHECK_ERRNO(write(fd, bad[i], strlen(bad[i])), EINVAL);
	CHECK_ERRNO(write(fd, "99999999999", 11), ERANGE);
	CHECK_ERRNO(write(fd, (void *)8, 1), EFAULT);
	CHECK_ERRNO(read(fd, text, 10), EINVAL);
	CHECK_EQ(write(fd, "1", 1), 1);
	CHECK_EQ(write(fd, " 3\n", 3), 3);
	// It looks at 12 characters and says so.
	CHECK_EQ(write(fd, "1                      ", 23), 12);
}

/*
 * Linux leaves translations in the TLB when it clears accessed bits, so an access may go unseen; a
 * fork write-protects what is private and takes them out.
 */
static void flush(void)
{
	IN_CHILD
		;
}

TEST(clear_refs_forgets_accesses)
{
	char *p = anonymous(10, MAP_PRIVATE);
	volatile char *q = p;
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0600));
	volatile char *f;

	CHECK_SYS(ftruncate(fd, 2 * PAGE));
	f = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(f != MAP_FAILED);
	touch(p, 8);
	f[0] = f[PAGE] = 1;
	clear_refs(0, "1");
	flush();
	CHECK_EQ(smaps_kb(0, p, "Referenced"), 0);
	CHECK_EQ(smaps_kb(0, p, "Rss"), KB(8));
	CHECK_EQ(smaps_kb(0, (char *)f, "Referenced"), 0);
	CHECK_EQ(q[0] + q[3 * PAGE], 2);
	q[5 * PAGE] = 2;
	CHECK_EQ(smaps_kb(0, p, "Referenced"), KB(3));
	CHECK_EQ(f[0], 1);
	clear_refs(0, "2");
	flush();
	CHECK_EQ(smaps_kb(0, p, "Referenced"), 0);
	CHECK_EQ(smaps_kb(0, (char *)f, "Referenced"), KB(1));
	CHECK_EQ(q[0], 1);
	clear_refs(0, "3");
	CHECK_EQ(smaps_kb(0, p, "Referenced"), KB(1));
	CHECK_EQ(smaps_kb(0, (char *)f, "Referenced"), 0);
}

TEST(clear_refs_resets_the_peak)
{
	char *p = anonymous(2002, MAP_PRIVATE);
	long peak;

	touch(p, 2000);
	CHECK_SYS(munmap(p, 2000 * PAGE));
	peak = proc_field("/proc/self/status", "VmHWM");
	CHECK(peak >= KB(2000));
	clear_refs(0, "5");
	CHECK(proc_field("/proc/self/status", "VmHWM") < peak - KB(1500));
}

TEST(clear_refs_of_another)
{
	char path[64];
	pid_t pid = CHECK_SYS(fork());
	int fd;

	if (pid == 0)
		for (;;)
			pause();
	until_asleep(pid);
	snprintf(path, sizeof(path), "/proc/%d/clear_refs", pid);
	fd = CHECK_SYS(open(path, O_WRONLY));
	clear_refs(pid, "1");
	CHECK_EQ(smaps_kb(pid, path, "Referenced"), 0);	// its stack
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	CHECK_ERRNO(write(fd, "1", 1), ESRCH);
}
