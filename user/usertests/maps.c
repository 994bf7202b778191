// SPDX-License-Identifier: MIT
// maps.c - reading /proc/self/maps without allocating memory, which would change it
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
