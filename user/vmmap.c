// SPDX-License-Identifier: MIT
// vmmap PID: draws the address space of a process: a line for each mapping with what of it is in
// memory, in pages, and below it the pages themselves, at most 64 characters wide:
//
//	.  nothing there		0  the page of zeros
//	f  of a file			F  of a file, mapped here alone
//	a  anonymous, shared by fork	A  anonymous, this process's alone
//
// A character that stands for several pages shows the one that comes last in this list. WRITTEN are
// the soft-dirty ones: since 4 was written to /proc/PID/clear_refs. All is from smaps, pagemap and
// /proc/kpageflags, so it works on Linux too; only root sees 0.
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096UL
#define COLUMNS 64
#define PM_PRESENT (1UL << 63)
#define PM_FILE (1UL << 61)
#define PM_EXCLUSIVE (1UL << 56)
#define PM_SOFT_DIRTY (1UL << 55)
#define PM_FRAME ((1UL << 55) - 1)
#define KPF_ZERO_PAGE (1UL << 24)

static const char kinds[] = ".0faFA";

struct mapping {
	unsigned long start, end;
	char permissions[8], name[200];
	unsigned long dirty_kb; // as smaps says
	unsigned long present, exclusive, soft_dirty; // pages
};

static int pagemap, kpageflags;

static int is_zero_page(uint64_t word)
{
	uint64_t flags;

	return word & PM_FRAME &&
	       pread(kpageflags, &flags, 8, (word & PM_FRAME) * 8) == 8 && flags & KPF_ZERO_PAGE;
}

static char kind_of(uint64_t word)
{
	if (!(word & PM_PRESENT))
		return '.';
	if (word & PM_FILE)
		return word & PM_EXCLUSIVE ? 'F' : 'f';
	if (word & PM_EXCLUSIVE)
		return 'A';
	return is_zero_page(word) ? '0' : 'a';
}

// Counts the pages of a mapping and draws them, each character `scale` pages.
static void draw(struct mapping *m, unsigned long scale, char *picture)
{
	unsigned long pages = (m->end - m->start) / PAGE;
	uint64_t words[512];

	for (unsigned long done = 0; done < pages;) {
		size_t n = pages - done < 512 ? pages - done : 512;
		ssize_t got = pread(pagemap, words, n * 8, (m->start / PAGE + done) * 8);

		if (got <= 0)
			return; // it is gone
		for (size_t i = 0; i < (size_t)got / 8; i++, done++) {
			char kind = kind_of(words[i]), *place = &picture[done / scale];

			m->present += kind != '.';
			m->exclusive += kind == 'A' || kind == 'F';
			m->soft_dirty += (words[i] & PM_SOFT_DIRTY) != 0;
			if (strchr(kinds, kind) > strchr(kinds, *place))
				*place = kind;
		}
	}
}

static void show(struct mapping *m)
{
	unsigned long pages = (m->end - m->start) / PAGE, scale = (pages + COLUMNS - 1) / COLUMNS;
	char picture[COLUMNS + 1] = "";

	memset(picture, '.', (pages + scale - 1) / scale);
	draw(m, scale, picture);
	printf("%010lx-%010lx %s %7lu %7lu %7lu %7lu %7lu  %s\n", m->start, m->end, m->permissions,
	       pages, m->present, m->dirty_kb * 1024 / PAGE, m->soft_dirty, m->exclusive, m->name);
	printf("    %s", picture);
	if (scale > 1)
		printf("  (x %lu)", scale);
	printf("\n");
}

static FILE *open_smaps(int pid)
{
	char path[40];
	FILE *smaps;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	pagemap = open(path, O_RDONLY);
	if (pagemap < 0)
		err(1, "%s", path);
	kpageflags = open("/proc/kpageflags", O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	smaps = fopen(path, "r");
	if (!smaps)
		err(1, "%s", path);
	return smaps;
}

// A line of smaps; the last one of a record draws it.
static void take(const char *line, struct mapping *m)
{
	struct mapping next = { 0 };
	char key[32];
	unsigned long kb;

	if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %199[^\n]", &next.start, &next.end,
		   next.permissions, next.name) >= 3)
		*m = next;
	else if (sscanf(line, "%31[^:]: %lu kB", key, &kb) == 2 &&
		 (strcmp(key, "Private_Dirty") == 0 || strcmp(key, "Shared_Dirty") == 0))
		m->dirty_kb += kb;
	else if (strncmp(line, "VmFlags:", 8) == 0)
		show(m);
}

int main(int argc, char **argv)
{
	struct mapping m = { 0 };
	char line[512];

	if (argc != 2)
		errx(2, "usage: vmmap pid");
	FILE *smaps = open_smaps(atoi(argv[1]));
	printf("%-21s %4s %7s %7s %7s %7s %7s  %s\n", "ADDRESSES", "PERM", "PAGES", "PRESENT",
	       "DIRTY", "WRITTEN", "OWN", "MAPPING");
	while (fgets(line, sizeof(line), smaps))
		take(line, &m);
	return 0;
}
