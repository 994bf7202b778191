// SPDX-License-Identifier: MIT
// tour: a walk through some memory, another one for each name (labs/start/README.md).
//
//	tour NAME [WORD]
//
// maps pages somewhere from AREA on, touches some of them for the first time, by a load or a store,
// never one twice, says which user tests are NAME's, and ends with a status that is NAME's, too.
// -w before NAME: waits for Enter before the end.  WORD: the grader's, who looks from outside.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define AREA	0x1000000000UL
#define STEP	0x200000UL	// what one entry of level 1 reaches
#define PAGE	4096UL
#define PAGES	64

static const char *const tests[] = {
	"altstack-*", "brk-*", "clone3-*", "dropcaches-*", "membarrier-*", "mincore-*", "munmap-*",
	"robust-*", "waitid-*",
};

static uint64_t state;

// FNV-1a of the name, then xorshift64.
static void seed(const char *name)
{
	state = 0xcbf29ce484222325UL;
	for (; *name; name++)
		state = (state ^ (unsigned char)*name) * 0x100000001b3UL;
	state |= 1;
}

static unsigned int draw(unsigned int least, unsigned int most)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return least + (state >> 20) % (most - least + 1);
}

// A page that was not touched yet.
static volatile char *fresh_page(volatile char *area, bool touched[PAGES])
{
	unsigned int page;

	do {
		page = draw(0, PAGES - 1);
	} while (touched[page]);
	touched[page] = true;
	return area + page * PAGE + draw(0, PAGE - 1);
}

static void walk(volatile char *area, unsigned int loads, unsigned int stores)
{
	bool touched[PAGES] = {};

	while (loads + stores) {
		volatile char *at = fresh_page(area, touched);

		if (draw(1, loads + stores) <= loads) {
			(void)*at;
			loads--;
		} else {
			*at = 1;
			stores--;
		}
	}
}

static void wait_for_enter(void)
{
	for (char c = 0; c != '\n' && read(0, &c, 1) == 1;)
		;
}

int main(int argc, char **argv)
{
	bool waits = argc > 1 && strcmp(argv[1], "-w") == 0;
	const char *name = argv[1 + waits];
	unsigned int loads, stores, first;
	char *area;

	if (!name) {
		fprintf(stderr, "usage: tour [-w] NAME\n");
		return 2;
	}
	seed(name);
	area = (char *)AREA + draw(1, 500) * STEP + draw(0, 400) * PAGE;
	area = mmap(area, PAGES * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	loads = draw(4, 15);
	stores = draw(16, 30);
	walk(area, loads, stores);
	first = draw(0, 8);
	printf("Process %d has walked. The user tests of %s: %s %s\n", getpid(), name, tests[first],
	       tests[(first + draw(1, 8)) % 9]);
	if (argv[1 + waits + 1])
		printf("@%s 0 0x0\n", argv[1 + waits + 1]);
	fflush(stdout);
	if (waits || argv[1 + waits + 1])
		wait_for_enter();
	return draw(3, 120);
}
