// SPDX-License-Identifier: MIT
// maps.c - reading maps and its like without allocating memory, which would change it
#include "user/usertests/maps.h"
#include "user/usertests/usertests.h"

static char window[8192];

// Calls look for each line until it returns true.
static bool each_line(bool (*look)(char *line, void *argument), void *argument)
{
	int fd = CHECK_SYS(open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
	size_t used = 0;
	bool found = false;
	ssize_t n;

	while (!found && (n = CHECK_SYS(read(fd, window + used, sizeof(window) - 1 - used))) > 0) {
		char *line = window, *end;

		used += n;
		window[used] = 0;
		for (; !found && (end = strchr(line, '\n')); line = end + 1) {
			*end = 0;
			found = look(line, argument);
		}
		used -= line - window;
		memmove(window, line, used);
	}
	CHECK_SYS(close(fd));
	return found;
}

struct search {
	const char *address;
	struct mapping *mapping;
};

static bool holds(char *line, void *argument)
{
	struct search *search = argument;
	struct mapping m = {};
	unsigned major, minor;
	unsigned long inode;
	int n = sscanf(line, "%p-%p %7s %lx %x:%x %lu %299[^\n]", (void **)&m.start,
		       (void **)&m.end, m.flags, &m.offset, &major, &minor, &inode, m.name);

	if (n < 7)
		fail(HERE("/proc/self/maps"), "a line that is none: %s", line);
	if (search->address < m.start || search->address >= m.end)
		return false;
	*search->mapping = m;
	return true;
}

bool find_mapping(const void *address, struct mapping *mapping)
{
	return each_line(holds, &(struct search){ address, mapping });
}

static bool count(char *line, void *argument)
{
	(void)line;
	++*(int *)argument;
	return false;
}

int count_mappings(void)
{
	int lines = 0;

	each_line(count, &lines);
	return lines;
}

// "/proc/self/name", or of the process if it is not 0.
static const char *proc_path(pid_t pid, const char *name)
{
	static char path[64];

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	else
		snprintf(path, sizeof(path), "/proc/self/%s", name);
	return path;
}

// The text of the address's record in smaps, from its first line to that of VmFlags.
static char *smaps_record(pid_t pid, const void *address)
{
	static char text[262144];
	const char *path = proc_path(pid, "smaps");
	char *record = text, *last;

	slurp(path, text, sizeof(text));
	while ((last = strstr(record, "\nVmFlags:"))) {
		void *start, *end;

		CHECK_EQ(sscanf(record, "%p-%p", &start, &end), 2);
		last = strchr(last + 1, '\n');
		CHECK(last);
		if (address >= start && address < end) {
			last[1] = 0;
			return record;
		}
		record = last + 1;
	}
	fail(HERE(path), "no mapping holds %p", address);
}

static const char *smaps_value(pid_t pid, const void *address, const char *key)
{
	char *line = smaps_record(pid, address);
	size_t length = strlen(key);

	while ((line = strchr(line, '\n')))
		if (strncmp(++line, key, length) == 0 && line[length] == ':')
			return line + length + 1;
	fail(HERE("smaps"), "no line begins with \"%s:\"", key);
}

long smaps_kb(pid_t pid, const void *address, const char *key)
{
	const char *value = smaps_value(pid, address, key);
	char *unit;
	long kb = strtol(value, &unit, 10);

	if (unit == value || strncmp(unit, " kB\n", 4) != 0)
		fail(HERE("smaps"), "%s is followed by \"%.20s\"", key, value);
	return kb;
}

bool smaps_flag(pid_t pid, const void *address, const char *flag)
{
	char wanted[8];

	snprintf(wanted, sizeof(wanted), " %s ", flag);
	return strstr(smaps_value(pid, address, "VmFlags"), wanted) != NULL;
}

uint64_t pagemap_word(pid_t pid, const void *address)
{
	int fd = CHECK_SYS(open(proc_path(pid, "pagemap"), O_RDONLY | O_CLOEXEC));
	uint64_t word;

	CHECK_EQ(pread(fd, &word, sizeof(word), (uintptr_t)address / 4096 * sizeof(word)),
		 sizeof(word));
	CHECK_SYS(close(fd));
	return word;
}

void clear_refs(pid_t pid, const char *what)
{
	put_file(proc_path(pid, "clear_refs"), what);
}
