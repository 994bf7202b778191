// SPDX-License-Identifier: MIT
// references FRAMES FILE: uses the pages that FILE names, one after another, in a memory of so many
// frames, and says what went: for each page the number of the reference that missed, and the page;
// then the misses, and how many of them were read from swap, as the kernel counts.
//
// A miss in a full memory asks for one frame (/proc/faultline/reclaim); which page it was that went
// mincore() tells.  All else that could go is locked, or sent out before and asleep until the end.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096UL
#define MAX_PAGES 256
#define MAX_REFERENCES 100000

static unsigned int reference[MAX_REFERENCES];
static unsigned char resident[MAX_PAGES], now[MAX_PAGES];
static unsigned long used[MAX_PAGES];
static size_t nr_references, nr_resident, misses;
static char buffer[1 << 16];
static unsigned long *memory;

static void wrong(const char *what, size_t at)
{
	fprintf(stderr, "references: %s, at %zu\n", what, at);
	exit(1);
}

static void load(const char *path)
{
	FILE *in = fopen(path, "r");

	if (!in)
		wrong(path, 0);
	while (nr_references < MAX_REFERENCES && fscanf(in, "%u", &reference[nr_references]) == 1)
		if (reference[nr_references++] >= MAX_PAGES)
			wrong("a page beyond the memory", nr_references);
	fclose(in);
}

// Returns how many bytes were taken, -1: not so much could go.
static ssize_t ask(const char *text)
{
	int fd = open("/proc/faultline/reclaim", O_WRONLY);
	ssize_t n = write(fd, text, strlen(text));

	close(fd);
	return n;
}

static long swapped_in(void)
{
	FILE *in = fopen("/proc/vmstat", "r");
	char line[128];
	long n = -1;

	while (in && n < 0 && fgets(line, sizeof(line), in))
		sscanf(line, "pswpin %ld", &n);
	if (n < 0)
		wrong("pswpin", 0);
	fclose(in);
	return n;
}

// One page goes, and no other one comes or goes.
static void evict(size_t when)
{
	size_t gone = MAX_PAGES;

	if (ask("anon 1") < 0)
		wrong("nothing could go", when);
	if (mincore(memory, MAX_PAGES * PAGE, now))
		wrong("mincore", when);
	for (size_t i = 0; i < MAX_PAGES; i++) {
		now[i] &= 1;
		if (now[i] == resident[i])
			continue;
		if (now[i] || gone != MAX_PAGES)
			wrong("not one page is another's frame", when);
		gone = i;
	}
	if (gone == MAX_PAGES)
		wrong("what went was none of ours", when);
	memcpy(resident, now, sizeof(now));
	nr_resident--;
	printf("%zu %zu\n", when, gone);
}

static void use(unsigned int page, size_t when, size_t frames)
{
	volatile unsigned long *word = memory + page * (PAGE / sizeof(*memory));

	if (!resident[page]) {
		if (nr_resident == frames)
			evict(when);
		resident[page] = 1;
		nr_resident++;
		misses++;
	}
	// A first use that loads would get the page of zeros, which takes no frame.
	word[0] = when;
	if (word[1] != used[page])
		wrong("what was stored is lost", when);
	word[1] = ++used[page];
}

int main(int argc, char **argv)
{
	size_t frames = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	long before;

	if (!frames) {
		fputs("usage: references FRAMES FILE\n", stderr);
		return 2;
	}
	load(argv[2]);
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (mlockall(MCL_CURRENT))
		wrong("mlockall", 0);
	if (ask("anon 1000000") >= 0)
		wrong("so much cannot go", 0);
	memory = mmap(NULL, MAX_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (memory == MAP_FAILED)
		wrong("mmap", 0);
	before = swapped_in();
	for (size_t i = 0; i < nr_references; i++)
		use(reference[i], i + 1, frames);
	printf("misses %zu refaults %ld\n", misses, swapped_in() - before);
	return 0;
}
