// SPDX-License-Identifier: MIT
// pagemap.c - /proc/PID/pagemap, and reading maps while it changes
#include "user/usertests/usertests.h"
#include "user/usertests/maps.h"
#include <linux/kernel-page-flags.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)

static char text[65536];

static char *map(int pages, int flags, int fd)
{
	char *p = mmap(NULL, pages * PAGE, RW, flags, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void touch(char *p, int pages)
{
	for (int i = 0; i < pages; i++)
		p[i * PAGE] = 1;
}

TEST(pagemap_present)
{
	char *p = map(16, ANON, -1);

	for (int i = 0; i < 16; i++)
		CHECK_EQ(pagemap_word(0, p + i * PAGE) & ~PM_SOFT_DIRTY, 0);
	p[3 * PAGE] = 1;
	for (int i = 0; i < 16; i++)
		CHECK_EQ(pagemap_word(0, p + i * PAGE) >> 63, i == 3);
	CHECK_SYS(madvise(p, 16 * PAGE, MADV_DONTNEED));
	CHECK_EQ(pagemap_word(0, p + 3 * PAGE) & ~PM_SOFT_DIRTY, 0);
	p[3 * PAGE] = 1;
	CHECK_SYS(mprotect(p, 16 * PAGE, PROT_NONE));
	CHECK_EQ(pagemap_word(0, p + 3 * PAGE) >> 63, 1);
	CHECK_SYS(munmap(p, 16 * PAGE));
	CHECK_EQ(pagemap_word(0, p + 3 * PAGE), 0);
}

TEST(pagemap_exclusive)
{
	char *p = map(2, ANON, -1);

	touch(p, 2);
	CHECK(pagemap_word(0, p) & PM_EXCLUSIVE);
	IN_CHILD {
		CHECK(!(pagemap_word(0, p) & PM_EXCLUSIVE));
		CHECK(!(pagemap_word(getppid(), p) & PM_EXCLUSIVE));
		p[0] = 2;
		CHECK(pagemap_word(0, p) & PM_EXCLUSIVE);
		CHECK(pagemap_word(getppid(), p) & PM_EXCLUSIVE);
		CHECK(!(pagemap_word(0, p + PAGE) & PM_EXCLUSIVE));
	}
	CHECK(pagemap_word(0, p + PAGE) & PM_EXCLUSIVE);
}

TEST(pagemap_file)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0600));
	char *p;

	CHECK_EQ(pwrite(fd, text, 2 * PAGE, 0), 2 * PAGE);
	p = map(2, MAP_PRIVATE, fd);
	CHECK_EQ(*(volatile char *)p + *(volatile char *)(p + PAGE), 0);
	CHECK_EQ(pagemap_word(0, p) & (PM_PRESENT | PM_FILE), PM_PRESENT | PM_FILE);
	p[0] = 1;	// a copy: no page of the file any more
	CHECK_EQ(pagemap_word(0, p) & (PM_PRESENT | PM_FILE), PM_PRESENT);
	CHECK_EQ(pagemap_word(0, p + PAGE) & (PM_PRESENT | PM_FILE), PM_PRESENT | PM_FILE);
}

TEST(pagemap_shared_memory)
{
	char *p = map(2, MAP_SHARED | MAP_ANONYMOUS, -1);

	touch(p, 1);
	CHECK_EQ(pagemap_word(0, p) & (PM_PRESENT | PM_FILE | PM_EXCLUSIVE),
		 PM_PRESENT | PM_FILE | PM_EXCLUSIVE);
	IN_CHILD {
		CHECK_EQ(pagemap_word(0, p) & PM_PRESENT, 0);
		touch(p, 1);
		CHECK_EQ(pagemap_word(0, p) & (PM_FILE | PM_EXCLUSIVE), PM_FILE);
		CHECK_EQ(pagemap_word(0, p) & PM_FRAME, pagemap_word(getppid(), p) & PM_FRAME);
	}
	CHECK(pagemap_word(0, p) & PM_EXCLUSIVE);
	CHECK_EQ(pagemap_word(0, p + PAGE) & PM_PRESENT, 0);
}

TEST(pagemap_frames)
{
	char *p = map(4, ANON, -1);
	volatile char *q = p;

	CHECK_EQ(q[2 * PAGE] + q[3 * PAGE], 0);
	touch(p, 2);
	CHECK((pagemap_word(0, p) & PM_FRAME) != 0);
	CHECK((pagemap_word(0, p) & PM_FRAME) != (pagemap_word(0, p + PAGE) & PM_FRAME));
	// The page of zeros is one for all, of no file and nobody's own.
	CHECK_EQ(pagemap_word(0, p + 2 * PAGE) & ~PM_SOFT_DIRTY,
		 pagemap_word(0, p + 3 * PAGE) & ~PM_SOFT_DIRTY);
	CHECK_EQ(pagemap_word(0, p + 2 * PAGE) & (PM_PRESENT | PM_FILE | PM_EXCLUSIVE), PM_PRESENT);
	IN_CHILD {
		CHECK_EQ(pagemap_word(0, p) & PM_FRAME, pagemap_word(getppid(), p) & PM_FRAME);
		p[0] = 2;
		CHECK((pagemap_word(0, p) & PM_FRAME) != (pagemap_word(getppid(), p) & PM_FRAME));
	}
}

TEST(pagemap_frames_are_for_root)
{
	char *p = map(1, ANON, -1);
	int fd = CHECK_SYS(open("/proc/self/pagemap", O_RDONLY));

	*p = 1;
	AS_NOBODY {
		uint64_t word;

		CHECK_SYS(prctl(PR_SET_DUMPABLE, 1));
		CHECK_EQ(pagemap_word(0, p) & PM_FRAME, 0);
		CHECK(pagemap_word(0, p) & PM_PRESENT);
		// What root has opened goes on showing them.
		CHECK_EQ(pread(fd, &word, 8, (uintptr_t)p / PAGE * 8), 8);
		CHECK((word & PM_FRAME) != 0);
	}
}

TEST(pagemap_reads)
{
	char *p = map(1030, ANON, -1);
	static uint64_t words[1030];
	int fd = CHECK_SYS(open("/proc/self/pagemap", O_RDONLY));
	off_t at = (uintptr_t)p / PAGE * 8;

	touch(p, 1);
	touch(p + 1029 * PAGE, 1);
	CHECK_ERRNO(pread(fd, words, 8, at + 4), EINVAL);
	CHECK_ERRNO(pread(fd, words, 12, at), EINVAL);
	CHECK_EQ(pread(fd, words, 0, at), 0);
	CHECK_ERRNO(pread(fd, (void *)8, 8, at), EFAULT);
	// Over the edges of page tables, by read and lseek.
	CHECK_EQ(lseek(fd, at, SEEK_SET), at);
	CHECK_EQ(read(fd, words, sizeof(words)), sizeof(words));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), at + (off_t)sizeof(words));
	for (int i = 0; i < 1030; i++)
		if (words[i] >> 63 != (i == 0 || i == 1029))
			fail(HERE("pagemap"), "page %d: it is %#lx", i, (long)words[i]);
	CHECK_ERRNO(lseek(fd, 0, SEEK_END), EINVAL);
	CHECK_EQ(lseek(fd, at, SEEK_SET), at);
	CHECK_EQ(lseek(fd, 8, SEEK_CUR), at + 8);
	CHECK_EQ(pread(fd, words, 8, 1L << 60), 0);
	CHECK_EQ(pread(fd, words, 8, LONG_MAX - 15), 0);
	CHECK_EQ(pread(fd, words, 8, 0), 8);
	CHECK_EQ(words[0], 0);
}

// Whoever has it open sees nothing of what the process runs next, and nothing when it is gone.
TEST(pagemap_after_the_end)
{
	static const char *const names[] = { "pagemap", "maps", "smaps", "smaps_rollup" };
	int fds[4];
	char path[64];
	struct gate go;
	pid_t pid;

	gate_make(&go);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		gate_wait(&go);
		_exit(0);
	}
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, names[i]);
		fds[i] = CHECK_SYS(open(path, O_RDONLY));
		CHECK_EQ(read(fds[i], text, 8), 8);
	}
	gate_open(&go);
	while (process_state(pid) != 'Z')
		nap(MS);
	CHECK_EQ(pread(fds[0], text, 8, 0), 0);
	CHECK_EQ(pread(fds[1], text, 8, 0), 0);
	CHECK_EQ(pread(fds[2], text, 8, 0), 0);
	CHECK_ERRNO(pread(fds[3], text, 8, 0), ESRCH);
	CHECK_EXIT(pid, 0);
	CHECK_EQ(pread(fds[0], text, 8, 0), 0);
	CHECK_ERRNO(pread(fds[1], text, 8, 0), ESRCH);
	CHECK_ERRNO(pread(fds[2], text, 8, 0), ESRCH);
	CHECK_ERRNO(pread(fds[3], text, 8, 0), ESRCH);
}

TEST(pagemap_after_exec)
{
	char path[64];
	struct gate go;
	int maps, pages, fd[2];
	pid_t pid;

	gate_make(&go);
	CHECK_SYS(pipe(fd));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		gate_wait(&go);
		CHECK_SYS(dup2(fd[1], 1));
		execve(program("show"), (char *[]){ "show", "--pause", NULL }, (char *[]){ NULL });
		_exit(1);
	}
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = CHECK_SYS(open(path, O_RDONLY));
	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	pages = CHECK_SYS(open(path, O_RDONLY));
	gate_open(&go);
	CHECK_EQ(read(fd[0], text, 6), 6);
	CHECK_EQ(read(maps, text, 100), 0);
	CHECK_EQ(pread(pages, text, 8, 0x10 * 8), 0);
	CHECK_SYS(kill(pid, SIGKILL));
}

/* --- the frames behind it ------------------------------------------------------------------ */

static uint64_t frame_word(const char *path, const char *p)
{
	int fd = CHECK_SYS(open(path, O_RDONLY | O_CLOEXEC));
	uint64_t word;

	CHECK_EQ(pread(fd, &word, 8, (pagemap_word(0, p) & PM_FRAME) * 8), 8);
	CHECK_SYS(close(fd));
	return word;
}

TEST(pagemap_kpagecount)
{
	char *p = map(2, ANON, -1);

	touch(p, 2);
	CHECK_EQ(frame_word("/proc/kpagecount", p), 1);
	IN_CHILD {
		CHECK_EQ(frame_word("/proc/kpagecount", p), 2);
		p[0] = 2;
		CHECK_EQ(frame_word("/proc/kpagecount", p), 1);
		CHECK_EQ(frame_word("/proc/kpagecount", p + PAGE), 2);
	}
	CHECK_EQ(frame_word("/proc/kpagecount", p + PAGE), 1);
}

#define CHECK_FRAME(p, mask, want)						\
	check_eq(HERE("kpageflags of " #p), frame_word("/proc/kpageflags", p) & (mask), want)

TEST(pagemap_kpageflags)
{
	int fd = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0600));
	char *p = map(2, ANON, -1), *f;
	uint64_t mapped = 1 << KPF_MMAP, anon = 1 << KPF_ANON, zero = 1 << KPF_ZERO_PAGE;
	uint64_t uptodate = 1 << KPF_UPTODATE, dirty = 1 << KPF_DIRTY, all;

	all = mapped | anon | zero;
	CHECK_EQ(write(fd, text, PAGE), PAGE);
	CHECK_SYS(fsync(fd));
	f = map(1, MAP_SHARED, fd);
	touch(p, 1);
	CHECK_EQ(*(volatile char *)(p + PAGE) + *(volatile char *)f, 0);
	CHECK_FRAME(p, all | uptodate, mapped | anon | uptodate);
	CHECK_FRAME(p + PAGE, all & ~mapped, zero);
	CHECK_FRAME(f, all | uptodate | dirty, mapped | uptodate);
	*f = 1;
	CHECK_FRAME(f, dirty, dirty);
}

TEST(pagemap_kpage_files)
{
	int fd = CHECK_SYS(open("/proc/kpageflags", O_RDONLY));
	static uint64_t words[1000];

	CHECK_ERRNO(pread(fd, words, 7, 0), EINVAL);
	CHECK_ERRNO(pread(fd, words, 8, 4), EINVAL);
	CHECK_EQ(pread(fd, words, 8, 1L << 55), 0);
	CHECK_EQ(read(fd, words, sizeof(words)), sizeof(words));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), sizeof(words));
	AS_NOBODY {
		CHECK_ERRNO(open("/proc/kpagecount", O_RDONLY), EACCES);
		CHECK_ERRNO(open("/proc/kpageflags", O_RDONLY), EACCES);
	}
}

/* --- reading maps piece by piece ----------------------------------------------------------- */

// Pages with alternating protections: as many mappings.
static char *many(int pages)
{
	char *p = map(pages, ANON, -1);

	for (int i = 0; i < pages; i += 2)
		CHECK_SYS(mprotect(p + i * PAGE, PAGE, PROT_READ));
	return p;
}

// Reads one line, by small reads; false at the end.
static bool next_line(int fd, char *line, size_t size)
{
	static char left[128];
	static size_t used;
	size_t length = 0;

	for (;;) {
		char *end = memchr(left, '\n', used);
		size_t n = end ? (size_t)(end + 1 - left) : used;

		CHECK(length + n < size);
		memcpy(line + length, left, n);
		length += n;
		used -= n;
		memmove(left, left + n, used);
		line[length] = 0;
		if (end)
			return true;
		used = CHECK_SYS(read(fd, left, 61));
		if (!used)
			return false;
	}
}

TEST(maps_names)
{
	char *shared = map(1, MAP_SHARED | MAP_ANONYMOUS, -1), *private = map(1, ANON, -1), *f;
	int fd = CHECK_SYS(open("a\nfile", O_RDWR | O_CREAT, 0600));
	char want[PATH_MAX + 40];
	struct mapping m;
	struct stat st;

	CHECK_SYS(ftruncate(fd, PAGE));
	CHECK_SYS(fstat(fd, &st));
	f = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(f != MAP_FAILED);
	CHECK(find_mapping(sbrk(0) - 1, &m));
	CHECK_STR(m.name, "[heap]");
	CHECK(find_mapping(want, &m));
	CHECK_STR(m.name, "[stack]");
	CHECK_STR(m.flags, "rw-p");
	CHECK(find_mapping(shared, &m));
	CHECK_STR(m.name, "/dev/zero (deleted)");
	CHECK_STR(m.flags, "rw-s");
	CHECK(find_mapping(private, &m));
	CHECK_STR(m.name, "");
	CHECK(find_mapping(f, &m));
	CHECK_STR(strrchr(m.name, '/'), "/a\\012file");
	CHECK_STR(m.flags, "r--p");
	// The name begins in column 74, behind device and inode.
	slurp("/proc/self/maps", text, sizeof(text));
	snprintf(want, sizeof(want), "%08lx-%08lx r--p 00000000 %02x:%02x %lu ", (long)f,
		 (long)f + PAGE, major(st.st_dev), minor(st.st_dev), (long)st.st_ino);
	CHECK(strstr(text, want));
	CHECK_EQ(strchr(strstr(text, want), '/') - strstr(text, want), 73);
	CHECK_SYS(unlink("a\nfile"));
	CHECK(find_mapping(f, &m));
	CHECK_STR(strrchr(m.name, '/'), "/a\\012file (deleted)");
}

TEST(maps_read_piece_by_piece)
{
	char *p = many(500), line[512];
	int fd = CHECK_SYS(open("/proc/self/maps", O_RDONLY)), seen = 0;
	unsigned long start, end, last = 0;

	while (next_line(fd, line, sizeof(line))) {
		CHECK_EQ(sscanf(line, "%lx-%lx ", &start, &end), 2);
		CHECK(start >= last && end > start);
		last = end;
		if (start >= (unsigned long)p && end <= (unsigned long)p + 500 * PAGE) {
			CHECK_EQ(start, (unsigned long)p + seen * PAGE);
			CHECK(strstr(line, seen % 2 ? "rw-p" : "r--p"));
			seen++;
		}
	}
	CHECK_EQ(seen, 500);
}

// What is mapped and unmapped between two reads shows or does not, but the rest is all there.
TEST(maps_change_while_they_are_read)
{
	char *p = many(600), line[512];
	int fd = CHECK_SYS(open("/proc/self/maps", O_RDONLY)), lines = 0;
	unsigned long start, last = 0, end;
	bool kept[600] = {};

	while (next_line(fd, line, sizeof(line))) {
		CHECK_EQ(sscanf(line, "%lx-%lx ", &start, &end), 2);
		CHECK(start >= last);
		last = start;
		if (start < (unsigned long)p || start >= (unsigned long)p + 600 * PAGE)
			continue;
		kept[(start - (unsigned long)p) / PAGE] = true;
		if (lines++ < 60) {
			// Every third page, forwards from the back and around the reader.
			CHECK_SYS(munmap(p + (600 - 3 * lines) * PAGE, PAGE));
			CHECK_SYS(munmap(p + (3 * lines) * PAGE, PAGE));
		}
	}
	for (int i = 0; i < 600; i++)
		if (i % 3 && !kept[i])
			fail(HERE("maps"), "page %d was always there, its line is missing", i);
}

TEST(maps_pread_anywhere)
{
	static char again[65536];
	size_t length;
	int fd;

	many(100);
	fd = CHECK_SYS(open("/proc/self/maps", O_RDONLY));
	length = slurp("/proc/self/maps", text, sizeof(text));
	CHECK(length > 5000);
	CHECK_EQ(pread(fd, again, 100, 4050), 100);
	CHECK(memcmp(again, text + 4050, 100) == 0);
	CHECK_EQ(pread(fd, again, 100, 7), 100);
	CHECK(memcmp(again, text + 7, 100) == 0);
	CHECK_EQ(pread(fd, again, 100, length), 0);
	CHECK_EQ(pread(fd, again, 100, length - 5), 5);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_EQ(read(fd, again, 50), 50);
	CHECK(memcmp(again, text, 50) == 0);
	CHECK_EQ(lseek(fd, 20, SEEK_SET), 20);
	CHECK_EQ(read(fd, again, 50), 50);
	CHECK(memcmp(again, text + 20, 50) == 0);
}
