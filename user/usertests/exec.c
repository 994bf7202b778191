// SPDX-License-Identifier: MIT
// exec.c - what a program finds when it starts
#include "user/usertests/usertests.h"
#include "user/usertests/arch.h"
#include <elf.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/time.h>

static char output[16384];

static void show(char *const argv[], char *const envp[])
{
	int status = run_program(program("show"), argv, envp, output, sizeof(output));

	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(exec_argv_and_environment)
{
	show((char *[]){ "a name", "", "one two", "\"$x\"", NULL },
	     (char *[]){ "HOME=/x", "EMPTY=", "ODD", NULL });
	CHECK_OUTPUT(output, "argc", "4");
	CHECK_OUTPUT(output, "argv0", "a name");
	CHECK_OUTPUT(output, "argv1", "");
	CHECK_OUTPUT(output, "argv2", "one two");
	CHECK_OUTPUT(output, "argv3", "\"$x\"");
	CHECK_OUTPUT(output, "argv_end", "NULL");
	CHECK_OUTPUT(output, "env0", "HOME=/x");
	CHECK_OUTPUT(output, "env1", "EMPTY=");
	CHECK_OUTPUT(output, "env2", "ODD");
	CHECK(!output_value(output, "env3"));
}

TEST(exec_stack_is_aligned)
{
	char name[20] = "";

	for (int i = 0; i < 17; i++) {
		name[i] = 'x';
		show((char *[]){ name, "y", NULL }, (char *[]){ NULL });
		CHECK_OUTPUT(output, "stack_misaligned", "0");
	}
}

TEST(exec_auxv_of_program)
{
	static char first[64];

	show((char *[]){ "show", NULL }, (char *[]){ NULL });
	CHECK_OUTPUT(output, "execfn", program("show"));
	CHECK_OUTPUT(output, "secure", "0");
	CHECK_OUTPUT(output, "at_ids", "0 0 0 0");
	snprintf(first, sizeof(first), "%s", output_value(output, "random"));
	CHECK_EQ(strlen(first), 32);
	show((char *[]){ "show", NULL }, (char *[]){ NULL });
	CHECK(strcmp(first, output_value(output, "random")) != 0);
}

TEST(exec_auxv_of_this_binary)
{
	extern const Elf64_Ehdr __ehdr_start;
	extern char _start[];

	CHECK_EQ(getauxval(AT_PAGESZ), 4096);
	CHECK_EQ(getauxval(AT_CLKTCK), 100);
	CHECK_EQ(getauxval(AT_PHDR), (uintptr_t)&__ehdr_start + __ehdr_start.e_phoff);
	CHECK_EQ(getauxval(AT_PHENT), sizeof(Elf64_Phdr));
	CHECK_EQ(getauxval(AT_PHNUM), __ehdr_start.e_phnum);
	CHECK_EQ(getauxval(AT_ENTRY), (uintptr_t)_start);
	CHECK_EQ(getauxval(AT_SECURE), 0);
	CHECK_EQ(getauxval(AT_UID), getuid());
	CHECK_EQ(getauxval(AT_EGID), getegid());
	CHECK_EQ(getauxval(AT_HWCAP) & ARCH_HWCAP, ARCH_HWCAP);
}

TEST(exec_pie)
{
	int status = run_program(program("pie"), (char *[]){ "pie", "x", NULL },
				 (char *[]){ "A=b", NULL }, output, sizeof(output));

	CHECK_EQ(status, 0);	// the program's steps are numbered in progs/pie.c
}

// A copy of show in the working directory, which may be changed and owned as one likes.
static void copy_show(const char *to, mode_t mode)
{
	static char block[65536];
	int in = CHECK_SYS(open(program("show"), O_RDONLY));
	int out = CHECK_SYS(open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755));
	ssize_t n;

	while ((n = CHECK_SYS(read(in, block, sizeof(block)))) > 0)
		CHECK_EQ(write(out, block, n), n);
	CHECK_SYS(close(in));
	CHECK_SYS(fchmod(out, mode));
	CHECK_SYS(close(out));
}

TEST(exec_setuid)
{
	copy_show("rootshow", 04755);
	AS_NOBODY {
		int status = run_program("./rootshow", (char *[]){ "rootshow", NULL },
					 (char *[]){ NULL }, output, sizeof(output));

		CHECK_EQ(status, 0);
		CHECK_OUTPUT(output, "ids", "65534 0 65534 65534");
		CHECK_OUTPUT(output, "at_ids", "65534 0 65534 65534");
		CHECK_OUTPUT(output, "secure", "1");
	}
}

TEST(exec_setgid)
{
	copy_show("groupshow", 0755);
	CHECK_SYS(chown("groupshow", -1, 5));
	CHECK_SYS(chmod("groupshow", 02755));
	AS_NOBODY {
		CHECK_EQ(run_program("./groupshow", (char *[]){ "groupshow", NULL },
				     (char *[]){ NULL }, output, sizeof(output)), 0);
		CHECK_OUTPUT(output, "ids", "65534 65534 65534 5");
		CHECK_OUTPUT(output, "secure", "1");
	}
}

TEST(exec_execute_only)
{
	copy_show("secret", 0111);
	AS_NOBODY {
		CHECK_ERRNO(open("secret", O_RDONLY), EACCES);
		CHECK_EQ(run_program("./secret", (char *[]){ "secret", NULL }, (char *[]){ NULL },
				     output, sizeof(output)), 0);
		CHECK_OUTPUT(output, "argc", "1");
	}
}

TEST(exec_keeps_the_process)
{
	char want[PATH_MAX];
	pid_t self = getpid();

	umask(0137);
	CHECK_SYS(mkdir("here", 0755));
	CHECK_SYS(chdir("here"));
	show((char *[]){ "show", NULL }, (char *[]){ NULL });
	CHECK_OUTPUT(output, "umask", "137");
	CHECK_OUTPUT(output, "cwd", getcwd(want, sizeof(want)));
	snprintf(want, sizeof(want), "%d", self);
	CHECK_OUTPUT(output, "ppid", want);
	CHECK_OUTPUT(output, "pgid", want);
	CHECK_OUTPUT(output, "comm", "show");
}

TEST(exec_signals)
{
	char key[16];
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
	struct itimerval timer = { .it_value.tv_sec = 1000 };

	on_signal(SIGUSR1, count_signal, 0);
	on_signal(SIGUSR2, SIG_IGN, 0);
	on_signal(SIGRTMIN, count_signal, 0);
	block_signal(SIGRTMIN);
	block_signal(SIGHUP);
	CHECK_SYS(sigaltstack(&stack, NULL));
	IN_CHILD {
		int fd = CHECK_SYS(open("out", O_WRONLY | O_CREAT, 0644));

		CHECK_SYS(raise(SIGHUP));
		CHECK_SYS(setitimer(ITIMER_REAL, &timer, NULL));
		CHECK_SYS(dup2(fd, 1));
		execl(program("show"), "show", NULL);
	}
	slurp("out", output, sizeof(output));
	snprintf(key, sizeof(key), "sig%d", SIGRTMIN);
	CHECK_STR(output_value(output, key), "default blocked");
	CHECK_OUTPUT(output, "sig10", "default");
	CHECK_OUTPUT(output, "sig12", "ignored");
	CHECK_OUTPUT(output, "sig1", "default blocked pending");
	CHECK_OUTPUT(output, "altstack", "none");
	CHECK_OUTPUT(output, "itimer", "armed");
}

TEST(exec_close_on_exec)
{
	int keep = CHECK_SYS(open("/dev/null", O_RDONLY));
	int drop = CHECK_SYS(open("/dev/null", O_RDONLY | O_CLOEXEC));
	int set = CHECK_SYS(fcntl(keep, F_DUPFD, 20));

	CHECK_EQ(keep, 3);
	CHECK_EQ(drop, 4);
	CHECK_EQ(set, 20);
	CHECK_SYS(fcntl(set, F_SETFD, FD_CLOEXEC));
	CHECK_SYS(dup2(keep, 30));
	show((char *[]){ "show", NULL }, (char *[]){ NULL });
	CHECK_OUTPUT(output, "fds", "0 1 2 3 30 ");
}

TEST(exec_chain)
{
	IN_CHILD {
		pid_t pid = CHECK_SYS(vfork());

		if (pid == 0) {
			execl(program("show"), program("show"), "--chain", "20", NULL);
			_exit(99);
		}
		CHECK_EXIT(pid, 42);
	}
}

TEST(exec_after_vfork)
{
	static volatile int tried;
	pid_t pid = CHECK_SYS(vfork());

	if (pid == 0) {
		tried = 1;
		execl(program("show"), "show", "--exit", "9", NULL);
		_exit(99);
	}
	CHECK_EQ(tried, 1);
	CHECK_EXIT(pid, 9);
}

TEST(exec_unlinked_program_runs_on)
{
	char path[64], link[PATH_MAX] = "", byte[8];
	int fd[2];
	pid_t pid;

	copy_show("mortal", 0755);
	CHECK_SYS(pipe(fd));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(dup2(fd[1], 1));
		execl("./mortal", "mortal", "--pause", NULL);
		_exit(99);
	}
	CHECK_SYS(close(fd[1]));
	CHECK_EQ(read(fd[0], byte, 6), 6);
	CHECK_SYS(unlink("mortal"));
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	CHECK_SYS(readlink(path, link, sizeof(link) - 1));
	CHECK(strlen(link) > 17 && strcmp(link + strlen(link) - 17, "/mortal (deleted)") == 0);
	CHECK_SYS(kill(pid, SIGTERM));
	CHECK_KILLED(pid, SIGTERM);
}
