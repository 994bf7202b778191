// SPDX-License-Identifier: MIT
// proc.c - /proc, read as the procps programs read it
#include "user/usertests/usertests.h"
#include <dirent.h>
#include <sys/mman.h>
#include <sys/resource.h>

static char text[65536];

struct stat_line {
	int pid, ppid, pgrp, session, threads;
	char name[64], state;
	unsigned long minor, utime, stime, vsize;
	long priority, nice, rss;
	unsigned long long start;
};

static void read_stat(const char *path, struct stat_line *s)
{
	char *open, *close;
	int n;

	slurp(path, text, sizeof(text));
	open = strchr(text, '(');
	close = strrchr(text, ')');
	CHECK(open && close);
	s->pid = atoi(text);
	snprintf(s->name, sizeof(s->name), "%.*s", (int)(close - open - 1), open + 1);
	n = sscanf(close + 2, "%c %d %d %d %*d %*d %*u %lu %*u %*u %*u %lu %lu %*d %*d %ld %ld "
		   "%d %*d %llu %lu %ld", &s->state, &s->ppid, &s->pgrp, &s->session, &s->minor,
		   &s->utime, &s->stime, &s->priority, &s->nice, &s->threads, &s->start,
		   &s->vsize, &s->rss);
	CHECK_EQ(n, 13);
}

TEST(proc_self_stat)
{
	struct stat_line s;
	int fields = 0;

	CHECK_SYS(setpriority(PRIO_PROCESS, 0, 4));
	burn_cpu(50 * MS);
	read_stat("/proc/self/stat", &s);
	CHECK_EQ(s.pid, getpid());
	CHECK_EQ(s.state, 'R');
	CHECK_EQ(s.ppid, getppid());
	CHECK_EQ(s.pgrp, getpgrp());
	CHECK_EQ(s.session, getsid(0));
	CHECK_EQ(s.nice, 4);
	CHECK(s.minor > 0 && s.utime + s.stime >= 3 && s.start > 0);
	CHECK(s.vsize > 100000 && s.rss > 10 && s.rss * 4096UL <= s.vsize);
	for (char *c = strrchr(text, ')'); *c; c++)
		fields += *c == ' ';
	CHECK_EQ(fields + 2, 52);	// proc(5)
	CHECK(text[strlen(text) - 1] == '\n');
}

TEST(proc_pid_stat_of_child)
{
	char path[64];
	struct stat_line s;
	pid_t pid = CHECK_SYS(fork());

	if (pid == 0)
		for (;;)
			pause();
	until_asleep(pid);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	read_stat(path, &s);
	CHECK_EQ(s.pid, pid);
	CHECK_EQ(s.ppid, getpid());
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	CHECK_ERRNO(open(path, O_RDONLY), ENOENT);
}

TEST(proc_open_file_of_dead_process)
{
	char path[64];
	pid_t pid = CHECK_SYS(fork());
	int fd;

	if (pid == 0)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = CHECK_SYS(open(path, O_RDONLY));
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	CHECK_ERRNO(read(fd, text, 100), ESRCH);
}

TEST(proc_self_status)
{
	unsigned int ids[4];
	char *line;

	CHECK_SYS(setresuid(1, 0, 3));
	CHECK_EQ(proc_field("/proc/self/status", "Pid"), getpid());
	CHECK_EQ(proc_field("/proc/self/status", "PPid"), getppid());
	CHECK_EQ(proc_field("/proc/self/status", "Threads"), 1);
	CHECK(proc_field("/proc/self/status", "VmSize") > 100);
	CHECK(proc_field("/proc/self/status", "VmRSS") > 40);
	slurp("/proc/self/status", text, sizeof(text));
	CHECK(strncmp(text, "Name:\tusertest\n", 15) == 0);
	CHECK(strstr(text, "\nState:\tR (running)\n"));
	line = strstr(text, "\nUid:\t");
	CHECK(line);
	CHECK_EQ(sscanf(line, "\nUid:\t%u\t%u\t%u\t%u\n", ids, ids + 1, ids + 2, ids + 3), 4);
	CHECK(ids[0] == 1 && ids[1] == 0 && ids[2] == 3 && ids[3] == 0);
}

static unsigned long signal_set(const char *key)
{
	char *line;

	slurp("/proc/self/status", text, sizeof(text));
	line = strstr(text, key);
	CHECK(line && strlen(key) == 6 && line[6] == ':');
	// Without 32 and 33: they belong to the C library, and may be inherited as ignored.
	return strtoul(line + 7, NULL, 16) & ~(3UL << 31);
}

TEST(proc_status_signals)
{
	on_signal(SIGUSR1, count_signal, 0);
	on_signal(SIGUSR2, SIG_IGN, 0);
	block_signal(SIGHUP);
	CHECK_SYS(raise(SIGHUP));
	CHECK_EQ(signal_set("ShdPnd") | signal_set("SigPnd"), 1);
	CHECK_EQ(signal_set("SigBlk"), 1);
	CHECK_EQ(signal_set("SigIgn"), 1 << (SIGUSR2 - 1));
	CHECK_EQ(signal_set("SigCgt"), 1 << (SIGUSR1 - 1));
}

TEST(proc_cmdline_and_environ)
{
	char path[64];
	int fd[2];
	pid_t pid;

	CHECK_SYS(pipe(fd));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(dup2(fd[1], 1));
		execve(program("show"), (char *[]){ "a show", "--pause", NULL },
		       (char *[]){ "A=1", "B=", NULL });
		_exit(1);
	}
	CHECK_SYS(close(fd[1]));
	CHECK_EQ(read(fd[0], text, 6), 6);
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	CHECK_EQ(slurp(path, text, sizeof(text)), 15);
	CHECK(memcmp(text, "a show\0--pause", 15) == 0);
	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	CHECK_EQ(slurp(path, text, sizeof(text)), 7);
	CHECK(memcmp(text, "A=1\0B=", 7) == 0);
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	CHECK_CONTENT(path, "show\n");
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
}

TEST(proc_comm_can_be_set)
{
	put_file("/proc/self/comm", "a longer name than fits");
	CHECK_CONTENT("/proc/self/comm", "a longer name t\n");
}

TEST(proc_links)
{
	char got[PATH_MAX] = "", cwd[PATH_MAX];
	int fd;

	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_EQ(readlink("/proc/self/cwd", got, sizeof(got)), strlen(cwd));
	CHECK(memcmp(got, cwd, strlen(cwd)) == 0);
	CHECK_EQ(readlink("/proc/self/root", got, sizeof(got)), 1);
	CHECK_EQ(got[0], '/');
	CHECK_SYS(readlink("/proc/self/exe", got, sizeof(got)));
	CHECK_EQ(got[0], '/');
	memset(got, 0, sizeof(got));
	CHECK_SYS(readlink("/proc/self", got, sizeof(got)));
	CHECK_EQ(atoi(got), getpid());
	put_file("f", "text");
	fd = CHECK_SYS(open("f", O_RDONLY));
	CHECK_EQ(fd, 3);
	memset(got, 0, sizeof(got));
	CHECK_SYS(readlink("/proc/self/fd/3", got, sizeof(got)));
	strcat(cwd, "/f");
	CHECK_STR(got, cwd);
	CHECK_CONTENT("/proc/self/fd/3", "text");
	CHECK_SYS(unlink("f"));
	CHECK_CONTENT("/proc/self/fd/3", "text");	// opens the file, not the name
	CHECK_ERRNO(readlink("/proc/self/fd/4", got, sizeof(got)), ENOENT);
}

static int entries(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	CHECK(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

// A kernel thread's links, as `ls -l /proc/*/` reads them; 0: process @pid is none.
static int links_of_kernel_thread(int pid)
{
	unsigned int flags = 0;
	char path[64], *name;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	len = read(fd, text, sizeof(text) - 1);	// fails if there is none
	text[len < 0 ? 0 : len] = '\0';
	close(fd);
	name = strrchr(text, ')');
	if (name)
		sscanf(name, ") %*c %*d %*d %*d %*d %*d %u", &flags);
	if (!(flags & 0x200000))	// PF_KTHREAD: proc(5), field 9
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	CHECK_ERRNO(readlink(path, text, sizeof(text)), ENOENT);
	for (const char *const *link = (const char *[]){ "cwd", "root", NULL }; *link; link++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, *link);
		CHECK_EQ(readlink(path, text, sizeof(text)), 1);
		CHECK_EQ(text[0], '/');
	}
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	CHECK_EQ(entries(path), 2);
	return 1;
}

TEST(proc_links_of_kernel_threads)
{
	int found = 0;

	for (int pid = 2; pid < 20; pid++)
		found += links_of_kernel_thread(pid);
	if (!found)
		skip("no kernel threads in this PID namespace");
}

TEST(proc_lists)
{
	bool self = false, init = false;
	struct dirent *entry;
	DIR *dir;

	CHECK_EQ(entries("/proc/self/fd"), 2 + 4);	// and the directory's own
	CHECK_EQ(entries("/proc/self/task"), 3);
	dir = opendir("/proc");
	while ((entry = readdir(dir))) {
		self |= atoi(entry->d_name) == getpid();
		init |= strcmp(entry->d_name, "1") == 0;
	}
	closedir(dir);
	CHECK(self && init);
}

TEST(proc_limits)
{
	CHECK_SYS(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 123, 456 }));
	slurp("/proc/self/limits", text, sizeof(text));
	CHECK(strncmp(text, "Limit                     Soft Limit           Hard Limit           "
		      "Units     \n", 79) == 0);
	CHECK(strstr(text, "\nMax open files            123                  456                  "
		     "files     \n"));
}

TEST(proc_oom_score_adj)
{
	int fd = CHECK_SYS(open("/proc/self/oom_score_adj", O_RDWR));

	CHECK_EQ(write(fd, "300", 3), 3);
	CHECK_CONTENT("/proc/self/oom_score_adj", "300\n");
	CHECK_ERRNO(write(fd, "1001", 4), EINVAL);
	IN_CHILD
		CHECK_CONTENT("/proc/self/oom_score_adj", "300\n");
}

TEST(proc_permissions)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", getpid());
	AS_NOBODY {
		char other[80];

		CHECK_ERRNO(open(path, O_RDONLY), EACCES);
		snprintf(other, sizeof(other), "/proc/%d/environ", getppid());
		CHECK_ERRNO(open(other, O_RDONLY), EACCES);
		snprintf(other, sizeof(other), "/proc/%d/exe", getppid());
		CHECK_ERRNO(readlink(other, text, sizeof(text)), EACCES);
		snprintf(other, sizeof(other), "/proc/%d/stat", getppid());
		CHECK_SYS(open(other, O_RDONLY));
	}
}

TEST(proc_bad_paths)
{
	CHECK_ERRNO(open("/proc/0", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("/proc/1x", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("/proc/01", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("/proc/99999999999", O_RDONLY), ENOENT);
	CHECK_SYS(open("/proc/self/fd/0", O_PATH));
	CHECK_ERRNO(open("/proc/self/fd/00", O_PATH), ENOENT);
	CHECK_ERRNO(open("/proc/self/fd/+0", O_PATH), ENOENT);
	CHECK_ERRNO(open("/proc/self/fd/-0", O_PATH), ENOENT);
	CHECK_ERRNO(open("/proc/self/fd/0\n", O_PATH), ENOENT);
	CHECK_ERRNO(open("/proc/self/fd/4294967296", O_PATH), ENOENT);
	CHECK_ERRNO(open("/proc/1/task/+1", O_PATH), ENOENT);
	CHECK_ERRNO(open("/proc/self/none", O_RDONLY), ENOENT);
	CHECK_ERRNO(mkdir("/proc/x", 0755), ENOENT);
	CHECK_ERRNO(open("/proc/version", O_RDONLY | O_DIRECTORY), ENOTDIR);
}
