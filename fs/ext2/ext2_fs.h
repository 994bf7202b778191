// SPDX-License-Identifier: MIT
/*
 * The second extended file system on disk.  All numbers are little-endian, as we are.
 *
 *   1024 bytes   super block   group descriptors   then for each group: block bitmap, inode bitmap,
 * inode table, data
 *
 * Blocks are numbered from 0; with 1 KiB blocks group 0 begins at block 1 (s_first_data_block).
 * Inodes are numbered from 1.
 */
#ifndef FS_EXT2_EXT2_FS_H
#define FS_EXT2_EXT2_FS_H

#include "lib/types.h"

#define EXT2_SUPER_OFFSET	1024
#define EXT2_SUPER_MAGIC_NR	0xef53
#define EXT2_ROOT_INO		2
#define EXT2_GOOD_OLD_FIRST_INO	11
#define EXT2_GOOD_OLD_INODE_SIZE 128
#define EXT2_LINK_MAX		32000
#define EXT2_MAX_BLOCK_LOG	2		/* 1024 << 2: a page */

/* s_state */
#define EXT2_VALID_FS		1
#define EXT2_ERROR_FS		2

/* s_feature_compat: may be written by who does not know them */
#define EXT2_FEATURE_COMPAT_HAS_JOURNAL		0x0004

/* s_feature_ro_compat: may be read by who does not know them */
#define EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER	0x0001
#define EXT2_FEATURE_RO_COMPAT_LARGE_FILE	0x0002
#define EXT2_FEATURE_RO_COMPAT_EXTRA_ISIZE	0x0040
#define EXT2_RO_COMPAT_KNOWN                                                       \
	(EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE | \
	 EXT2_FEATURE_RO_COMPAT_EXTRA_ISIZE)

/* s_feature_incompat: may not be touched by who does not know them */
#define EXT2_FEATURE_INCOMPAT_FILETYPE		0x0002
#define EXT2_INCOMPAT_KNOWN	EXT2_FEATURE_INCOMPAT_FILETYPE

struct ext2_super_block {
	u32 s_inodes_count;
	u32 s_blocks_count;
	u32 s_r_blocks_count;		/* reserved for root */
	u32 s_free_blocks_count;
	u32 s_free_inodes_count;
	u32 s_first_data_block;
	u32 s_log_block_size;		/* 1024 << this */
	u32 s_log_frag_size;
	u32 s_blocks_per_group;
	u32 s_frags_per_group;
	u32 s_inodes_per_group;
	u32 s_mtime, s_wtime;
	u16 s_mnt_count;
	s16 s_max_mnt_count;
	u16 s_magic;
	u16 s_state;
	u16 s_errors;
	u16 s_minor_rev_level;
	u32 s_lastcheck, s_checkinterval;
	u32 s_creator_os;
	u32 s_rev_level;		/* 0: the fields below are not there */
	u16 s_def_resuid, s_def_resgid;	/* who may use the reserved blocks besides root */
	u32 s_first_ino;
	u16 s_inode_size;
	u16 s_block_group_nr;
	u32 s_feature_compat, s_feature_incompat, s_feature_ro_compat;
	u8 s_uuid[16];
	char s_volume_name[16];
	char s_last_mounted[64];
	u32 s_algorithm_usage_bitmap;
	u8 s_prealloc_blocks, s_prealloc_dir_blocks;
	u16 s_reserved_gdt_blocks;
	u8 s_journal_uuid[16];
	u32 s_journal_inum, s_journal_dev;
	u32 s_last_orphan;		/* first inode of the list of those to be freed */
	u32 s_hash_seed[4];
	u8 s_def_hash_version, s_jnl_backup_type;
	u16 s_desc_size;
	u32 s_default_mount_opts, s_first_meta_bg, s_mkfs_time;
	u32 s_jnl_blocks[17];
	u32 s_blocks_count_hi, s_r_blocks_count_hi, s_free_blocks_hi;
	u16 s_min_extra_isize, s_want_extra_isize;
	u8 s_rest[1024 - 0x160];
};
static_assert(sizeof(struct ext2_super_block) == 1024);

struct ext2_group_desc {
	u32 bg_block_bitmap, bg_inode_bitmap, bg_inode_table;
	u16 bg_free_blocks_count, bg_free_inodes_count, bg_used_dirs_count;
	u16 bg_pad;
	u32 bg_reserved[3];
};
static_assert(sizeof(struct ext2_group_desc) == 32);

/* i_block: twelve data blocks, then blocks of pointers to one, two and three levels of them */
#define EXT2_NDIR_BLOCKS	12
#define EXT2_IND_BLOCK		12
#define EXT2_DIND_BLOCK		13
#define EXT2_TIND_BLOCK		14
#define EXT2_N_BLOCKS		15

/* i_flags */
#define EXT2_IMMUTABLE_FL	0x00000010
#define EXT2_APPEND_FL		0x00000020
#define EXT2_NOATIME_FL		0x00000080
#define EXT2_INDEX_FL		0x00001000	/* a directory with a hash tree */
#define EXT2_INHERITED_FL	EXT2_NOATIME_FL

struct ext2_inode {
	u16 i_mode;
	u16 i_uid;
	u32 i_size;
	u32 i_atime, i_ctime, i_mtime;
	/* of deletion; while on the orphan list: the next inode of it */
	u32 i_dtime;
	u16 i_gid;
	u16 i_links_count;
	u32 i_blocks;			/* of 512 bytes, pointer blocks included */
	u32 i_flags;
	u32 i_version;
	u32 i_block[EXT2_N_BLOCKS];	/* or a short symbolic link's target; or a device number */
	u32 i_generation;
	u32 i_file_acl;
	u32 i_size_high;		/* of regular files */
	u32 i_faddr;
	u16 i_blocks_high, i_file_acl_high, i_uid_high, i_gid_high;
	u32 i_reserved;
	/* with inodes larger than 128 bytes, as far as i_extra_isize says */
	u16 i_extra_isize;
	u16 i_checksum_hi;
	/* bits 0-1: more seconds; above: nanoseconds */
	u32 i_ctime_extra, i_mtime_extra, i_atime_extra;
	u32 i_crtime, i_crtime_extra;
};
#define EXT2_EXTRA_ISIZE (offsetofend(struct ext2_inode, i_crtime_extra) - EXT2_GOOD_OLD_INODE_SIZE)

/* The begin of a block of extended attributes, which files with the same ones share. */
struct ext2_xattr_header {
	u32 h_magic;
	u32 h_refcount;
};
#define EXT2_XATTR_MAGIC	0xea020000

/* A directory is a file of these; none crosses a block's end, and together they fill each block. */
struct ext2_dir_entry {
	u32 inode;			/* 0: unused */
	u16 rec_len;			/* to the next entry; a multiple of 4 */
	u8 name_len;
	u8 file_type;			/* EXT2_FT_*, with INCOMPAT_FILETYPE */
	char name[];
};
#define EXT2_DIR_REC_LEN(name_len)	ALIGN((name_len) + 8u, 4u)

#endif
