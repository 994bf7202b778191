// SPDX-License-Identifier: MIT
// clone.c - clone3(2) and the combinations of flags that clone(2) takes
#include "user/usertests/threads.h"
#include <linux/sched.h>
#include <sys/mman.h>

#define PAGE	4096UL
#define THREAD_FLAGS	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)

static long clone3(struct clone_args *args, size_t size)
{
	return syscall(SYS_clone3, args, size);
}

TEST(clone3_makes_a_process)
{
	static volatile pid_t parent_tid, child_tid;
	struct clone_args args = {
		.flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
		.exit_signal = SIGCHLD,
		.parent_tid = (uintptr_t)&parent_tid,
		.child_tid = (uintptr_t)&child_tid,
	};
	pid_t pid = CHECK_SYS(clone3(&args, sizeof(args)));

	if (pid == 0)
		_exit(child_tid == syscall(SYS_getpid) ? 0 : 9);
	CHECK_EQ(parent_tid, pid);
	CHECK_EQ(child_tid, 0);
	CHECK_EXIT(pid, 0);
}

TEST(clone3_sizes)
{
	char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);
	struct clone_args *args = (void *)page;
	pid_t pid;

	CHECK(page != MAP_FAILED);
	args->exit_signal = SIGCHLD;
	CHECK_ERRNO(clone3(args, CLONE_ARGS_SIZE_VER0 - 1), EINVAL);
	CHECK_ERRNO(clone3(args, 0), EINVAL);
	CHECK_ERRNO(clone3(args, PAGE + 1), E2BIG);
	CHECK_ERRNO(clone3((void *)8, sizeof(*args)), EFAULT);
	page[200] = 1;
	CHECK_ERRNO(clone3(args, 208), E2BIG);
	page[200] = 0;
	for (size_t size = CLONE_ARGS_SIZE_VER0; size <= PAGE; size = size * 2 + 3) {
		pid = CHECK_SYS(clone3(args, size));
		if (pid == 0)
			_exit(0);
		CHECK_EXIT(pid, 0);
	}
	CHECK_SYS(munmap(page + PAGE, PAGE));
	args = (void *)(page + PAGE - CLONE_ARGS_SIZE_VER0);
	args->exit_signal = SIGCHLD;
	CHECK_ERRNO(clone3(args, CLONE_ARGS_SIZE_VER1), EFAULT);
	pid = CHECK_SYS(clone3(args, CLONE_ARGS_SIZE_VER0));
	if (pid == 0)
		_exit(0);
	CHECK_EXIT(pid, 0);
}

TEST(clone3_bad_arguments)
{
	static const struct clone_args cases[] = {
		{ .flags = CLONE_DETACHED }, { .flags = 1 }, { .flags = SIGCHLD },
		{ .flags = 1ULL << 40 },
		{ .exit_signal = 65 }, { .exit_signal = 1ULL << 32 | SIGCHLD },
		{ .exit_signal = 256 },
		{ .flags = CLONE_SIGHAND }, { .flags = CLONE_SIGHAND | CLONE_THREAD },
		{ .flags = CLONE_THREAD },
		{ .flags = CLONE_VM | CLONE_SIGHAND | CLONE_CLEAR_SIGHAND },
		{ .flags = CLONE_PARENT, .exit_signal = SIGCHLD },
		{ .flags = THREAD_FLAGS, .exit_signal = SIGCHLD },
		{ .stack = 4096 }, { .stack_size = 4096 },
		{ .stack = 1UL << 63, .stack_size = 4096 },
		{ .set_tid_size = 1 }, { .set_tid = 8 }, { .set_tid = 8, .set_tid_size = 33 },
		{ .flags = CLONE_INTO_CGROUP, .cgroup = 1ULL << 31 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct clone_args args = cases[i];
		long pid = clone3(&args, sizeof(args));

		if (pid == 0)
			_exit(0);
		if (pid != -1 || errno != EINVAL)
			fail_later(HERE("clone3"), "case %zu: want EINVAL, got %ld, %s", i, pid,
				   errno_name(errno));
	}
}

TEST(clone3_clears_handlers)
{
	struct clone_args args = { .flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD };
	struct sigaction action;
	pid_t pid;

	on_signal(SIGUSR1, count_signal, 0);
	on_signal(SIGUSR2, SIG_IGN, 0);
	pid = CHECK_SYS(clone3(&args, sizeof(args)));
	if (pid == 0) {
		CHECK_SYS(sigaction(SIGUSR1, NULL, &action));
		CHECK(action.sa_handler == SIG_DFL);
		CHECK_SYS(sigaction(SIGUSR2, NULL, &action));
		CHECK(action.sa_handler == SIG_IGN);
		finish();
	}
	CHECK_EXIT(pid, 0);
	CHECK_SYS(sigaction(SIGUSR1, NULL, &action));
	CHECK(action.sa_handler == count_signal);
}

// A number of one's own choice is for who has the capability, and only if it is free.
TEST(clone3_set_tid)
{
	pid_t tid[2] = {}, pid;
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)tid,
				   .set_tid_size = 1 };

	CHECK_ERRNO(clone3(&args, sizeof(args)), EINVAL);
	tid[0] = -1;
	CHECK_ERRNO(clone3(&args, sizeof(args)), EINVAL);
	tid[0] = 1 << 30;
	CHECK_ERRNO(clone3(&args, sizeof(args)), EINVAL);
	tid[0] = getpid();
	CHECK_ERRNO(clone3(&args, sizeof(args)), EEXIST);
	args.set_tid_size = 2;
	CHECK_ERRNO(clone3(&args, sizeof(args)), EINVAL);
	args.set_tid_size = 1;
	tid[0] = 4001;
	AS_NOBODY {
		CHECK_ERRNO(clone3(&args, sizeof(args)), EPERM);
	}
	while ((pid = clone3(&args, sizeof(args))) < 0 && errno == EEXIST)
		tid[0]++;		// somebody else's
	CHECK_SYS(pid);
	if (pid == 0)
		_exit(syscall(SYS_getpid) == tid[0] ? 0 : 9);
	CHECK_EQ(pid, tid[0]);
	CHECK_EXIT(pid, 0);
	args.set_tid = 8;
	CHECK_ERRNO(clone3(&args, sizeof(args)), EFAULT);
}

/* --- flags of clone(2) --- */

static volatile int child_ran;

static int note_and_exit(void *arg)
{
	child_ran = 1;
	return (long)arg;
}

static char child_stack[16 * PAGE] __attribute__((aligned(16)));

static pid_t clone_fn(int flags, int (*fn)(void *), void *arg)
{
	return CHECK_SYS(clone(fn, child_stack + sizeof(child_stack), flags, arg));
}

TEST(clone_vm_without_thread)
{
	pid_t pid = clone_fn(CLONE_VM | SIGCHLD, note_and_exit, (void *)5);

	CHECK_EXIT(pid, 5);
	CHECK_EQ(child_ran, 1);
}

static int change_dir_and_fd(void *arg)
{
	return chdir("/") < 0 || close(*(int *)arg) < 0;
}

TEST(clone_fs_and_files)
{
	char cwd[200];
	int fd = CHECK_SYS(open("/dev/null", O_RDONLY));
	pid_t pid = clone_fn(CLONE_FS | CLONE_FILES | SIGCHLD, change_dir_and_fd, &fd);

	CHECK_EXIT(pid, 0);
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/");
	CHECK_ERRNO(close(fd), EBADF);
}

static int set_handler(void *arg)
{
	(void)arg;
	signal(SIGUSR1, count_signal);
	return 0;
}

TEST(clone_sighand_without_thread)
{
	struct sigaction action;
	pid_t pid = clone_fn(CLONE_VM | CLONE_SIGHAND | SIGCHLD, set_handler, NULL);

	CHECK_EXIT(pid, 0);
	CHECK_SYS(sigaction(SIGUSR1, NULL, &action));
	CHECK(action.sa_handler == count_signal);
}

TEST(clone_parent_makes_a_sibling)
{
	IN_CHILD {
		pid_t pid = clone_fn(CLONE_PARENT | CLONE_VM | SIGCHLD, note_and_exit, NULL);

		CHECK_ERRNO(waitpid(pid, NULL, __WALL), ECHILD);
	}
	CHECK_EQ(wait(NULL) > 0, true);
}

// The word is cleared, and who waits for it woken, when the last but one user of the memory ends.
TEST(clone_child_cleartid)
{
	static volatile int tid = 1;
	pid_t pid = CHECK_SYS(clone(note_and_exit, child_stack + sizeof(child_stack),
				    CLONE_VM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD,
				    NULL, NULL, NULL, &tid));

	CHECK_EXIT(pid, 0);
	CHECK_EQ(tid, 0);
}

TEST(clone_has_no_namespaces_for_nobody)
{
	AS_NOBODY {
		CHECK(syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0) < 0);
		CHECK(syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0) < 0);
	}
}
