// SPDX-License-Identifier: MIT
// ps: lists all processes, from /proc. S: state; RSS and VSZ in kB; [name]: no command line, as
// kernel threads have it.
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct process {
	int pid, ppid;
	char state;
	unsigned long vsize; // bytes
	long rss;            // pages
	char name[64];
};

static int by_number(const struct dirent **a, const struct dirent **b)
{
	return atoi((*a)->d_name) - atoi((*b)->d_name);
}

static int is_process(const struct dirent *e)
{
	return isdigit((unsigned char)e->d_name[0]);
}

static size_t read_file(const char *pid, const char *file, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.16s/%s", pid, file);
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(buf, 1, size - 1, f) : 0;
	if (f)
		fclose(f);
	buf[n] = '\0';
	return n;
}

// proc(5): pid (comm) state ppid …, vsize is field 23, rss 24. comm may hold blanks and brackets.
static int parse_stat(char *text, struct process *p)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')');

	if (!open || !close)
		return -1;
	*close = '\0';
	p->pid = atoi(text);
	snprintf(p->name, sizeof(p->name), "%s", open + 1);
	return sscanf(close + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d"
		      " %*d %*d %*d %*u %lu %ld", &p->state, &p->ppid, &p->vsize, &p->rss) == 4
	       ? 0 : -1;
}

static void print(const struct process *p, char *cmdline, size_t n)
{
	long page = sysconf(_SC_PAGESIZE) / 1024;

	printf("%5d %5d %c %7ld %8lu ", p->pid, p->ppid, p->state, p->rss * page, p->vsize / 1024);
	for (size_t i = 0; n && i < n - 1; i++)
		if (!cmdline[i])
			cmdline[i] = ' ';
	printf(n ? "%s\n" : "[%s]\n", n ? cmdline : p->name);
}

int main(void)
{
	char stat[1024], cmdline[4096];
	struct dirent **entries;
	struct process p;

	int n = scandir("/proc", &entries, is_process, by_number);
	if (n < 0)
		err(1, "/proc");
	printf("  PID  PPID S     RSS      VSZ COMMAND\n");
	for (int i = 0; i < n; i++) {
		// A process may end between the listing and the reading.
		if (read_file(entries[i]->d_name, "stat", stat, sizeof(stat)) &&
		    parse_stat(stat, &p) == 0)
			print(&p, cmdline, read_file(entries[i]->d_name, "cmdline", cmdline,
						     sizeof(cmdline)));
		free(entries[i]);
	}
	free(entries);
	return 0;
}
