// SPDX-License-Identifier: MIT
/*
 * /proc/kpagecount and kpageflags: 64 bits for each frame, at 8 times its number; the numbers are
 * those of /proc/PID/pagemap.  Read without a lock or a reference: a frame may change its use while
 * one looks.
 */
#include <linux/kernel-page-flags.h>
#include "fs/iov_iter.h"
#include "fs/proc/pseudo.h"
#include "fs/proc/task_mmu.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/sched.h"
#include "mm/folio.h"
#include "mm/memory.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"

/* Not in the header for programs, but in their tools/mm/page-types. */
#define KPF_RESERVED	32
#define KPF_MLOCKED	33
#define KPF_PRIVATE	35

/* How many entries map it. */
static u64 page_count_of(unsigned long pfn)
{
	const struct folio *folio = pfn_valid(pfn) ? pfn_folio(pfn) : NULL;

	if (!folio || folio->flags & (BIT(PG_slab) | BIT(PG_table) | BIT(PG_buddy) | BIT(PG_tail)))
		return 0;
	return folio_mapcount(folio);
}

static const struct {
	u8 flag, kpf;
} flag_map[] = {
	{ PG_locked, KPF_LOCKED },
	{ PG_error, KPF_ERROR },
	{ PG_referenced, KPF_REFERENCED },
	{ PG_uptodate, KPF_UPTODATE },
	{ PG_dirty, KPF_DIRTY },
	{ PG_lru, KPF_LRU },
	{ PG_active, KPF_ACTIVE },
	{ PG_slab, KPF_SLAB },
	{ PG_writeback, KPF_WRITEBACK },
	{ PG_reclaim, KPF_RECLAIM },
	{ PG_swapcache, KPF_SWAPCACHE },
	{ PG_swapbacked, KPF_SWAPBACKED },
	{ PG_tail, KPF_COMPOUND_TAIL },
	{ PG_unevictable, KPF_UNEVICTABLE },
	{ PG_table, KPF_PGTABLE },
	{ PG_reserved, KPF_RESERVED },
	{ PG_mlocked, KPF_MLOCKED },
	{ PG_private, KPF_PRIVATE },
};

/* Within a free block, of which only the first frame is marked? */
static bool is_free(unsigned long pfn)
{
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		unsigned long head = pfn & ~((1UL << order) - 1);

		if (!pfn_valid(head))
			break;
		if (pfn_folio(head)->flags & BIT(PG_buddy))
			return pfn_folio(head)->order >= order;
	}
	return false;
}

static u64 page_flags_of(unsigned long pfn)
{
	const struct folio *folio = pfn_valid(pfn) ? pfn_folio(pfn) : NULL;
	unsigned long flags;
	u64 kpf = 0;

	if (!folio)
		return BIT(KPF_NOPAGE);
	flags = READ_ONCE(folio->flags);
	for (size_t i = 0; i < ARRAY_SIZE(flag_map); i++)
		if (flags & BIT(flag_map[i].flag))
			kpf |= BIT(flag_map[i].kpf);
	if (!folio_ref_count(folio) && is_free(pfn))
		kpf |= BIT(KPF_BUDDY);
	if (folio == zero_folio)
		kpf |= BIT(KPF_ZERO_PAGE);
	if (page_count_of(pfn))
		kpf |= BIT(KPF_MMAP) | (folio_test_anon(folio) ? BIT(KPF_ANON) : 0);
	return kpf;
}

static ssize_t read_words(struct kiocb *iocb, struct iov_iter *to, u64 (*word)(unsigned long pfn))
{
	u64 *words, pos = iocb->ki_pos, end = max_pfn * sizeof(u64);
	ssize_t done = 0;

	if (pos % sizeof(u64) || iov_iter_count(to) % sizeof(u64))
		return -EINVAL;
	words = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!words)
		return -ENOMEM;
	while (pos < end && iov_iter_count(to)) {
		size_t n = min_t(size_t, min_t(u64, end - pos, PAGE_SIZE), iov_iter_count(to));

		for (size_t i = 0; i < n / sizeof(u64); i++)
			words[i] = word(pos / sizeof(u64) + i);
		if (copy_to_iter(words, n, to) != n) {
			done = done ? done : -EFAULT;
			break;
		}
		pos += n;
		done += n;
		cond_resched();
	}
	kfree(words);
	if (done > 0)
		iocb->ki_pos += done;
	return done;
}

static ssize_t kpagecount_read(struct kiocb *iocb, struct iov_iter *to)
{
	return read_words(iocb, to, page_count_of);
}

static ssize_t kpageflags_read(struct kiocb *iocb, struct iov_iter *to)
{
	return read_words(iocb, to, page_flags_of);
}

static const struct file_operations kpagecount_fops = {
	.llseek = no_seek_end_llseek,
	.read_iter = kpagecount_read,
};
static const struct file_operations kpageflags_fops = {
	.llseek = no_seek_end_llseek,
	.read_iter = kpageflags_read,
};

static void page_init(void)
{
	pseudo_file_ops(NULL, "kpagecount", 0400, &kpagecount_fops, NULL);
	pseudo_file_ops(NULL, "kpageflags", 0400, &kpageflags_fops, NULL);
}
fs_initcall(page_init);
