// SPDX-License-Identifier: MIT
// process_vm.c - process_vm_readv(2), process_vm_writev(2)
#include "user/usertests/mapping.h"
#include <sys/prctl.h>
#include <sys/uio.h>

// A child that sleeps until it is killed with the test's process group.
static pid_t sleeper(void)
{
	pid_t pid = CHECK_SYS(fork());

	while (pid == 0)
		pause();
	return pid;
}

static ssize_t get(pid_t pid, void *to, const void *from, size_t length)
{
	struct iovec local = { to, length }, remote = { (void *)from, length };

	return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

static ssize_t put(pid_t pid, void *to, const void *from, size_t length)
{
	struct iovec local = { (void *)from, length }, remote = { to, length };

	return process_vm_writev(pid, &local, 1, &remote, 1, 0);
}

TEST(process_vm_read_and_write)
{
	char *p = map_anon(4, RW), got[100];
	pid_t pid;

	memset(p, 'p', 4 * PAGE);
	pid = sleeper();
	memset(p, 'q', 4 * PAGE);
	CHECK_EQ(get(pid, got, p + PAGE - 50, 100), 100);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(got[i], 'p');
	CHECK_EQ(put(pid, p + 2 * PAGE - 3, "written", 7), 7);
	CHECK_EQ(get(pid, got, p + 2 * PAGE - 4, 9), 9);
	CHECK(!memcmp(got, "pwrittenp", 9));
	CHECK_EQ(p[2 * PAGE], 'q');		// our own copy is another
}

TEST(process_vm_self)
{
	char from[] = "from here", to[10] = "";

	CHECK_EQ(get(getpid(), to, from, 10), 10);
	CHECK_STR(to, "from here");
	CHECK_EQ(put(getpid(), to, "to there!", 10), 10);
	CHECK_STR(to, "to there!");
}

TEST(process_vm_untouched_memory)
{
	char *p = map_anon(3, RW), got[PAGE];
	pid_t pid = sleeper();

	memset(got, 'x', PAGE);
	CHECK_EQ(get(pid, got, p + 100, PAGE), PAGE);
	for (size_t i = 0; i < PAGE; i++)
		CHECK_EQ(got[i], 0);
	CHECK_EQ(put(pid, p + PAGE + 10, "abc", 3), 3);
	CHECK_EQ(get(pid, got, p + PAGE + 9, 5), 5);
	CHECK(!memcmp(got, "\0abc\0", 5));
}

TEST(process_vm_vectors)
{
	char *p = map_anon(2, RW), a[3], b[10];
	struct iovec remote[3] = { { p, 2 }, { p + PAGE, 0 }, { p + PAGE - 1, 5 } };
	struct iovec local[3] = { { a, 3 }, { NULL, 0 }, { b, 10 } };
	pid_t pid;

	memcpy(p, "ab", 2);
	memcpy(p + PAGE - 1, "cdefg", 5);
	pid = sleeper();
	// The remote side has 7 bytes, ours has room for 13.
	CHECK_EQ(process_vm_readv(pid, local, 3, remote, 3, 0), 7);
	CHECK(!memcmp(a, "abc", 3));
	CHECK(!memcmp(b, "defg", 4));
	local[2].iov_len = 1;
	CHECK_EQ(process_vm_readv(pid, local, 3, remote, 3, 0), 4);
	memcpy(a, "XYZ", 3);
	CHECK_EQ(process_vm_writev(pid, local, 1, remote, 3, 0), 3);
	CHECK_EQ(get(pid, a, p, 2), 2);
	CHECK(!memcmp(a, "XY", 2));
	CHECK_EQ(get(pid, a, p + PAGE - 1, 2), 2);
	CHECK(!memcmp(a, "Zd", 2));
}

TEST(process_vm_partial)
{
	char *p = map_anon(4, RW), *here = map_anon(4, RW);
	pid_t pid;

	memset(p, 'r', 4 * PAGE);
	CHECK_SYS(munmap(p + 2 * PAGE, PAGE));
	pid = sleeper();
	CHECK_EQ(get(pid, here, p + 100, 4 * PAGE - 100), 2 * PAGE - 100);
	CHECK_EQ(put(pid, p + 100, here, 4 * PAGE - 100), 2 * PAGE - 100);
	CHECK_ERRNO(get(pid, here, p + 2 * PAGE, 1), EFAULT);
	CHECK_ERRNO(put(pid, p + 2 * PAGE, here, 1), EFAULT);
	// The same with the hole on our side; what was copied of the page before it counts.
	CHECK_SYS(munmap(here + PAGE, PAGE));
	CHECK_EQ(get(pid, here + 512, p, PAGE), PAGE - 512);
	CHECK_EQ(put(pid, p, here + 512, PAGE), PAGE - 512);
	CHECK_ERRNO(get(pid, here + PAGE, p, 1), EFAULT);
	CHECK_ERRNO(put(pid, p, here + PAGE, 1), EFAULT);
}

TEST(process_vm_second_piece_is_bad)
{
	char *p = map_anon(1, RW), got[20];
	struct iovec local = { got, 20 }, remote[2] = { { p, 10 }, { (void *)PAGE, 10 } };
	pid_t pid = sleeper();

	CHECK_EQ(process_vm_readv(pid, &local, 1, remote, 2, 0), 10);
	CHECK_ERRNO(process_vm_readv(pid, &local, 1, remote + 1, 1, 0), EFAULT);
}

TEST(process_vm_protections_hold)
{
	char *p = map_anon(3, RW), got[4] = "none";
	pid_t pid;

	memset(p, 'k', 3 * PAGE);
	CHECK_SYS(mprotect(p, PAGE, PROT_READ));
	CHECK_SYS(mprotect(p + PAGE, PAGE, PROT_NONE));
	pid = sleeper();
	CHECK_EQ(get(pid, got, p, 4), 4);
	CHECK_ERRNO(put(pid, p, "w", 1), EFAULT);
	CHECK_ERRNO(get(pid, got, p + PAGE, 1), EFAULT);
	CHECK_ERRNO(put(pid, p + PAGE, "w", 1), EFAULT);
	CHECK_EQ(put(pid, p + 2 * PAGE, "w", 1), 1);
	CHECK_ERRNO(put(pid, (void *)process_vm_writev, "w", 1), EFAULT);	// text
}

TEST(process_vm_breaks_cow)
{
	// What is written into the child appears in no relative.
	char *p = map_anon(1, RW), got;
	pid_t first, second;

	p[0] = 'o';
	first = sleeper();
	second = sleeper();
	CHECK_EQ(put(first, p, "1", 1), 1);
	CHECK_EQ(p[0], 'o');
	CHECK_EQ(get(second, &got, p, 1), 1);
	CHECK_EQ(got, 'o');
	p[0] = 'm';
	CHECK_EQ(get(first, &got, p, 1), 1);
	CHECK_EQ(got, '1');
	CHECK_EQ(get(second, &got, p, 1), 1);
	CHECK_EQ(got, 'o');
}

TEST(process_vm_shared_file)
{
	char *p = map_new_file("f", 2, RW, MAP_SHARED);
	char *copy = map_new_file("g", 1, RW, MAP_PRIVATE);
	pid_t pid = sleeper();

	CHECK_EQ(put(pid, p + PAGE, "shared", 6), 6);
	CHECK(!memcmp(p + PAGE, "shared", 6));
	CHECK_SYS(msync(p, 2 * PAGE, MS_SYNC));
	CHECK_EQ(put(pid, copy, "private", 7), 7);
	CHECK_EQ(copy[0], 'a');
	CHECK_SYS(truncate("f", 0));
	CHECK_ERRNO(put(pid, p, "x", 1), EFAULT);
	CHECK_ERRNO(get(pid, copy, p, 1), EFAULT);
}

TEST(process_vm_errors)
{
	char byte = 0;
	struct iovec one = { &byte, 1 }, none = { &byte, 0 }, bad = { &byte, -1 };
	struct iovec high = { (void *)-PAGE, 1 };
	struct iovec *nowhere = (struct iovec *)PAGE;
	pid_t gone = CHECK_SYS(fork());

	if (gone == 0)
		_exit(0);
	CHECK_EXIT(gone, 0);
	CHECK_ERRNO(process_vm_readv(getpid(), &one, 1, &one, 1, 1), EINVAL);
	CHECK_ERRNO(process_vm_readv(gone, nowhere, 1, &one, 1, 8), EINVAL);
	CHECK_ERRNO(process_vm_readv(gone, &one, 1025, &one, 1, 0), EINVAL);
	CHECK_ERRNO(process_vm_readv(gone, &one, 1, &one, 1025, 0), EINVAL);
	CHECK_ERRNO(process_vm_readv(gone, nowhere, 1, &one, 1, 0), EFAULT);
	CHECK_ERRNO(process_vm_readv(gone, &one, 1, nowhere, 1, 0), EFAULT);
	CHECK_ERRNO(process_vm_readv(gone, &bad, 1, &one, 1, 0), EINVAL);
	CHECK_ERRNO(process_vm_readv(gone, &one, 1, &bad, 1, 0), EINVAL);
	CHECK_ERRNO(process_vm_readv(gone, &high, 1, &one, 1, 0), EFAULT);
	CHECK_ERRNO(process_vm_readv(gone, &one, 1, &one, 1, 0), ESRCH);
	CHECK_ERRNO(process_vm_readv(-1, &one, 1, &one, 1, 0), ESRCH);
	CHECK_ERRNO(process_vm_readv(getpid(), &one, 1, &high, 1, 0), EFAULT);
	// Nothing to move is no error, whoever it is.
	CHECK_EQ(process_vm_readv(gone, &none, 1, nowhere, 1, 0), 0);
	CHECK_EQ(process_vm_readv(gone, nowhere, 0, nowhere, 1025, 0), 0);
	CHECK_EQ(process_vm_readv(gone, &one, 1, &none, 1, 0), 0);
	CHECK_EQ(process_vm_readv(gone, &one, 1, nowhere, 0, 0), 0);
	CHECK_EQ(process_vm_writev(gone, &none, 1, &one, 1, 0), 0);
}

TEST(process_vm_of_a_zombie)
{
	siginfo_t info;
	char byte;
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0)
		_exit(0);
	CHECK_SYS(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	CHECK_ERRNO(get(pid, &byte, &byte, 1), ESRCH);
	CHECK_EXIT(pid, 0);
}

TEST(process_vm_permission)
{
	char byte = 'b';
	pid_t parent = getpid();

	AS_NOBODY {
		char got;
		pid_t pid;

		CHECK_SYS(prctl(PR_SET_DUMPABLE, 1));
		pid = sleeper();
		CHECK_EQ(get(pid, &got, &byte, 1), 1);
		CHECK_ERRNO(get(parent, &got, &byte, 1), EPERM);
		CHECK_ERRNO(put(parent, &byte, "x", 1), EPERM);
		CHECK_ERRNO(get(1, &got, &byte, 1), EPERM);
		CHECK_EQ(get(getpid(), &got, &byte, 1), 1);
	}
	CHECK_EQ(byte, 'b');
}

TEST(process_vm_not_dumpable)
{
	AS_NOBODY {
		struct gate ready;
		char byte = 'b', got;
		pid_t pid;

		gate_make(&ready);
		pid = CHECK_SYS(fork());
		if (pid == 0) {
			CHECK_SYS(prctl(PR_SET_DUMPABLE, 0));
			gate_open(&ready);
			while (true)
				pause();
		}
		gate_wait(&ready);
		CHECK_ERRNO(get(pid, &got, &byte, 1), EPERM);
		CHECK_SYS(prctl(PR_SET_DUMPABLE, 0));
		CHECK_EQ(get(getpid(), &got, &byte, 1), 1);
	}
}

TEST(process_vm_real_ids_count)
{
	// The caller's real ids are compared, not the effective ones.
	char byte = 'b', got;
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0) {
		become_nobody();
		CHECK_SYS(prctl(PR_SET_DUMPABLE, 1));
		while (true)
			pause();
	}
	until_asleep(pid);
	IN_CHILD {
		CHECK_SYS(setresgid(0, NOBODY, 0));
		CHECK_SYS(setresuid(0, NOBODY, 0));
		CHECK_ERRNO(get(pid, &got, &byte, 1), EPERM);
		CHECK_SYS(seteuid(0));
		CHECK_SYS(setresgid(NOBODY, 0, 0));
		CHECK_SYS(setresuid(NOBODY, 1, 0));
		CHECK_EQ(get(pid, &got, &byte, 1), 1);
	}
}
