// SPDX-License-Identifier: MIT
// memfd.c - memfd_create(2), and what seals forbid (fcntl(2), F_ADD_SEALS)
#include "user/usertests/usertests.h"
#include "user/usertests/maps.h"
#include <sys/mman.h>

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define CONTENT	"what is in it"

static int memfd(unsigned flags)
{
	return CHECK_SYS(memfd_create("test", flags));
}

// One that can be sealed, of two pages.
static int sealable(void)
{
	int fd = memfd(MFD_ALLOW_SEALING);

	CHECK_EQ(write(fd, CONTENT, sizeof(CONTENT)), sizeof(CONTENT));
	CHECK_SYS(ftruncate(fd, 2 * PAGE));
	return fd;
}

static int sealed(int seals)
{
	int fd = sealable();

	CHECK_SYS(fcntl(fd, F_ADD_SEALS, seals));
	CHECK_EQ(fcntl(fd, F_GET_SEALS), seals);
	return fd;
}

static int reopen(int fd, int flags)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags);
}

TEST(memfd_is_a_file)
{
	int fd = memfd(0);
	char got[20] = "", *p;
	struct stat st;

	CHECK_SYS(fstat(fd, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0777);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(write(fd, CONTENT, sizeof(CONTENT)), sizeof(CONTENT));
	CHECK_EQ(pread(fd, got, sizeof(got), 5), sizeof(CONTENT) - 5);
	CHECK_STR(got, CONTENT + 5);
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_STR(p, CONTENT);
	p[0] = 'W';
	CHECK_EQ(pread(fd, got, 4, 0), 4);
	CHECK_EQ(got[0], 'W');
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), sizeof(CONTENT));
}

TEST(memfd_has_its_name)
{
	int fd = memfd(0);
	char path[40], text[64] = "";
	struct mapping m;
	void *p;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(readlink(path, text, sizeof(text)) > 0);
	CHECK_STR(text, "/memfd:test (deleted)");
	CHECK_SYS(ftruncate(fd, PAGE));
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && find_mapping(p, &m));
	CHECK_STR(m.name, "/memfd:test (deleted)");
}

TEST(memfd_same_name_is_another_file)
{
	int a = memfd(0), b = memfd(0);

	CHECK_EQ(write(a, "a", 1), 1);
	CHECK_EQ(lseek(b, 0, SEEK_END), 0);
}

TEST(memfd_cloexec)
{
	CHECK_EQ(fcntl(memfd(MFD_CLOEXEC), F_GETFD), FD_CLOEXEC);
}

TEST(memfd_errors)
{
	char name[300];

	memset(name, 'n', sizeof(name));
	name[250] = 0;
	CHECK_ERRNO(memfd_create(name, 0), EINVAL);
	name[249] = 0;
	CHECK_SYS(memfd_create(name, 0));
	CHECK_SYS(memfd_create("", 0));
	CHECK_ERRNO(memfd_create("x", 0x100), EINVAL);
	CHECK_ERRNO(memfd_create((char *)-1, 0x100), EINVAL);
	CHECK_ERRNO(memfd_create((char *)-1, 0), EFAULT);
}

TEST(memfd_goes_to_children)
{
	int fd = memfd(0);
	char *p;

	CHECK_SYS(ftruncate(fd, 3 * PAGE));
	p = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	IN_CHILD {
		char *q = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0);

		CHECK(q != MAP_FAILED && q != p);
		q[PAGE] = 'q';
		CHECK_EQ(pwrite(fd, "w", 1, 2 * PAGE), 1);
	}
	CHECK_EQ(p[PAGE], 'q');
	CHECK_EQ(p[2 * PAGE], 'w');
}

TEST(memfd_executes)
{
	char buffer[4096], path[64];
	int from = CHECK_SYS(open(program("show"), O_RDONLY)), fd = memfd(MFD_CLOEXEC);
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		CHECK_EQ(write(fd, buffer, n), n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_EQ(run_program(path, (char *[]){ "show", "argument", NULL },
			     (char *[]){ NULL }, buffer, sizeof(buffer)), 0);
	CHECK_OUTPUT(buffer, "argc", "2");
}

/* --- seals --------------------------------------------------------------------------------- */

TEST(memfd_seals_none_at_first)
{
	CHECK_EQ(fcntl(sealable(), F_GET_SEALS), 0);
}

TEST(memfd_seals_must_be_asked_for)
{
	int fd = memfd(0);

	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
}

TEST(memfd_seals_add_up)
{
	int fd = sealed(F_SEAL_GROW);

	CHECK_SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_GROW | F_SEAL_SHRINK);
	CHECK_SYS(fcntl(fd, F_ADD_SEALS, 0));
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_GROW | F_SEAL_SHRINK);
	CHECK_SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, 0), EPERM);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
}

TEST(memfd_seals_belong_to_the_file)
{
	int fd = sealed(F_SEAL_GROW), other = CHECK_SYS(reopen(fd, O_RDWR));

	CHECK_EQ(fcntl(other, F_GET_SEALS), F_SEAL_GROW);
	CHECK_ERRNO(ftruncate(other, 3 * PAGE), EPERM);
}

TEST(memfd_seals_errors)
{
	int fd = sealable(), reader = CHECK_SYS(reopen(fd, O_RDONLY)), disk;

	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, 0x8000), EINVAL);
	CHECK_ERRNO(fcntl(reader, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	CHECK_EQ(fcntl(reader, F_GET_SEALS), 0);
	disk = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0666));
	CHECK_ERRNO(fcntl(disk, F_GET_SEALS), EINVAL);
	CHECK_ERRNO(fcntl(disk, F_ADD_SEALS, F_SEAL_GROW), EINVAL);
	CHECK_ERRNO(fcntl(99, F_GET_SEALS), EBADF);
}

TEST(memfd_seal_shrink)
{
	int fd = sealed(F_SEAL_SHRINK);

	CHECK_ERRNO(ftruncate(fd, 2 * PAGE - 1), EPERM);
	CHECK_ERRNO(ftruncate(fd, 0), EPERM);
	CHECK_ERRNO(reopen(fd, O_RDWR | O_TRUNC), EPERM);
	CHECK_SYS(ftruncate(fd, 2 * PAGE));
	CHECK_SYS(ftruncate(fd, 3 * PAGE));
	CHECK_EQ(pwrite(fd, "x", 1, 5 * PAGE), 1);
}

TEST(memfd_seal_grow)
{
	int fd = sealed(F_SEAL_GROW);

	CHECK_ERRNO(ftruncate(fd, 2 * PAGE + 1), EPERM);
	CHECK_ERRNO(pwrite(fd, "x", 1, 2 * PAGE), EPERM);
	CHECK_ERRNO(fallocate(fd, 0, PAGE, 2 * PAGE), EPERM);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_KEEP_SIZE, PAGE, 2 * PAGE), EPERM);
	CHECK_EQ(pwrite(fd, "x", 1, 2 * PAGE - 1), 1);
	CHECK_SYS(fallocate(fd, 0, 0, 2 * PAGE));
	CHECK_SYS(ftruncate(fd, PAGE));
	CHECK_ERRNO(ftruncate(fd, 2 * PAGE), EPERM);
}

// A write that begins inside and would end outside is done as far as whole pages go.
TEST(memfd_seal_grow_cuts_a_write)
{
	int fd = sealed(F_SEAL_GROW);
	char text[3 * PAGE];

	memset(text, 't', sizeof(text));
	CHECK_EQ(pwrite(fd, text, sizeof(text), 0), 2 * PAGE);
	fd = sealable();
	CHECK_SYS(ftruncate(fd, PAGE + 10));
	CHECK_SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	CHECK_ERRNO(pwrite(fd, text, 20, PAGE), EPERM);
	CHECK_EQ(pwrite(fd, text, 30, PAGE - 20), 30);
	CHECK_EQ(pwrite(fd, text, 40, PAGE - 20), 20);
}

TEST(memfd_seal_write)
{
	int fd = sealed(F_SEAL_WRITE);
	char *p;

	CHECK_ERRNO(pwrite(fd, "x", 1, 0), EPERM);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE), EPERM);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EPERM);
	p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_STR(p, CONTENT);
	p[0] = 'W';
	CHECK_SYS(ftruncate(fd, PAGE));		// the size is another seal's matter
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, CHECK_SYS(reopen(fd, O_RDONLY)), 0);
	CHECK(p != MAP_FAILED);
	CHECK_STR(p, CONTENT);
	CHECK_ERRNO(mprotect(p, PAGE, RW), EACCES);
}

TEST(memfd_seal_write_while_mapped)
{
	int fd = sealable();
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);

	CHECK(p != MAP_FAILED);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), EBUSY);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);	// all or nothing
	CHECK_SYS(munmap(p, 2 * PAGE));
	CHECK_SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
}

// Each part of a mapping and each process that has it counts.
TEST(memfd_seal_write_while_a_part_is_mapped)
{
	int fd = memfd(MFD_ALLOW_SEALING);
	struct gate mapped, leave;
	char *p;
	pid_t pid;

	CHECK_SYS(ftruncate(fd, 8 * PAGE));
	p = mmap(NULL, 8 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	gate_make(&mapped);
	gate_make(&leave);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(munmap(p + PAGE, PAGE));
		CHECK_SYS(munmap(p + 3 * PAGE, 5 * PAGE));
		CHECK_SYS(mprotect(p, PAGE, PROT_READ));
		CHECK_SYS(munmap(p, PAGE));
		gate_open(&mapped);
		gate_wait(&leave);
		finish();
	}
	CHECK_SYS(mprotect(p + 2 * PAGE, PAGE, PROT_READ));
	CHECK_SYS(mprotect(p + 2 * PAGE, PAGE, RW));
	CHECK(mremap(p + 4 * PAGE, 4 * PAGE, 2 * PAGE, 0) == p + 4 * PAGE);
	CHECK_SYS(munmap(p, 8 * PAGE));
	gate_wait(&mapped);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	gate_open(&leave);
	CHECK_EXIT(pid, 0);
	CHECK_SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
}

TEST(memfd_seal_write_private_mapping_is_no_writer)
{
	int fd = sealable();
	char *p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);

	CHECK(p != MAP_FAILED);
	p[0] = 'W';
	CHECK_SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	p[1] = 'H';
	CHECK_EQ(p[0], 'W');
}

TEST(memfd_seal_future_write)
{
	int fd = sealable();
	char *p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), *q;

	CHECK(p != MAP_FAILED);
	CHECK_SYS(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	p[0] = 'W';				// who could write before still can
	CHECK_ERRNO(pwrite(fd, "x", 1, 0), EPERM);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE), EPERM);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EPERM);
	q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(q[0], 'W');
	CHECK_ERRNO(mprotect(q, PAGE, RW), EACCES);
	q = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(q != MAP_FAILED);
	q[0] = 'P';
	CHECK_EQ(p[0], 'W');
}
