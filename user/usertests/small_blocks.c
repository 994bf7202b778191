// SPDX-License-Identifier: MIT
/*
 * small_blocks.c - pages of files that have several blocks each, some of which may be holes
 *
 * A store to a hole through a mapping needs a block, and nothing but a fault tells the file system
 * of it.  A page that says "all of my blocks are there", or that is writable already, when they are
 * not, loses what is stored.
 */
#include "user/usertests/crowd.h"
#include "user/usertests/disk.h"
#include <sys/mount.h>

#define BLOCK		1024UL
#define WORDS		(BLOCK / 4)
#define BLOCKS		1024		// of the file system
#define INODES		32

enum { SUPER = 1, GROUP, BLOCK_MAP, INODE_MAP, INODE_TABLE, ROOT = INODE_TABLE + 4, USED };

static uint32_t image[USED][WORDS];
static unsigned int root_links = 2;

static void make_super(void)
{
	static const struct { int at; uint32_t value; } fields[] = {
		{ 0, INODES }, { 1, BLOCKS }, { 3, BLOCKS - USED }, { 4, INODES - 10 },
		{ 5, SUPER }, { 8, 8 * BLOCK }, { 9, 8 * BLOCK }, { 10, INODES },
		{ 13, 0xffff << 16 /* no limit of mounts */ }, { 14, 0xef53 | 1 << 16 /* clean */ },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		image[SUPER][fields[i].at] = fields[i].value;
	memcpy(image[GROUP], (uint32_t[]){ BLOCK_MAP, INODE_MAP, INODE_TABLE,
		(BLOCKS - USED) | (INODES - 10) << 16, 1 /* directory */ }, 20);
}

// What is behind the last block or inode counts as used.
static void make_maps(void)
{
	memset(image[BLOCK_MAP] + BLOCKS / 32, 0xff, BLOCK - BLOCKS / 8);
	image[BLOCK_MAP][0] = (1 << (USED - SUPER)) - 1;
	image[BLOCK_MAP][BLOCKS / 32 - 1] = 1u << 31;
	memset(image[INODE_MAP] + INODES / 32, 0xff, BLOCK - INODES / 8);
	image[INODE_MAP][0] = (1 << 10) - 1;
}

// Inode 2: a directory of one block with two names, its own and its parent's.
static void make_root(void)
{
	uint32_t *inode = image[INODE_TABLE] + 128 / 4;

	inode[0] = S_IFDIR | 0755;
	inode[1] = BLOCK;
	inode[6] = root_links << 16;
	inode[7] = BLOCK / 512;
	inode[10] = ROOT;
	memcpy(image[ROOT], (uint32_t[]){ 2, 12 | 1 << 16, '.',
		2, (BLOCK - 12) | 2 << 16, '.' | '.' << 8 }, 24);
}

// Makes a small file system on the scratch disk, and its root the working directory; it goes with
// the process.  Skips the test where there is no scratch disk.
static void enter_small_blocks(void)
{
	const char *disk = scratch_disk();
	int fd = CHECK_SYS(open(disk, O_RDWR));

	make_super();
	make_maps();
	make_root();
	CHECK_EQ(pwrite(fd, image[SUPER], (USED - SUPER) * BLOCK, BLOCK), (USED - SUPER) * BLOCK);
	CHECK_SYS(fsync(fd));
	CHECK_SYS(close(fd));
	CHECK_SYS(mkdir("m", 0755));
	CHECK_SYS(mount(disk, "m", "ext2", 0, NULL));
	CHECK_SYS(chdir("m"));
	CHECK_SYS(umount2(".", MNT_DETACH));
}

static char *page;
static int file;

// A file of one page in a file system of small blocks, the first @size bytes written; mapped.
static void make_file(size_t size)
{
	char text[PAGE];

	memset(text, 'a', PAGE);
	enter_small_blocks();
	file = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0600));
	CHECK_EQ(pwrite(file, text, size, 0), size);
	page = mmap(NULL, PAGE, RW, MAP_SHARED, file, 0);
	CHECK(page != MAP_FAILED);
}

// What the page shows is what the disk has.
static void check_disk(void)
{
	int direct = CHECK_SYS(open("f", O_RDONLY | O_DIRECT));
	char *disk = map_anon(1, RW);

	CHECK_EQ(pread(direct, disk, PAGE, 0), PAGE);
	for (size_t i = 0; i < PAGE; i++)
		if (disk[i] != page[i])
			fail(HERE("disk"), "byte %zu: the page has %#x, the disk %#x", i,
			     page[i], disk[i]);
	CHECK_SYS(close(direct));
}

static void store_and_check(size_t at)
{
	page[at] = 'b';
	check_disk();
	CHECK_EQ(page[at], 'b');
}

TEST(small_blocks_store_after_truncate_to_more)
{
	make_file(BLOCK);
	page[5] = 'b';
	CHECK_SYS(ftruncate(file, PAGE));
	store_and_check(2 * BLOCK);
}

// What was stored behind the end stays there.
TEST(small_blocks_store_behind_the_end)
{
	make_file(BLOCK);
	page[BLOCK + 5] = 'b';
	CHECK_SYS(ftruncate(file, PAGE));
	check_disk();
}

TEST(small_blocks_store_after_write_to_another_page)
{
	make_file(BLOCK);
	page[5] = 'b';
	CHECK_EQ(pwrite(file, "x", 1, 2 * PAGE), 1);
	store_and_check(2 * BLOCK);
}

TEST(small_blocks_store_after_write_to_the_page)
{
	make_file(BLOCK);
	page[5] = 'b';
	CHECK_EQ(pwrite(file, "x", 1, PAGE - 1), 1);
	store_and_check(2 * BLOCK);
	CHECK_EQ(page[PAGE - 1], 'x');
}

TEST(small_blocks_store_after_direct_write)
{
	int direct;

	make_file(BLOCK);
	direct = CHECK_SYS(open("f", O_WRONLY | O_DIRECT));
	page[5] = 'b';
	CHECK_EQ(pwrite(direct, map_anon(1, RW), PAGE, 2 * PAGE), PAGE);
	store_and_check(2 * BLOCK);
}

/*
 * A store that finds the page protected, while the file changes: what it stored is on the disk, or
 * it came too early and is gone.
 */
static void (*change)(void);
static int about_to_store;

static void store_or_change(int me)
{
	if (me == 0) {
		while (!__atomic_load_n(&about_to_store, __ATOMIC_ACQUIRE))
			sched_yield();
		change();
	}
	if (me == 1) {
		set_word(&about_to_store, 1);
		page[2 * BLOCK] = 'b';
	}
}

static void store_under_change(off_t size, void (*how)(void))
{
	change = how;
	make_file(PAGE);
	for (int round = 0; round < 10; round++) {
		set_word(&about_to_store, 0);
		CHECK_SYS(ftruncate(file, size));
		page[5] = round;		// has its blocks up to the end of the file
		CHECK_SYS(fsync(file));		// and must say so when it is stored to next
		crowd(store_or_change);
		check_disk();
	}
}

// Blocks go and come back as holes.
static void cut_and_grow(void)
{
	CHECK_SYS(ftruncate(file, BLOCK));
	CHECK_SYS(ftruncate(file, PAGE));
}

TEST(small_blocks_races_cut_and_grow)
{
	store_under_change(PAGE, cut_and_grow);
}

// Holes come in front of what is written.
static void write_last_byte(void)
{
	CHECK_EQ(pwrite(file, "x", 1, PAGE - 1), 1);
}

TEST(small_blocks_races_grow_by_write)
{
	store_under_change(BLOCK, write_last_byte);
}

/* --- who writes to the device below --------------------------------------------------------- */

// For that time a block says what it did not say when the file system looked at it.
static void with_word(size_t block, size_t word, uint32_t bad, void (*use)(void))
{
	int fd = CHECK_SYS(open(scratch_disk(), O_RDWR));
	uint32_t good[WORDS];

	CHECK_EQ(pread(fd, good, BLOCK, block * BLOCK), BLOCK);
	CHECK_EQ(pwrite(fd, &bad, sizeof(bad), block * BLOCK + 4 * word), sizeof(bad));
	use();
	CHECK_EQ(pwrite(fd, good, BLOCK, block * BLOCK), BLOCK);
	CHECK_SYS(close(fd));
}

static size_t read_all_names(void)
{
	char buffer[4096];
	int fd = CHECK_SYS(open(".", O_RDONLY | O_DIRECTORY));
	size_t all = 0;
	ssize_t n;

	while ((n = syscall(SYS_getdents64, fd, buffer, sizeof(buffer))) > 0)
		all += n;
	CHECK_SYS(close(fd));
	return all;
}

static void look_for_names(void)
{
	read_all_names();
	access("unheard-of", F_OK);
	close(open("b", O_RDWR | O_CREAT, 0644));
	unlink("b");
}

TEST(small_blocks_directory_is_overwritten)
{
	// The second entry's rec_len (low half) and name_len.
	static const uint32_t bad[] = {
		0, 6, 8 | 1 << 16, 13 | 1 << 16, 0xfffc | 1 << 16, 12 | 255 << 16, BLOCK | 2 << 16,
		(BLOCK - 16) | 2 << 16,
	};
	size_t all;

	enter_small_blocks();
	put_file("a", "a");
	all = read_all_names();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		with_word(ROOT, 4, bad[i], look_for_names);
	CHECK_CONTENT("a", "a");
	CHECK_EQ(read_all_names(), all);
}

static void make_and_remove(void)
{
	put_file("new", "text");
	CHECK_SYS(unlink("new"));
	CHECK_ERRNO(access("new", F_OK), ENOENT);
}

TEST(small_blocks_super_block_is_overwritten)
{
	static const int per_group[] = { 8, 10 };	// blocks, inodes

	enter_small_blocks();
	for (size_t i = 0; i < ARRAY_SIZE(per_group); i++) {
		with_word(SUPER, per_group[i], 0, make_and_remove);
		with_word(SUPER, per_group[i], UINT_MAX, make_and_remove);
	}
}

/* --- counts of links ------------------------------------------------------------------------ */

// As many as a directory may have are not made more by an exchange.
TEST(small_blocks_exchange_at_the_most_links)
{
	root_links = 31999;
	enter_small_blocks();
	CHECK_SYS(mkdir("d", 0755));
	CHECK_ERRNO(mkdir("e", 0755), EMLINK);
	CHECK_SYS(mkdir("d/x", 0755));
	put_file("f", "f");
	if (renameat2(AT_FDCWD, "d/x", AT_FDCWD, "f", RENAME_EXCHANGE) < 0 && errno == EINVAL)
		return;			// Linux's ext2 exchanges nothing
	CHECK_ERRNO(renameat2(AT_FDCWD, "d/x", AT_FDCWD, "f", RENAME_EXCHANGE), EMLINK);
}

// A damaged disk: more names than links.
TEST(small_blocks_directory_with_too_few_links)
{
	root_links = 1;
	enter_small_blocks();
	CHECK_SYS(mkdir("d", 0755));
	CHECK_SYS(rmdir("d"));
	CHECK_SYS(mkdir("d", 0755));
	CHECK_SYS(rmdir("d"));
}

static void look_at_a(void)
{
	struct stat st;

	if (stat("a", &st) < 0)
		CHECK(errno == EIO || errno == EUCLEAN);
	unlink("a");
}

// Afterwards nobody has an inode in memory.
static void forget_inodes(void)
{
	sync();
	put_file("/proc/sys/vm/drop_caches", "3");
}

TEST(small_blocks_name_without_a_link)
{
	enter_small_blocks();
	put_file("a", "a");
	forget_inodes();
	// Inode 11's links, and the upper half of its group.
	with_word(INODE_TABLE + 1, 2 * 128 / 4 + 6, 0, look_at_a);
}

// Inode 11, a directory of one block, gets some thousand, by two blocks of pointers that are
// all the same.
static void make_endless(void)
{
	enum { POINTERS = BLOCKS - 3, POINTERS_TO_POINTERS };
	size_t at = (INODE_TABLE + 1) * BLOCK + 2 * 128;
	int fd = CHECK_SYS(open(scratch_disk(), O_RDWR));
	uint32_t inode[128 / 4], one[WORDS], two[WORDS];

	CHECK_EQ(pread(fd, inode, sizeof(inode), at), sizeof(inode));
	for (size_t i = 0; i < WORDS; i++) {
		one[i] = inode[10];
		two[i] = POINTERS;
	}
	for (int i = 11; i < 22; i++)
		inode[i] = inode[10];
	inode[22] = POINTERS;
	inode[23] = POINTERS_TO_POINTERS;
	inode[1] = 4 * BLOCKS * BLOCK;		// its size
	CHECK_EQ(pwrite(fd, inode, sizeof(inode), at), sizeof(inode));
	CHECK_EQ(pwrite(fd, one, BLOCK, POINTERS * BLOCK), BLOCK);
	CHECK_EQ(pwrite(fd, two, BLOCK, POINTERS_TO_POINTERS * BLOCK), BLOCK);
	CHECK_SYS(close(fd));
}

// More blocks than the disk has: to look through them could take hours.  (Linux may do that.)
TEST(small_blocks_endless_directory)
{
	int error;

	enter_small_blocks();
	CHECK_SYS(mkdir("d", 0755));
	forget_inodes();
	make_endless();
	error = access("d/missing", F_OK) < 0 ? errno : 0;
	if (access("/proc/faultline", F_OK) == 0)
		CHECK_EQ(error, EIO);
	CHECK(error);
}
