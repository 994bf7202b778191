// SPDX-License-Identifier: MIT
// swap_races.c - threads whose pages go out and come back while others change them
#include "user/usertests/cow_pin.h"
#include "user/usertests/crowd.h"
#include "user/usertests/disk.h"
#include "user/usertests/maps.h"
#include "user/usertests/swapping.h"
#include <sys/swap.h>

static char *pages;
static const char *device;

static void make_pages_go(void)
{
	need_swap(1024);
	pages = map_anon(CROWD_PAGES, RW);
}

// What each thread has written.
static void check_all(uint64_t value)
{
	for (int me = 0; me < CROWD; me++)
		crowd_check(pages, me, value);
}

static void make_shared_pages_go(void)
{
	need_swap(1024);
	pages = mmap(NULL, CROWD_PAGES * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(pages != MAP_FAILED);
}

static void write_and_send_out(int me)
{
	for (int round = 1; round <= 3; round++) {
		crowd_write(pages, me, round);
		page_out(pages, CROWD_PAGES);
		crowd_check(pages, me, round);
	}
}

TEST(swap_races_writers)
{
	make_pages_go();
	crowd(write_and_send_out);
	check_all(3);
}

static void write_once(int me)
{
	crowd_write(pages, me, 1);
	crowd_check(pages, me, 1);
}

// A store that the kernel makes for a thread fails if its fault does.
static void write_once_or_have_it_written(int me)
{
	if (me != 2) {
		write_once(me);
		return;
	}
	for (int i = 0; i < CROWD_PAGES; i++)
		CHECK(store_from_outside(crowd_word(pages, i, me), 1 << 8 | i));
}

TEST(swap_races_first_write)
{
	make_pages_go();
	for (int i = 0; i < CROWD_PAGES; i++)
		pages[i * PAGE + 2048] = i;
	page_out(pages, CROWD_PAGES);
	crowd(write_once_or_have_it_written);
	check_all(1);
}

static void fill_pages(void)
{
	for (int me = 0; me < CROWD; me++)
		crowd_write(pages, me, 9);
}

enum where { IN_MEMORY, OUT };

/*
 * Meanwhile a child has the pages, too. When the crowd is done it sends out its own, which the
 * threads' copies must survive, and looks at them.
 */
static void crowd_beside_child(enum where where, void (*body)(int me))
{
	struct gate gate;
	pid_t pid;

	make_pages_go();
	fill_pages();
	if (where == OUT)
		page_out(pages, CROWD_PAGES);
	gate_make(&gate);
	pid = CHECK_SYS(fork());
	if (!pid) {
		gate_wait(&gate);
		page_out(pages, CROWD_PAGES);
		check_all(9);
		finish();
	}
	crowd(body);
	gate_open(&gate);
	CHECK_EXIT(pid, 0);
}

TEST(swap_races_copy_of_what_is_out)
{
	crowd_beside_child(OUT, write_and_send_out);
	check_all(3);
}

TEST(swap_races_copy)
{
	crowd_beside_child(IN_MEMORY, write_once);
	check_all(1);
}

// What another thread throws away: each word is what was written, or nothing.
static void write_what_may_go(int me)
{
	crowd_write(pages, me, 7);
	page_out(pages, CROWD_PAGES);
	for (int i = 0; i < CROWD_PAGES; i++) {
		uint64_t word = *crowd_word(pages, i, me);

		if (word && word != (7ULL << 8 | i) && word != (9ULL << 8 | i))
			fail(HERE("word"), "page %d: %#llx", i, (unsigned long long)word);
	}
}

static void write_or_drop(int me)
{
	for (int round = 1; round <= 3; round++)
		if (me)
			write_what_may_go(me);
		else
			CHECK_SYS(madvise(pages, CROWD_PAGES * PAGE, MADV_DONTNEED));
}

TEST(swap_races_dontneed)
{
	crowd_beside_child(IN_MEMORY, write_or_drop);
}

TEST(swap_races_dontneed_of_what_is_out)
{
	crowd_beside_child(OUT, write_or_drop);
}

// The pages might be others' too, and are not; and then they go.
static void write_or_fork_and_drop(int me)
{
	for (int round = 1; round <= 3; round++) {
		if (me) {
			write_what_may_go(me);
			continue;
		}
		IN_CHILD
			;
		for (int i = 0; i < CROWD_PAGES; i++)
			CHECK_SYS(madvise(pages + i * PAGE, PAGE, MADV_DONTNEED));
	}
}

TEST(swap_races_dontneed_after_fork)
{
	make_pages_go();
	fill_pages();
	page_out(pages, CROWD_PAGES);
	crowd(write_or_fork_and_drop);
}

// One forks again and again; what a child sees is what was there once.
static void write_or_fork(int me)
{
	if (me) {
		write_and_send_out(me);
		return;
	}
	for (int round = 0; round < 2; round++)
		IN_CHILD {
			for (int i = 0; i < CROWD_PAGES; i++)
				for (int other = 1; other < CROWD; other++) {
					uint64_t word = *crowd_word(pages, i, other);

					CHECK(!word || (word & 0xff) == (uint64_t)i);
					*crowd_word(pages, i, other) = word;
					CHECK(*crowd_word(pages, i, other) == word);
				}
			page_out(pages, CROWD_PAGES);
			crowd_write(pages, me, 5);
			crowd_check(pages, me, 5);
		}
}

TEST(swap_races_fork)
{
	make_pages_go();
	crowd(write_or_fork);
	for (int me = 1; me < CROWD; me++)
		crowd_check(pages, me, 3);
}

// The page goes out again and again until thread 0 has done its part.
static int done;

static void send_out_until_done(void)
{
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		page_out(pages, 1);
		sched_yield();		// on one hart, thread 0 waits for each of our time slices
	}
}

// A page that is only looked at comes back clean, and what is stored to it from outside is kept.
static void store_or_send_out(int me)
{
	volatile uint64_t *word = crowd_word(pages, 0, 0);
	// Where schedules are chosen; one in thousands does it.
	uint64_t rounds = access("/proc/sys/kernel/race_seed", F_OK) ? 20 : 400;

	if (me) {
		send_out_until_done();
		return;
	}
	for (uint64_t i = 1; i <= rounds; i++) {
		CHECK_EQ(*word, i - 1);
		CHECK(store_from_outside(word, i));
		// Who is about to take the page away goes on before anybody asks for it.
		for (int n = 0; n < 16; n++)
			sched_yield();
		CHECK_EQ(*word, i);
	}
	set_word(&done, 1);
}

TEST(swap_races_store_from_outside)
{
	make_pages_go();
	*pages = 0;
	page_out(pages, 1);
	crowd(store_or_send_out);
}

// What was freed and then stored to stays; what is freed meanwhile may be gone.
static unsigned int frees_begun, frees_done;

static void free_all(void)
{
	__atomic_add_fetch(&frees_begun, 1, __ATOMIC_SEQ_CST);
	CHECK_SYS(madvise(pages, CROWD_PAGES * PAGE, MADV_FREE));
	__atomic_add_fetch(&frees_done, 1, __ATOMIC_SEQ_CST);
}

static void write_what_is_free(int me, int page, uint64_t value)
{
	volatile uint64_t *word = crowd_word(pages, page, me);
	unsigned int before = __atomic_load_n(&frees_done, __ATOMIC_SEQ_CST);
	uint64_t found;
	bool freed;

	if (me == 1)
		*word = value;
	else
		CHECK(store_from_outside(word, value));
	page_out(pages + page * PAGE, 1);
	found = *word;
	freed = __atomic_load_n(&frees_begun, __ATOMIC_SEQ_CST) != before;
	if (found != value && (found || !freed))
		fail(HERE("word"), "page %d: %#llx", page, (unsigned long long)found);
}

static void write_or_free(int me)
{
	for (int i = 0; i < 3 * CROWD_PAGES; i++)
		if (me)
			write_what_is_free(me, i % CROWD_PAGES, i);
		else
			free_all();
}

TEST(swap_races_free)
{
	make_pages_go();
	fill_pages();
	crowd(write_or_free);
	crowd_write(pages, 0, 4);
	page_out(pages, CROWD_PAGES);
	crowd_check(pages, 0, 4);
}

// Freed, and stored to from outside before it is gone: then it stays.
static void free_and_store_or_send_out(int me)
{
	volatile uint64_t *word = crowd_word(pages, 0, 0);

	if (me) {
		send_out_until_done();
		return;
	}
	for (uint64_t i = 1; i <= 20; i++) {
		*word = 1;
		CHECK_SYS(madvise(pages, PAGE, MADV_FREE));
		CHECK(store_from_outside(word, i));
		CHECK_EQ(*word, i);
	}
	set_word(&done, 1);
}

TEST(swap_races_free_and_store)
{
	make_pages_go();
	crowd(free_and_store_or_send_out);
}

/*
 * What was written is there again before who sent it out looks at it: somebody has it, or it was
 * freed and is not in the swap cache any more, and yet clean.
 */
static void send_out_what_is_stored(void)
{
	// Where schedules are chosen; one in thousands does it.
	int rounds = access("/proc/sys/kernel/race_seed", F_OK) ? 20 : 400;

	for (int i = 0; i < rounds; i++) {
		page_out(pages, 1);
		sched_yield();
	}
	set_word(&done, 1);
}

static void store_or_look_and_free(int me)
{
	volatile uint64_t *word = crowd_word(pages, 0, 1);

	if (!me)
		send_out_what_is_stored();
	for (uint64_t i = 1; !__atomic_load_n(&done, __ATOMIC_ACQUIRE); i++) {
		if (me == 1)
			*word = i;
		sched_yield();
		CHECK(me == 2 || *word == i || !*word);
		// Not so often that there is never anything to be written.
		if (me == 2 && i % 8 == 0 && *word)
			CHECK_SYS(madvise(pages, PAGE, MADV_FREE));
	}
}

TEST(swap_races_free_what_is_written)
{
	make_pages_go();
	crowd(store_or_look_and_free);
}

/*
 * A device is about to store into pages, the first of which is sent out while the others are
 * brought back. While that is being written, a store of ours makes a copy of it: what the device
 * stores is there, too.
 */
static int sectors;

static void read_directly(void)
{
	char *to = pages + PAGE / 2;
	const size_t length = (CROWD_PAGES - 1) * PAGE;

	for (int i = 1; i <= 20; i++) {
		CHECK_EQ(pread(sectors, to, length, i * SECTOR), length);
		for (size_t n = 0; n < length / SECTOR; n++)
			check_bytes("sector", to + n * SECTOR, SECTOR, i + n);
	}
	set_word(&done, 1);
}

static void read_or_send_out(int me)
{
	volatile uint64_t *word = crowd_word(pages, 0, me);

	if (me == 0)
		read_directly();
	for (uint64_t i = 1; !__atomic_load_n(&done, __ATOMIC_ACQUIRE); i++) {
		if (me == 1) {
			page_out(pages, CROWD_PAGES);
			continue;
		}
		*word = i;
		sched_yield();
		CHECK_EQ(*word, i);
	}
}

TEST(swap_races_pinned)
{
	make_pages_go();
	device = swap_device();
	swap_on_anew(device, "stable_writes", "1");
	sectors = open_sectors();
	crowd(read_or_send_out);
	swap_on_anew(device, "stable_writes", "0");
}

/*
 * A page is freed while a device is about to store to it. Who sees the old content after that knows
 * that the device's comes later, and stays.
 */
enum { OLD = 255 };

static int begun, seen_old;

static void read_into_what_is_free(void)
{
	char *here = pages + PAGE / 2;

	for (int i = 1; i <= 10; i++) {
		memset(here, OLD, SECTOR);
		set_word(&begun, i);
		CHECK_EQ(pread(sectors, here, SECTOR, i * SECTOR), SECTOR);
		if (*here || __atomic_load_n(&seen_old, __ATOMIC_ACQUIRE) == i)
			check_bytes("sector", here, SECTOR, i);
	}
	set_word(&done, 1);
}

static void free_and_look(void)
{
	for (int i = 0, now; !__atomic_load_n(&done, __ATOMIC_ACQUIRE); i = now) {
		now = __atomic_load_n(&begun, __ATOMIC_ACQUIRE);
		sched_yield();
		if (now == i)
			continue;
		CHECK_SYS(madvise(pages, PAGE, MADV_FREE));
		if ((unsigned char)pages[PAGE / 2] == OLD)
			set_word(&seen_old, now);
	}
}

static void read_free_or_send_out(int me)
{
	if (me == 0)
		read_into_what_is_free();
	else if (me == 1)
		free_and_look();
	else
		send_out_until_done();
}

TEST(swap_races_free_while_pinned)
{
	make_pages_go();
	sectors = open_sectors();
	crowd(read_free_or_send_out);
}

// The area goes and comes back, with everything in it.
static void write_or_swapoff(int me)
{
	if (me) {
		write_and_send_out(me);
		return;
	}
	CHECK_SYS(swapoff(device));
	CHECK_SYS(swapon(device, 0));
}

TEST(swap_races_swapoff)
{
	make_pages_go();
	device = swap_device();
	crowd(write_or_swapoff);
	for (int me = 1; me < CROWD; me++)
		crowd_check(pages, me, 3);
}

/*
 * The area goes, and cannot be read: what is on it is lost. But what threads have thrown away and
 * written anew is not, even if it was on the area when swapoff looked.
 */
static int some_are_out;

static void send_out_and_drop(char *p, uint64_t round)
{
	for (int i = 0; i < CROWD_PAGES; i++)
		p[i * PAGE] = round;
	page_out(p, CROWD_PAGES);
	set_word(&some_are_out, 1);
	for (int i = 0; i < CROWD_PAGES; i++) {
		volatile uint64_t *word = crowd_word(p, i, 0);

		CHECK_SYS(madvise(p + i * PAGE, PAGE, MADV_DONTNEED));
		*word = round;
		CHECK_EQ(*word, round);
	}
	for (int i = 0; i < CROWD_PAGES; i++)
		CHECK_EQ(*crowd_word(p, i, 0), round);
}

static void *send_out_and_drop_until_done(void *p)
{
	for (uint64_t round = 1; !__atomic_load_n(&done, __ATOMIC_ACQUIRE); round++)
		send_out_and_drop(p, round);
	return NULL;
}

TEST(swap_races_swapoff_cannot_read)
{
	pthread_t threads[2];

	need_swap(1024);
	device = swap_device();
	for (int i = 0; i < 2; i++)
		threads[i] = start_thread(send_out_and_drop_until_done, map_anon(CROWD_PAGES, RW));
	for (int round = 0; round < 4; round++) {
		disk_fails(device, -1);		// reads of this thread alone
		set_word(&some_are_out, 0);
		while (!__atomic_load_n(&some_are_out, __ATOMIC_ACQUIRE))
			sched_yield();
		CHECK_SYS(swapoff(device));
		disk_works();
		CHECK_SYS(swapon(device, 0));
	}
	set_word(&done, 1);
	for (int i = 0; i < 2; i++)
		join_thread(threads[i]);
}

// Moving a page away and back while others send out the rest.
static char *elsewhere;

static void move(char *from, char *to)
{
	CHECK(mremap(from, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
}

static void move_or_look(int me)
{
	const int half = CROWD_PAGES / 2;

	for (int round = 0; round < 3; round++)
		for (int i = 0; i < half; i++) {
			if (me) {
				page_out(pages + half * PAGE, half);
				CHECK_EQ(*crowd_word(pages, half + i, me), 9 * 256 + half + i);
				continue;
			}
			move(pages + i * PAGE, elsewhere);
			page_out(elsewhere, 1);
			move(elsewhere, pages + i * PAGE);
		}
}

TEST(swap_races_mremap)
{
	make_pages_go();
	elsewhere = find_room(1);
	fill_pages();
	page_out(pages, CROWD_PAGES);
	crowd(move_or_look);
	check_all(9);
}

/*
 * Reclaim takes what it likes, of any process and without its mmap_lock, while mappings come, are
 * copied, move and go.
 */
static void reclaim_until_done(void)
{
	int fd = open("/proc/faultline/reclaim", O_WRONLY);

	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
		if (fd < 0) {
			page_out(pages, CROWD_PAGES);
			sched_yield();
		} else if (write(fd, "anon 4", 6) < 0) {
			CHECK_EQ(errno, EAGAIN);
		}
}

static void map_and_unmap(int round)
{
	char *p = map_anon(CROWD_PAGES, RW);

	crowd_write(p, 0, round);
	crowd_check(pages, 0, round - 1);
	crowd_write(pages, 0, round);
	IN_CHILD {
		crowd_check(p, 0, round);
		crowd_write(p, 0, round + 1);
		crowd_check(p, 0, round + 1);
	}
	move(p + PAGE, elsewhere);
	CHECK_EQ(*crowd_word(elsewhere, 0, 0), (uint64_t)round << 8 | 1);
	crowd_check(pages, 0, round);
	CHECK_SYS(munmap(elsewhere, PAGE));
	CHECK_SYS(munmap(p, CROWD_PAGES * PAGE));
}

static void map_or_reclaim(int me)
{
	if (me) {
		reclaim_until_done();
		return;
	}
	for (int round = 1; round <= 4; round++)
		map_and_unmap(round);
	set_word(&done, 1);
}

TEST(swap_races_reclaim)
{
	make_pages_go();
	elsewhere = find_room(1);
	crowd_write(pages, 0, 0);
	crowd(map_or_reclaim);
}

/*
 * All that a mapping had goes while reclaim asks who maps its page, and what told it who is given
 * back, and is somebody else's memory by then.
 */
static long anon_vmas(void)
{
	char text[16 * 1024], *line;
	long active, all;

	if (access("/proc/slabinfo", R_OK))
		return 0;		// a Linux that does not tell
	slurp("/proc/slabinfo", text, sizeof(text));
	line = strstr(text, "\nanon_vma ");
	CHECK(line && sscanf(line, "\nanon_vma %ld %ld", &active, &all) == 2);
	return all;
}

enum { MANY = 32 };		// so that most of what reclaim looks at is there

static void map_many(char *p)
{
	CHECK(mmap(p, MANY * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p);
	for (int i = 0; i < MANY; i++)
		p[i * PAGE] = i;
}

// Mappings that have had a page, until the kernel has to get memory for one more: the last has it
// alone.
static char *map_what_has_its_memory_alone(void)
{
	long before = anon_vmas();
	char *p = NULL;

	for (int i = 0; i < 500 && (!p || (before && anon_vmas() == before)); i++) {
		p = find_room(MANY);
		CHECK(mmap(p, PAGE, RW, ANON | MAP_FIXED, -1, 0) == p);
		*p = i;
		CHECK_SYS(madvise(p, PAGE, MADV_DONTNEED));
	}
	return p;
}

static void map_and_unmap_alone(void)
{
	char *p = map_what_has_its_memory_alone();

	for (int round = 0; round < 20; round++) {
		map_many(p);
		for (int n = 0; n < 8; n++)
			sched_yield();
		CHECK_SYS(munmap(p, MANY * PAGE));
		put_file("/proc/sys/vm/drop_caches", "2");
	}
	set_word(&done, 1);
}

static void map_alone_or_reclaim(int me)
{
	if (me)
		reclaim_until_done();
	else
		map_and_unmap_alone();
}

// Nothing can go, so that reclaim looks at all there is, again and again, and waits for no disk.
TEST(swap_races_mapping_gone)
{
	make_pages_go();
	device = swap_device();
	CHECK_SYS(swapoff(device));
	crowd(map_alone_or_reclaim);
	CHECK_SYS(swapon(device, 0));
}

/*
 * A slot that is freed and gets another page, at the same address, while somebody is about to lock
 * the page that he found there before:
 *
 *	looks up the slot, finds page F
 *						stores to F: the slot is free
 *						throws F away; a new page G is at the address
 *						sends out G: it gets the slot
 *	locks F; and the entry is what it was
 *
 * The area has one slot only, so that it must be the same.
 */
static void swap_on_one_slot(void)
{
	make_swap_area(scratch_disk(), 1, 1);
	CHECK_SYS(swapon(scratch_disk(), SWAP_FLAG_PREFER | 100));
}

// Throws away what the page of private or shared memory has.
static int forget;

static void reuse_slot(int me)
{
	volatile uint64_t *word = (void *)pages;

	for (int i = 0; me && i < 60; i++)
		load_from_outside(word);
	for (uint64_t round = 1; !me && round <= 30; round++) {
		*word = 2 * round;			// F
		CHECK_SYS(madvise(pages, PAGE, forget));
		*word = 2 * round + 1;			// G
		page_out(pages, 1);
		CHECK_EQ(*word, 2 * round + 1);
		page_out(pages, 1);
	}
}

static void reuse_the_only_slot(void)
{
	swap_on_one_slot();
	*pages = 1;
	page_out(pages, 1);
	crowd(reuse_slot);
	CHECK_SYS(swapoff(scratch_disk()));
}

TEST(swap_races_slot_reused)
{
	make_pages_go();
	forget = MADV_DONTNEED;
	reuse_the_only_slot();
}

TEST(swap_races_shared_slot_reused)
{
	make_shared_pages_go();
	forget = MADV_REMOVE;
	reuse_the_only_slot();
}

/* --- shared memory --- */

// A page that is mapped without being the file's would never go again.
static void check_that_all_go(void)
{
	for (int i = 0; i < CROWD_PAGES; i++)
		while (pagemap_word(0, pages + i * PAGE) & PM_PRESENT) {
			page_out(pages, CROWD_PAGES);
			nap(2 * MS);
		}
}

TEST(swap_races_shared)
{
	make_shared_pages_go();
	crowd(write_and_send_out);
	check_all(3);
	check_that_all_go();
	check_all(3);
}

// What was removed stays away, though others look for it.
static void remove_or_look(int me)
{
	for (uint64_t i = 1; i <= 20; i++) {
		volatile uint64_t *word = crowd_word(pages, i % CROWD_PAGES, 0);

		if (me) {
			page_out(pages, CROWD_PAGES);
			load_from_outside(word);
			continue;
		}
		*word = i;
		page_out(pages, CROWD_PAGES);
		CHECK_EQ(*word, i);
		CHECK_SYS(madvise(pages, CROWD_PAGES * PAGE, MADV_REMOVE));
		CHECK_EQ(*word, 0);
	}
}

TEST(swap_races_shared_remove)
{
	make_shared_pages_go();
	crowd(remove_or_look);
}
