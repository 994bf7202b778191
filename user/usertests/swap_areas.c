// SPDX-License-Identifier: MIT
// swap_areas.c - several swap areas: which is used, and what a header says
//
// The second area lies on the scratch disk; its header leaves the disk's first 1,024 bytes alone.
#include "user/usertests/disk.h"
#include "user/usertests/mapping.h"
#include "user/usertests/swapping.h"
#include <sys/swap.h>

#define PAGES		256
#define AREA_PAGES	512
#define PRIORITY(n)	(SWAP_FLAG_PREFER | (n))

// A second area of so many pages besides the header; what an earlier test left on goes first.
static const char *second_area(unsigned pages, int flags)
{
	const char *disk = scratch_disk();

	swap_device();
	swapoff(disk);
	make_swap_area(disk, 1, pages);
	CHECK_SYS(swapon(disk, flags));
	return disk;
}

struct area {
	long size_kb, used_kb;
	int priority;
};

// The line of /proc/swaps.
static struct area area(const char *device)
{
	FILE *f = fopen("/proc/swaps", "r");
	struct area area;
	char line[256], name[64];

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %*s %ld %ld %d", name, &area.size_kb, &area.used_kb,
			   &area.priority) == 4 && !strcmp(name, device)) {
			fclose(f);
			return area;
		}
	fail(HERE("/proc/swaps"), "no line for %s", device);
}

/* --- which is used --- */

TEST(swap_priority_is_shown)
{
	const char *disk = second_area(AREA_PAGES, PRIORITY(7));

	CHECK_EQ(area(disk).priority, 7);
	CHECK_EQ(area(disk).size_kb, AREA_PAGES * 4);
	CHECK_SYS(swapoff(disk));
	// Without a wish each is below those that are on.
	CHECK_SYS(swapon(disk, 0));
	CHECK(area(disk).priority < 0);
	CHECK_SYS(swapoff(disk));
}

TEST(swap_priority_higher_first)
{
	const char *disk = second_area(AREA_PAGES, PRIORITY(100));
	char *p;

	keep_to_one_hart();
	p = swapped_out(PAGES, 40);
	CHECK(area(disk).used_kb >= (long)pages_out(p, PAGES) * 4);
	check_filled(p, PAGES, 40);
	CHECK_SYS(swapoff(disk));
	check_filled(p, PAGES, 40);
}

TEST(swap_priority_full_goes_to_the_next)
{
	const char *disk = second_area(PAGES / 4, PRIORITY(100));
	char *p;

	keep_to_one_hart();
	p = swapped_out(PAGES, 41);
	CHECK_EQ(pages_out(p, PAGES), PAGES);
	CHECK_EQ(area(disk).used_kb, PAGES / 4 * 4);
	check_filled(p, PAGES, 41);
	CHECK_SYS(swapoff(disk));
}

TEST(swap_priority_equals_take_turns)
{
	const char *device = swap_device(), *disk;
	long share[2];
	char *p;

	CHECK_SYS(swapoff(device));
	CHECK_SYS(swapon(device, PRIORITY(5)));
	disk = second_area(7 * AREA_PAGES, PRIORITY(5));
	share[0] = area(device).used_kb;
	p = swapped_out(8 * PAGES, 42);
	share[0] = area(device).used_kb - share[0];
	share[1] = area(disk).used_kb;
	check_filled(p, 8 * PAGES, 42);
	CHECK_SYS(swapoff(disk));
	CHECK_SYS(swapoff(device));
	CHECK_SYS(swapon(device, 0));
	// Clusters alternate; so nobody has less than a quarter.
	CHECK(share[0] >= 2 * PAGES * 4);
	CHECK(share[1] >= 2 * PAGES * 4);
}

TEST(swapoff_of_one_goes_to_the_other)
{
	const char *disk = second_area(4 * AREA_PAGES, PRIORITY(100));
	char *p = swapped_out(4 * PAGES, 43);
	pid_t pid = CHECK_SYS(fork());

	// While the one is emptied, pages keep going out.
	if (!pid) {
		for (;;)
			page_out(p, 4 * PAGES);
	}
	CHECK_SYS(swapoff(disk));
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	check_filled(p, 4 * PAGES, 43);
}

/* --- the header --- */

// What mkswap(8) writes from byte 1,024 on; the signature ends the page.
struct header {
	uint32_t version, last_page, nr_badpages;
	char uuid[16], label[16];
	uint32_t padding[117], badpages[637];
	char rest[2], signature[10];
} __attribute__((packed));
_Static_assert(sizeof(struct header) == PAGE - 1024, "with the boot block it is a page");

static struct header good_header(void)
{
	struct header header = { .version = 1, .last_page = AREA_PAGES - 1 };

	memcpy(header.signature, "SWAPSPACE2", 10);
	return header;
}

static void write_header(const struct header *header)
{
	int fd = CHECK_SYS(open(scratch_disk(), O_WRONLY));

	CHECK_EQ(pwrite(fd, header, sizeof(*header), 1024), sizeof(*header));
	CHECK_SYS(fsync(fd));
	close(fd);
}

TEST(swapon_bad_pages_are_not_used)
{
	struct header header = good_header();
	const char *disk = scratch_disk();
	char *p;

	swap_device();
	for (int i = 0; i < 3; i++)
		header.badpages[header.nr_badpages++] = 1 + 7 * i;
	header.last_page = 32;
	write_header(&header);
	CHECK_SYS(swapon(disk, PRIORITY(100)));
	CHECK_EQ(area(disk).size_kb, (32 - 3) * 4);
	p = swapped_out(64, 44);
	CHECK_EQ(area(disk).used_kb, (32 - 3) * 4);
	check_filled(p, 64, 44);
	CHECK_SYS(swapoff(disk));
}

// What swapon() says to this header; the area is off again if it said yes.
static int answer(struct header header)
{
	int error;

	write_header(&header);
	error = swapon(scratch_disk(), 0) < 0 ? errno : 0;
	if (!error)
		CHECK_SYS(swapoff(scratch_disk()));
	return error;
}

TEST(swapon_header_errors)
{
	struct header h = good_header();

	CHECK_EQ(answer(h), 0);
	h.signature[9] = '1';
	CHECK_EQ(answer(h), EINVAL);
	h = good_header();
	h.version = 2;
	CHECK_EQ(answer(h), EINVAL);
	h = good_header();
	h.last_page = 0;
	CHECK_EQ(answer(h), EINVAL);
	h.last_page = 1 << 20;			// beyond the disk
	CHECK_EQ(answer(h), EINVAL);
	h = good_header();
	h.nr_badpages = 638;
	CHECK_EQ(answer(h), EINVAL);
	h.nr_badpages = 1;
	h.badpages[0] = 0;			// the header itself
	CHECK_EQ(answer(h), EINVAL);
	h.badpages[0] = AREA_PAGES;		// none of the area
	CHECK_EQ(answer(h), EINVAL);
	h = good_header();
	h.last_page = 1;
	h.nr_badpages = 1;
	h.badpages[0] = 1;			// nothing is left
	CHECK_EQ(answer(h), EINVAL);
}

// Who exits while his pages are being written leaves them in the swap cache: nobody wants them.
TEST(swap_slots_of_the_dead_are_used_again)
{
	const char *device = swap_device(), *disk = second_area(AREA_PAGES, PRIORITY(1));
	enum { MINE = AREA_PAGES * 3 / 4 };
	char *p = map_anon(MINE, RW);

	CHECK_SYS(swapoff(device));
	for (int i = 0; i < 8; i++)
		IN_CHILD
			swapped_out(AREA_PAGES / 4, i);
	fill(p, MINE, 21);
	while (swapped_kb() * 1024UL < MINE * PAGE)
		page_out(p, MINE);
	check_filled(p, MINE, 21);
	CHECK_SYS(swapoff(disk));
	CHECK_SYS(swapon(device, 0));
}
