// SPDX-License-Identifier: MIT
/*
 * unit_partitions.c - drivers/partitions.h: tables built here byte by byte after the MBR's and
 * GPT's definitions, then damaged in every way that random numbers think of.
 */
#include "drivers/partitions.h"

#include "lib/crc32.h"
#include "lib/string.h"
#include "tests/unit.h"

#define DISK_BYTES (512 * 1024)
#define GPT_ENTRIES 128
#define EXTENDED 0x05
#define LINUX 0x83

static u8 disk[DISK_BYTES];
static u8 buffer[PARTITION_BUF_SIZE];
static u32 block_size;
static long bad_block;		/* -1: all can be read */
static unsigned long reads;

static u64 disk_blocks(void)
{
	return DISK_BYTES / block_size;
}

static int read_disk(void *data, u64 block, u32 count, void *buf)
{
	reads++;
	EXPECT(data == disk && buf == buffer, "the reader's own data and buffer");
	EXPECT(count && (u64)count * block_size <= PARTITION_BUF_SIZE, "%u blocks", count);
	EXPECT(block < disk_blocks() && count <= disk_blocks() - block, "block %llu", block);
	if (bad_block >= 0 && block <= (u64)bad_block && (u64)bad_block < block + count)
		return -EIO;
	memcpy(buf, disk + block * block_size, (size_t)count * block_size);
	return 0;
}

static void disk_begin(u32 size)
{
	memset(disk, 0, sizeof(disk));
	block_size = size;
	bad_block = -1;
}

/* Whatever was on the disk, these hold. */
static struct partition_table parse(void)
{
	struct partition_reader reader = { read_disk, disk, block_size, disk_blocks(), buffer };
	struct partition_table table;

	reads = 0;
	parse_partitions(&reader, &table);
	EXPECT(table.count >= 0 && table.count <= MAX_PARTITIONS, "%d partitions", table.count);
	EXPECT(reads < 3000, "%lu reads for one table", reads);
	for (int i = 0; i < table.count; i++) {
		const struct partition *part = &table.part[i];

		EXPECT(part->number >= 1 && part->number <= MAX_PARTITIONS, "number %d",
		       part->number);
		EXPECT(!i || part->number > part[-1].number, "%d after %d", part->number,
		       part[-1].number);
		EXPECT(part->start && part->blocks && part->start < disk_blocks() &&
		       part->blocks <= disk_blocks() - part->start,
		       "partition %d: %llu blocks at %llu", part->number, part->blocks,
		       part->start);
	}
	return table;
}

static void expect_part(const struct partition_table *table, int i, int number, u64 start,
			u64 blocks)
{
	EXPECT(i < table->count, "%d partitions only", table->count);
	EXPECT_EQ(table->part[i].number, number);
	EXPECT_EQ(table->part[i].start, start);
	EXPECT_EQ(table->part[i].blocks, blocks);
}

static void put_le(u8 *p, u64 value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = value >> (8 * i);
}

static void put_mbr(u64 block, int i, u8 type, u32 start, u32 blocks)
{
	u8 *p = disk + block * block_size + 446 + 16 * i;

	p[4] = type;
	put_le(p + 8, start, 4);
	put_le(p + 12, blocks, 4);
	put_le(disk + block * block_size + 510, 0xaa55, 2);
}

UNIT_TEST(partitions_none_on_a_bare_disk)
{
	struct partition_table table;

	disk_begin(512);
	table = parse();
	EXPECT_EQ(table.count, 0);
	EXPECT(!table.complaint, "%s", table.complaint);
}

UNIT_TEST(partitions_four_primaries)
{
	for (u32 size = 512; size <= 4096; size *= 2) {
		struct partition_table table;

		disk_begin(size);
		put_mbr(0, 0, LINUX, 1, 10);
		put_mbr(0, 1, 0x82, 11, 5);
		put_mbr(0, 3, LINUX, 100, disk_blocks() - 100);
		table = parse();
		EXPECT(!table.complaint, "%s", table.complaint);
		EXPECT_EQ(table.count, 3);
		expect_part(&table, 0, 1, 1, 10);
		expect_part(&table, 1, 2, 11, 5);
		expect_part(&table, 2, 4, 100, disk_blocks() - 100);
	}
}

/*
 * Two logical partitions in a container at 100: links are relative to the container, partitions to
 * their link.
 */
static void make_logicals(void)
{
	put_mbr(0, 0, LINUX, 1, 50);
	put_mbr(0, 1, EXTENDED, 100, 500);
	put_mbr(100, 0, LINUX, 2, 30);
	put_mbr(100, 1, EXTENDED, 200, 50);
	put_mbr(300, 0, LINUX, 1, 20);
}

UNIT_TEST(partitions_logical)
{
	struct partition_table table;

	disk_begin(512);
	make_logicals();
	table = parse();
	EXPECT(!table.complaint, "%s", table.complaint);
	EXPECT_EQ(table.count, 4);
	expect_part(&table, 1, 2, 100, 2);
	expect_part(&table, 2, 5, 102, 30);
	expect_part(&table, 3, 6, 301, 20);
}

UNIT_TEST(partitions_logical_chain_that_is_a_ring)
{
	struct partition_table table;

	disk_begin(512);
	make_logicals();
	put_mbr(300, 1, EXTENDED, 0, 50);
	table = parse();
	EXPECT(table.complaint, "a ring is worth a line");
}

UNIT_TEST(partitions_logical_chain_that_breaks)
{
	struct partition_table table;

	disk_begin(512);
	make_logicals();
	disk[300 * 512 + 510] = 0;
	table = parse();
	EXPECT(table.complaint, "a missing signature is worth a line");
	EXPECT_EQ(table.count, 3);
	bad_block = 300;
	EXPECT(parse().complaint, "so is a block that cannot be read");
}

UNIT_TEST(partitions_outside_the_disk_are_left_out)
{
	struct partition_table table;

	disk_begin(512);
	put_mbr(0, 0, LINUX, 1, 10);
	put_mbr(0, 1, LINUX, 1000, 25);
	put_mbr(0, 2, LINUX, 0xffffffff, 0xffffffff);
	table = parse();
	EXPECT_EQ(table.count, 1);
	EXPECT(table.complaint, "worth a line");
}

UNIT_TEST(partitions_boot_code_is_no_table)
{
	struct partition_table table;

	disk_begin(512);
	for (int i = 0; i < 510; i++)
		disk[i] = 0x41;
	put_le(disk + 510, 0xaa55, 2);
	table = parse();
	EXPECT_EQ(table.count, 0);
	EXPECT(table.complaint, "worth a line");
}

/* --- GPT --- */

static void put_gpt_entry(u64 array, int i, u64 first, u64 last)
{
	u8 *p = disk + array * block_size + i * 128;

	memset(p, 0x5a, 16);
	put_le(p + 32, first, 8);
	put_le(p + 40, last, 8);
}

static u64 array_blocks(void)
{
	return GPT_ENTRIES * 128 / block_size;
}

static void seal_gpt(u64 header, u64 array)
{
	u8 *h = disk + header * block_size;

	memcpy(h, "EFI PART", 8);
	put_le(h + 8, 0x10000, 4);
	put_le(h + 12, 92, 4);
	put_le(h + 16, 0, 4);
	put_le(h + 24, header, 8);
	put_le(h + 32, disk_blocks() - header, 8);
	put_le(h + 40, 2 + array_blocks(), 8);
	put_le(h + 48, disk_blocks() - 2 - array_blocks(), 8);
	put_le(h + 72, array, 8);
	put_le(h + 80, GPT_ENTRIES, 4);
	put_le(h + 84, 128, 4);
	put_le(h + 88, crc32(0, disk + array * block_size, GPT_ENTRIES * 128), 4);
	put_le(h + 16, crc32(0, h, 92), 4);
}

/* Partitions 1, 2 and 7; the copy at the end as well. */
static void make_gpt(u32 size)
{
	u64 arrays[2];

	disk_begin(size);
	arrays[0] = 2;
	arrays[1] = disk_blocks() - 1 - array_blocks();
	put_mbr(0, 0, 0xee, 1, disk_blocks() - 1);
	for (int i = 0; i < 2; i++) {
		put_gpt_entry(arrays[i], 0, 40, 49);
		put_gpt_entry(arrays[i], 1, 50, 50);
		put_gpt_entry(arrays[i], 6, 60, 79);
		seal_gpt(i ? disk_blocks() - 1 : 1, arrays[i]);
	}
}

static void expect_gpt(const struct partition_table *table)
{
	EXPECT_EQ(table->count, 3);
	expect_part(table, 0, 1, 40, 10);
	expect_part(table, 1, 2, 50, 1);
	expect_part(table, 2, 7, 60, 20);
}

UNIT_TEST(partitions_gpt)
{
	for (u32 size = 512; size <= 4096; size *= 2) {
		struct partition_table table;

		make_gpt(size);
		table = parse();
		EXPECT(!table.complaint, "%s", table.complaint);
		expect_gpt(&table);
	}
}

UNIT_TEST(partitions_gpt_copy_stands_in)
{
	/* In the first header: signature, its own CRC, a field; in the first array: an entry. */
	static const unsigned long damage[] = {
		512, 512 + 16, 512 + 49, 1024 + 33, 1024 + 128 * 127,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(damage); i++) {
		struct partition_table table;

		make_gpt(512);
		disk[damage[i]] ^= 1;
		table = parse();
		EXPECT(table.complaint, "damage at byte %lu is worth a line", damage[i]);
		expect_gpt(&table);
	}
	make_gpt(512);
	bad_block = 1;
	expect_gpt((struct partition_table[]){ parse() });
	bad_block = 7;
	expect_gpt((struct partition_table[]){ parse() });
}

UNIT_TEST(partitions_gpt_both_damaged)
{
	struct partition_table table;

	make_gpt(512);
	disk[512] ^= 1;
	disk[DISK_BYTES - 512] ^= 1;
	table = parse();
	EXPECT_EQ(table.count, 0);
	EXPECT(table.complaint, "worth a line");
}

UNIT_TEST(partitions_gpt_with_more_than_we_number)
{
	struct partition_table table;

	make_gpt(512);
	for (int i = 0; i < 30; i++)
		put_gpt_entry(2, i, 100 + i, 100 + i);
	seal_gpt(1, 2);
	table = parse();
	EXPECT_EQ(table.count, MAX_PARTITIONS);
	EXPECT(table.complaint, "worth a line");
}

/* Sealed, so that the CRC does not protect the parser from what the fields say. */
UNIT_TEST(partitions_gpt_with_mad_fields_and_a_right_checksum)
{
	static const u8 field[] = { 12, 24, 32, 40, 48, 72, 80, 84, 88 };

	for (int round = 0; round < 20000; round++) {
		u8 *h = disk + 512;

		if (round % 16 == 0)
			make_gpt(512);
		put_le(h + field[unit_random_below(ARRAY_SIZE(field))],
		       unit_random() >> unit_random_below(64), unit_random_below(2) ? 4 : 8);
		put_le(h + 16, 0, 4);
		put_le(h + 16, crc32(0, h, 92), 4);
		parse();
	}
}

static void damage_at_random(void)
{
	/* Where the tables are, more often than elsewhere. */
	unsigned long at = unit_random_below(unit_random_below(2) ? 512 * 40 : DISK_BYTES);

	if (unit_random_below(4) == 0)
		at = 446 + unit_random_below(64);
	disk[at] = unit_random();
}

UNIT_TEST(partitions_damaged_at_random)
{
	for (int round = 0; round < 20000; round++) {
		if (round % 32 == 0 && round & 32)
			make_gpt(512 << unit_random_below(4));
		if (round % 32 == 0 && !(round & 32)) {
			disk_begin(512);
			make_logicals();
		}
		damage_at_random();
		bad_block = unit_random_below(8) ? -1 : (long)unit_random_below(disk_blocks());
		parse();
	}
}
