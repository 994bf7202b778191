// SPDX-License-Identifier: MIT
/*
 * MBR: the last two bytes of block 0 are 55 aa; four entries of 16 bytes at 446.  One of them may
 * be *extended*: a container.  In its first block is a table like block 0's of which only two
 * entries count: a logical partition, placed relative to this block, and the link to the next such
 * block, placed relative to the container.
 *
 * GPT: block 0 is an MBR with one entry of type ee; block 1 has the header, the last block its
 * copy.  Each header says where its array of entries is, and has a CRC of itself and one of that
 * array.
 *
 * I1  A partition is added only if it lies within the disk and its number is free, in ascending
 *     order of number.
 * I2  Every loop is bounded by a constant, not by what the disk says: a chain of links can be a
 *     ring.
 */
#include "drivers/partitions.h"

#include "lib/byteorder.h"
#include "lib/crc32.h"
#include "lib/string.h"

#define MBR_TABLE_OFFSET	446
#define MBR_ENTRY_SIZE		16
#define MBR_PRIMARIES		4
#define MBR_SIGNATURE_OFFSET	510
#define MBR_SIGNATURE		0xaa55
#define TYPE_GPT_PROTECTIVE	0xee

#define GPT_SIGNATURE		0x5452415020494645ULL	/* "EFI PART" */
#define GPT_HEADER_MIN		92
#define GPT_ENTRY_MIN		128
#define GPT_ENTRIES_MAX		1024

struct mbr_entry {
	u8 status, type;
	u32 start, blocks;
};

static void complain(struct partition_table *table, const char *complaint)
{
	if (!table->complaint)
		table->complaint = complaint;
}

static void add_partition(const struct partition_reader *reader, struct partition_table *table,
			  int number, u64 start, u64 blocks)
{
	if (number > MAX_PARTITIONS) {
		complain(table, "only its first 15 partitions are used");
	} else if (!start || start >= reader->blocks || blocks > reader->blocks - start) {
		complain(table, "a partition lies outside the disk");
	} else if (blocks) {
		table->part[table->count++] = (struct partition){ number, start, blocks };
	}
}

static bool read_blocks(const struct partition_reader *reader, struct partition_table *table,
			u64 block, u32 count)
{
	if (block < reader->blocks && count <= reader->blocks - block &&
	    !reader->read(reader->data, block, count, reader->buf))
		return true;
	complain(table, "its partition table cannot be read");
	return false;
}

/* --- MBR --- */

static bool has_mbr_signature(const u8 *block)
{
	return get_unaligned_le16(block + MBR_SIGNATURE_OFFSET) == MBR_SIGNATURE;
}

static struct mbr_entry mbr_entry(const u8 *block, int i)
{
	const u8 *p = block + MBR_TABLE_OFFSET + i * MBR_ENTRY_SIZE;

	return (struct mbr_entry){
		.status = p[0], .type = p[4],
		.start = get_unaligned_le32(p + 8), .blocks = get_unaligned_le32(p + 12),
	};
}

static bool is_extended(const struct mbr_entry *entry)
{
	return entry->type == 0x05 || entry->type == 0x0f || entry->type == 0x85;
}

/*
 * Follows the chain in @container; returns the number that the next logical partition would have.
 */
static int parse_logicals(const struct partition_reader *reader, struct partition_table *table,
			  const struct mbr_entry *container, int number)
{
	u64 next = container->start;

	/*
	 * Each link of a sane chain gives one partition, so a longer one is a ring or of no use to
	 * us (I2).
	 */
	for (int links = 0; links <= MAX_PARTITIONS; links++) {
		u64 here = next;

		next = 0;
		if (!read_blocks(reader, table, here, 1))
			return number;
		if (!has_mbr_signature(reader->buf)) {
			complain(table, "its chain of logical partitions is broken");
			return number;
		}
		for (int i = 0; i < MBR_PRIMARIES; i++) {
			struct mbr_entry entry = mbr_entry(reader->buf, i);

			if (!entry.blocks)
				continue;
			if (is_extended(&entry))
				next = next ? next : (u64)container->start + entry.start;
			else if (entry.type)
				add_partition(reader, table, number++, here + entry.start,
					      entry.blocks);
		}
		if (!next)
			return number;
	}
	complain(table, "its chain of logical partitions does not end");
	return number;
}

static void parse_mbr(const struct partition_reader *reader, struct partition_table *table,
		      const struct mbr_entry primary[MBR_PRIMARIES])
{
	int logical = MBR_PRIMARIES + 1;

	for (int i = 0; i < MBR_PRIMARIES; i++) {
		u64 blocks = primary[i].blocks;

		if (!primary[i].type || !blocks)
			continue;
		/*
		 * Of a container only its table can be read by its own number, so that nobody
		 * writes over the logicals.
		 */
		if (is_extended(&primary[i]))
			blocks = min_t(u64, blocks, DIV_ROUND_UP(1024, reader->block_size));
		add_partition(reader, table, i + 1, primary[i].start, blocks);
	}
	for (int i = 0; i < MBR_PRIMARIES; i++)
		if (is_extended(&primary[i]) && primary[i].blocks)
			logical = parse_logicals(reader, table, &primary[i], logical);
}

/* --- GPT --- */

struct gpt {
	u64 entries_block;
	u32 entry_count, entry_size, entries_crc;
	u64 first_usable, last_usable;
};

static bool read_gpt_header(const struct partition_reader *reader, u64 block, struct gpt *gpt)
{
	u8 *h = reader->buf;
	u32 header_size, crc;

	if (block >= reader->blocks || reader->read(reader->data, block, 1, h) ||
	    get_unaligned_le64(h) != GPT_SIGNATURE)
		return false;
	header_size = get_unaligned_le32(h + 12);
	crc = get_unaligned_le32(h + 16);
	if (header_size < GPT_HEADER_MIN || header_size > reader->block_size)
		return false;
	memset(h + 16, 0, 4);
	if (crc32(0, h, header_size) != crc || get_unaligned_le64(h + 24) != block)
		return false;
	*gpt = (struct gpt){
		.first_usable = get_unaligned_le64(h + 40),
		.last_usable = get_unaligned_le64(h + 48),
		.entries_block = get_unaligned_le64(h + 72),
		.entry_count = get_unaligned_le32(h + 80),
		.entry_size = get_unaligned_le32(h + 84),
		.entries_crc = get_unaligned_le32(h + 88),
	};
	/* 128 times a power of two (UEFI §5.3.2); more than a block would need another reader. */
	return gpt->entry_size >= GPT_ENTRY_MIN && gpt->entry_size <= reader->block_size &&
	       !(gpt->entry_size & (gpt->entry_size - 1)) && gpt->entry_count <= GPT_ENTRIES_MAX;
}

static void add_gpt_entry(const struct partition_reader *reader, struct partition_table *table,
			  const struct gpt *gpt, int number, const u8 *entry)
{
	u64 first = get_unaligned_le64(entry + 32), last = get_unaligned_le64(entry + 40);

	if (!memchr_inv(entry, 0, 16))		/* the type's GUID is zero: unused */
		return;
	if (first < gpt->first_usable || last > gpt->last_usable || last < first)
		complain(table, "a partition lies outside the usable part of the disk");
	else
		add_partition(reader, table, number, first, last - first + 1);
}

/*
 * Fills @table with the array's entries; false: unreadable, or the checksum says that they are not
 * to be believed.
 */
static bool parse_gpt_entries(const struct partition_reader *reader, struct partition_table *table,
			      const struct gpt *gpt)
{
	u32 bytes = gpt->entry_count * gpt->entry_size, crc = 0;
	u64 block = gpt->entries_block;
	int number = 0;

	for (u32 done = 0; done < bytes;) {
		u32 chunk = min_t(u32, bytes - done, PARTITION_BUF_SIZE);
		u32 blocks = DIV_ROUND_UP(chunk, reader->block_size);

		if (!read_blocks(reader, table, block, blocks))
			return false;
		crc = crc32(crc, reader->buf, chunk);
		for (u32 at = 0; at < chunk; at += gpt->entry_size)
			add_gpt_entry(reader, table, gpt, ++number, reader->buf + at);
		block += blocks;
		done += chunk;
	}
	return crc == gpt->entries_crc;
}

static bool parse_gpt_copy(const struct partition_reader *reader, struct partition_table *table,
			   u64 block)
{
	struct gpt gpt;

	memset(table, 0, sizeof(*table));
	return read_gpt_header(reader, block, &gpt) && parse_gpt_entries(reader, table, &gpt);
}

static void parse_gpt(const struct partition_reader *reader, struct partition_table *table)
{
	if (parse_gpt_copy(reader, table, 1))
		return;
	if (parse_gpt_copy(reader, table, reader->blocks - 1)) {
		table->complaint = "its first GPT is damaged; the copy at its end is used";
		return;
	}
	memset(table, 0, sizeof(*table));
	table->complaint = "both copies of its GPT are damaged; no partitions";
}

void parse_partitions(const struct partition_reader *reader, struct partition_table *table)
{
	struct mbr_entry entry[MBR_PRIMARIES];
	bool gpt = false;

	memset(table, 0, sizeof(*table));
	if (!reader->blocks || !read_blocks(reader, table, 0, 1) || !has_mbr_signature(reader->buf))
		return;
	for (int i = 0; i < MBR_PRIMARIES; i++) {
		entry[i] = mbr_entry(reader->buf, i);
		/*
		 * Either "active" or not: anything else is the code of a boot sector that has no
		 * table.
		 */
		if (entry[i].status & 0x7f) {
			complain(table, "its partition table is damaged; no partitions");
			return;
		}
		gpt |= entry[i].type == TYPE_GPT_PROTECTIVE;
	}
	if (gpt)
		parse_gpt(reader, table);
	else
		parse_mbr(reader, table, entry);
}
