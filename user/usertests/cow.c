// SPDX-License-Identifier: MIT
// cow.c - copy on write: what one process writes no other sees
#include "user/usertests/usertests.h"
#include <sys/mman.h>

#define PAGE	4096UL
#define PAGES	16

static char *area;

static void make_area(void)
{
	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED);
}

static void fill(char value)
{
	for (int i = 0; i < PAGES; i++)
		memset(area + i * PAGE, value + i, PAGE);
}

static void check_filled(char value)
{
	for (size_t i = 0; i < PAGES * PAGE; i++)
		if (area[i] != (char)(value + i / PAGE))
			fail(HERE("area"), "byte %zu: want %d, got %d", i,
			     (char)(value + i / PAGE), area[i]);
}

TEST(cow_child_writes)
{
	make_area();
	fill('a');
	IN_CHILD {
		check_filled('a');
		fill('A');
		check_filled('A');
	}
	check_filled('a');
}

TEST(cow_parent_writes)
{
	struct gate gate;
	pid_t pid;

	make_area();
	fill('a');
	gate_make(&gate);
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		gate_wait(&gate);
		check_filled('a');
		finish();
	}
	fill('A');
	gate_open(&gate);
	CHECK_EXIT(pid, 0);
	check_filled('A');
}

TEST(cow_owner_after_the_other_is_gone)
{
	make_area();
	for (int round = 0; round < 20; round++) {
		fill('a' + round % 3);
		IN_CHILD
			check_filled('a' + round % 3);
		fill('b' + round % 3);		// alone again: no copy is needed, and none is lost
		check_filled('b' + round % 3);
	}
}

TEST(cow_generations)
{
	make_area();
	fill('a');
	IN_CHILD {
		area[0] = 1;
		IN_CHILD {
			area[0] = 2;
			area[PAGE] = 2;
			IN_CHILD {
				CHECK_EQ(area[0] + area[PAGE], 4);
				fill('z');
			}
			CHECK_EQ(area[0] + area[PAGE], 4);
		}
		CHECK_EQ(area[0], 1);
		CHECK_EQ(area[PAGE], 'b');
	}
	check_filled('a');
}

TEST(cow_brothers)
{
	enum { BROTHERS = 5 };
	struct gate gate;
	pid_t pids[BROTHERS];

	make_area();
	fill('a');
	gate_make(&gate);
	for (int b = 0; b < BROTHERS; b++) {
		pids[b] = CHECK_SYS(fork());
		if (pids[b] == 0) {
			fill('A' + b);
			gate_wait(&gate);
			check_filled('A' + b);
			finish();
		}
	}
	check_filled('a');
	for (int b = 0; b < BROTHERS; b++)
		gate_open(&gate);
	for (int b = 0; b < BROTHERS; b++)
		CHECK_EXIT(pids[b], 0);
	check_filled('a');
}

TEST(cow_file_private)
{
	char *p;
	int fd;

	put_file("f", "original");
	fd = CHECK_SYS(open("f", O_RDWR));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	IN_CHILD {
		memcpy(p, "childish", 8);
		CHECK_STR(p, "childish");
	}
	CHECK_STR(p, "original");
	memcpy(p, "parental", 8);
	IN_CHILD {
		CHECK_STR(p, "parental");
		p[0] = 'X';
	}
	CHECK_STR(p, "parental");
	CHECK_CONTENT("f", "original");
}

TEST(cow_zero_page)
{
	make_area();
	for (int i = 0; i < PAGES; i++)
		CHECK_EQ(*(volatile char *)(area + i * PAGE), 0);	// mapped for reading first
	IN_CHILD {
		fill('a');
		check_filled('a');
	}
	area[5 * PAGE] = 1;
	for (size_t i = 0; i < PAGES * PAGE; i++)
		CHECK_EQ(area[i], i == 5 * PAGE);
}

TEST(cow_read_into_shared_page)
{
	int fd[2];

	make_area();
	fill('a');
	CHECK_SYS(pipe(fd));
	IN_CHILD {	// the kernel's write must break the sharing as the user's does
		CHECK_EQ(write(fd[1], "kernel", 6), 6);
		CHECK_EQ(read(fd[0], area + PAGE - 3, 6), 6);
		CHECK(memcmp(area + PAGE - 3, "kernel", 6) == 0);
	}
	check_filled('a');
	CHECK_EQ(write(fd[1], "kernel", 6), 6);
	IN_CHILD {
		CHECK_EQ(read(fd[0], area, 6), 6);
	}
	check_filled('a');
}

TEST(cow_data_and_stack)
{
	static volatile int data = 1;
	static volatile int bss;
	volatile int stack = 1;

	IN_CHILD {
		data = bss = stack = 7;
		CHECK_EQ(data + bss + stack, 21);
	}
	CHECK_EQ(data + bss + stack, 2);
}

TEST(cow_protected_pages)
{
	make_area();
	fill('a');
	CHECK_SYS(mprotect(area, PAGES * PAGE, PROT_READ));
	IN_CHILD {
		DIES_BY(SIGSEGV)
			*(volatile char *)area = 1;
		CHECK_SYS(mprotect(area, PAGES * PAGE, PROT_READ | PROT_WRITE));
		fill('b');
		check_filled('b');
	}
	CHECK_SYS(mprotect(area, PAGES * PAGE, PROT_READ | PROT_WRITE));
	check_filled('a');
}

static unsigned next_random(unsigned *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 8;
}

// One round: a family of three generations writes at random, each compares with its own model.
static void random_family(unsigned *state, char *model, int generation)
{
	for (int i = 0; i < 12; i++) {
		unsigned at = next_random(state) % (PAGES * PAGE);

		area[at] = model[at] = next_random(state);
	}
	if (generation < 3) {
		unsigned child_state = *state + 1;

		IN_CHILD
			random_family(&child_state, model, generation + 1);
		next_random(state);
		area[*state % (PAGES * PAGE)] = model[*state % (PAGES * PAGE)] = generation;
	}
	CHECK(memcmp(area, model, PAGES * PAGE) == 0);
}

TEST(cow_random_against_model)
{
	static char model[PAGES * PAGE];
	unsigned state = 4711;

	make_area();
	for (int round = 0; round < 50; round++)
		random_family(&state, model, 0);
}

// The model must not share the fate of what it models: it is written to a file beforehand.
TEST(cow_against_a_file)
{
	static char got[PAGES * PAGE];
	int fd = CHECK_SYS(open("model", O_RDWR | O_CREAT, 0644));

	make_area();
	fill('m');
	CHECK_EQ(write(fd, area, PAGES * PAGE), PAGES * PAGE);
	for (int i = 0; i < 10; i++) {
		IN_CHILD {
			for (int k = i; k < PAGES; k += 3)
				memset(area + k * PAGE, i, PAGE);
		}
		CHECK_EQ(pread(fd, got, sizeof(got), 0), sizeof(got));
		CHECK(memcmp(area, got, sizeof(got)) == 0);
	}
}
