// SPDX-License-Identifier: MIT
/*
 * Partition tables: MBR with extended and logical partitions, and GPT (UEFI 2.10, chapter 5).
 * Pure: reads through a callback, so that it runs on the host, too.  Whatever is on the disk, the
 * answer is a table whose entries lie inside the disk.
 */
#ifndef DRIVERS_PARTITIONS_H
#define DRIVERS_PARTITIONS_H

#include "lib/types.h"

#define MAX_PARTITIONS	15		/* numbers 1 to 15 */

struct partition {
	int number;
	u64 start, blocks;		/* in logical blocks of the disk */
};

struct partition_table {
	int count;
	struct partition part[MAX_PARTITIONS];
	const char *complaint;		/* NULL, or the first thing found wrong */
};

struct partition_reader {
	/* Reads @count logical blocks at @block: 0 or -errno. */
	int (*read)(void *data, u64 block, u32 count, void *buf);
	void *data;
	u32 block_size;			/* bytes: a power of two, 512 to 4096 */
	u64 blocks;			/* of the whole disk */
	void *buf;			/* PARTITION_BUF_SIZE bytes for the parser's use */
};

#define PARTITION_BUF_SIZE	4096

void parse_partitions(const struct partition_reader *reader, struct partition_table *table);

#endif
