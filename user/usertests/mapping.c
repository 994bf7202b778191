// SPDX-License-Identifier: MIT
// mapping.c - what the tests of mapping calls share
#include "user/usertests/mapping.h"
#include <setjmp.h>
#include <sys/resource.h>

char *map_anon(size_t pages, int protection)
{
	char *p = mmap(NULL, pages * PAGE, protection, ANON, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

char *find_room(size_t pages)
{
	char *p = map_anon(pages + 32, PROT_NONE);

	CHECK_SYS(munmap(p, (pages + 32) * PAGE));
	return p + 16 * PAGE;
}

int make_pages(const char *path, size_t pages)
{
	int fd = CHECK_SYS(open(path, O_RDWR | O_CREAT | O_TRUNC, 0644));
	char page[PAGE];

	for (size_t n = 0; n < pages; n++) {
		memset(page, 'a' + n % 26, PAGE);
		CHECK_EQ(pwrite(fd, page, PAGE, n * PAGE), PAGE);
	}
	return fd;
}

char *map_new_file(const char *path, size_t pages, int protection, int flags)
{
	int fd = make_pages(path, pages);
	char *p = mmap(NULL, pages * PAGE, protection, flags, fd, 0);

	CHECK(p != MAP_FAILED);
	CHECK_SYS(close(fd));
	return p;
}

int mmap_errno(void *hint, size_t length, int protection, int flags, int fd, off_t offset)
{
	void *p = mmap(hint, length, protection, flags, fd, offset);

	if (p == MAP_FAILED)
		return errno;
	CHECK_SYS(munmap(p, length));
	return 0;
}

int mremap_errno(void *p, size_t old_length, size_t new_length, int flags, void *to)
{
	return mremap(p, old_length, new_length, flags, to) == MAP_FAILED ? errno : 0;
}

struct mapping mapping_at(const void *p)
{
	struct mapping m;

	CHECK(find_mapping(p, &m));
	return m;
}

size_t resident(const char *p, size_t pages)
{
	unsigned char vec[1024];
	size_t count = 0;

	CHECK(pages <= sizeof(vec));
	CHECK_SYS(mincore((void *)p, pages * PAGE, vec));
	for (size_t i = 0; i < pages; i++)
		count += vec[i] & 1;
	return count;
}

bool is_mapped(const void *p)
{
	unsigned char vec;

	return mincore((void *)((uintptr_t)p & -PAGE), PAGE, &vec) == 0;
}

void set_soft_limit(int which, unsigned long value)
{
	struct rlimit limit;

	CHECK_SYS(getrlimit(which, &limit));
	limit.rlim_cur = value;
	CHECK_SYS(setrlimit(which, &limit));
}

siginfo_t touch_info;
static sigjmp_buf touch_jump;

static void touched(int sig, siginfo_t *info, void *context)
{
	(void)context;
	touch_info = *info;
	siglongjmp(touch_jump, sig);
}

int touch(const volatile char *p, bool write)
{
	struct sigaction action = { .sa_sigaction = touched, .sa_flags = SA_SIGINFO }, segv, bus;
	int sig;

	CHECK_SYS(sigaction(SIGSEGV, &action, &segv));
	CHECK_SYS(sigaction(SIGBUS, &action, &bus));
	sig = sigsetjmp(touch_jump, 1);
	if (!sig) {
		if (write)
			*(volatile char *)p = *(volatile char *)"w";
		else
			(void)*p;
	}
	CHECK_SYS(sigaction(SIGSEGV, &segv, NULL));
	CHECK_SYS(sigaction(SIGBUS, &bus, NULL));
	return sig;
}
