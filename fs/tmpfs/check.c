// SPDX-License-Identifier: MIT
/*
 * For mm_check(): the books of mm/shmem.c (S1 to S4) and of super.c (TS1), compared with what the
 * inodes have.  True when nobody works on such a file.
 */
#include "fs/tmpfs/tmpfs.h"

#include "kernel/init.h"
#include "mm/check.h"
#include "mm/vmstat.h"

struct shmem_walk {
	unsigned long cached, promised;		/* of all mounts; cached: in memory */
	int error;
};

/* What the inodes of one mount add up to. */
struct mount_sums {
	unsigned long pages, cached, promised, inodes;
	bool differs;				/* S1 */
};

static void add_inode(struct mount_sums *sums, const struct inode *inode)
{
	const struct shmem_inode_info *info = SHMEM_I(inode);
	bool regular = S_ISREG(inode->i_mode), dir = S_ISDIR(inode->i_mode);

	sums->inodes += dir || !inode->i_nlink ? 1 : inode->i_nlink;
	if (!regular)
		return;
	sums->pages += inode->i_data.nrpages + info->swapped;
	sums->cached += inode->i_data.nrpages;
	sums->differs |= info->alloced != inode->i_data.nrpages + info->swapped;
	sums->promised += info->flags & VM_NORESERVE
				  ? info->alloced
				  : ((u64)inode->i_size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

static struct mount_sums sum_up(struct super_block *sb)
{
	struct mount_sums sums = { 0 };
	struct inode *inode;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list)
		add_inode(&sums, inode);
	spin_unlock(&sb->s_inode_list_lock);
	return sums;
}

static int check_mount(const struct super_block *sb, const struct mount_sums *sums)
{
	const struct shmem_sb_info *sbinfo = SHMEM_SB(sb);
	unsigned long used = atomic_long_read(&sbinfo->used_blocks);

	if (sums->differs)
		return mm_check_failed("shmem S1", "%s: an inode's charge differs from its pages",
				       sb->s_id);
	if (used != sums->pages)
		return mm_check_failed("shmem S2", "%s: %lu pages are charged, %lu are there",
				       sb->s_id, used, sums->pages);
	if (sbinfo->max_inodes && sbinfo->max_inodes - sbinfo->free_inodes != sums->inodes)
		return mm_check_failed("tmpfs TS1", "%s: %lu inodes counted, %lu are there",
				       sb->s_id, sbinfo->max_inodes - sbinfo->free_inodes,
				       sums->inodes);
	return 0;
}

static void check_super(struct super_block *sb, void *arg)
{
	struct shmem_walk *walk = arg;
	struct mount_sums sums;

	if (sb->s_type != shm_mnt->mnt_sb->s_type || walk->error)
		return;
	sums = sum_up(sb);
	walk->cached += sums.cached;
	walk->promised += sums.promised;
	walk->error = check_mount(sb, &sums);
}

static int check_shmem(void)
{
	struct shmem_walk walk = { 0 };

	iterate_supers(check_super, &walk);
	if (walk.error)
		return walk.error;
	if (walk.promised != (unsigned long)shmem_committed_pages())
		return mm_check_failed("shmem S3", "%ld pages are promised, the inodes have %lu",
				       shmem_committed_pages(), walk.promised);
	if (walk.cached != vm_state(NR_SHMEM))
		return mm_check_failed("shmem S4", "NR_SHMEM is %lu, %lu are there",
				       vm_state(NR_SHMEM), walk.cached);
	return 0;
}

static struct mm_checker shmem_checker = { .name = "shmem", .check = check_shmem };

static void check_shmem_init(void)
{
	register_mm_checker(&shmem_checker);
}
late_initcall(check_shmem_init);
