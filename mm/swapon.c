// SPDX-License-Identifier: MIT
/*
 * swapon(2): from a device with mkswap's signature to an area that hands out slots.
 *
 * The header is the first page.  Its end says "SWAPSPACE2"; at byte 1024, behind room for a boot
 * sector and disk labels: version, number of the last page, number of bad pages, UUID, label, 468
 * bytes unused, then the numbers of the bad pages, all 32 bits in the byte order of the machine
 * that ran mkswap.
 */
#include "mm/swapon.h"

#include <linux/capability.h>
#include "drivers/genhd.h"
#include "fs/bdev.h"
#include "fs/inode.h"
#include "fs/namei.h"
#include "fs/seq_file.h"
#include "kernel/cred.h"
#include "kernel/panic.h"
#include "kernel/printk.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/filemap.h"
#include "mm/slab.h"
#include "mm/swap_areas.h"
#include "mm/vmalloc.h"

#define SWAP_SIGNATURE		"SWAPSPACE2"
#define SIGNATURE_LEN		10
#define SWAP_VERSION		1

/* swapon(2)'s flags */
#define SWAP_FLAG_PREFER	0x8000
#define SWAP_FLAG_PRIO_MASK	0x7fff
#define SWAP_FLAG_DISCARD	0x10000	/* this and the next two: hints for devices that trim */
#define SWAP_FLAG_DISCARD_ONCE	0x20000
#define SWAP_FLAG_DISCARD_PAGES	0x40000
#define SWAP_FLAGS_VALID	(SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK | SWAP_FLAG_DISCARD | \
				 SWAP_FLAG_DISCARD_ONCE | SWAP_FLAG_DISCARD_PAGES)

struct swap_header {
	u8 boot[1024];
	u32 version, last_page, nr_badpages;
	u8 uuid[16], label[16];
	u32 unused[117];
	u32 badpages[];
};

#define MAX_BADPAGES	((PAGE_SIZE - sizeof(struct swap_header) - SIGNATURE_LEN) / 4)

DEFINE_MUTEX(swapon_mutex, RANK_SWAPON);
DEFINE_WAIT_QUEUE_HEAD(swap_users_wait);

/* --- the header --- */

static u32 swab32(u32 x)
{
	return x << 24 | (x & 0xff00) << 8 | (x >> 8 & 0xff00) | x >> 24;
}

static void swap_header_bytes(struct swap_header *header)
{
	header->version = swab32(header->version);
	header->last_page = swab32(header->last_page);
	header->nr_badpages = swab32(header->nr_badpages);
	if (header->nr_badpages <= MAX_BADPAGES)
		for (u32 i = 0; i < header->nr_badpages; i++)
			header->badpages[i] = swab32(header->badpages[i]);
}

/* Complains in one line and returns -EINVAL, or 0. */
static int check_header(struct swap_header *header, const struct block_device *bdev)
{
	u64 pages = bdev_nr_bytes(bdev) >> PAGE_SHIFT;
	const char *name = bdev->bd_name;

	if (memcmp((char *)header + PAGE_SIZE - SIGNATURE_LEN, SWAP_SIGNATURE, SIGNATURE_LEN)) {
		pr_err("swapon: %s has no swap signature (mkswap makes one)\n", name);
		return -EINVAL;
	}
	if (header->version == swab32(SWAP_VERSION))
		swap_header_bytes(header);
	if (header->version != SWAP_VERSION) {
		pr_err("swapon: %s: swap version %u is unknown\n", name, header->version);
		return -EINVAL;
	}
	if (!header->last_page || header->nr_badpages > MAX_BADPAGES) {
		pr_err("swapon: %s: the swap header is empty or damaged\n", name);
		return -EINVAL;
	}
	if (header->last_page >= pages) {
		pr_err("swapon: %s has %llu pages, its swap header says %u\n", name, pages,
		       header->last_page + 1);
		return -EINVAL;
	}
	return 0;
}

/* Slots 0 and the bad ones are nobody's; what is left can be used: its number, or -EINVAL. */
static long mark_bad_slots(struct swap_info_struct *si, const struct swap_header *header)
{
	si->swap_map[0] = SWAP_MAP_BAD;
	si->pages = si->max - 1;
	for (u32 i = 0; i < header->nr_badpages; i++) {
		u32 bad = header->badpages[i];

		if (!bad || bad > header->last_page)
			return -EINVAL;
		if (si->swap_map[bad] != SWAP_MAP_BAD)
			si->pages--;
		si->swap_map[bad] = SWAP_MAP_BAD;
	}
	if (!si->pages) {
		pr_err("swapon: %s has no usable page\n", si->name);
		return -EINVAL;
	}
	return 0;
}

/* --- an area --- */

/* One for each type, for good: an entry may still name a type whose area is gone. */
static struct swap_info_struct descriptors[MAX_SWAPFILES];

/* A descriptor that no area uses, SWP_USED from now on; ERR_PTR(-EPERM): there are too many. */
static struct swap_info_struct *alloc_swap_info(void)
{
	struct swap_info_struct *si;
	int type = 0;

	while (type < MAX_SWAPFILES && swap_info[type] && swap_info[type]->flags & SWP_USED)
		type++;
	if (type == MAX_SWAPFILES)
		return ERR_PTR(-EPERM);
	si = &descriptors[type];
	if (!swap_info[type]) {
		spin_lock_init(&si->lock, RANK_SWAP);
		address_space_init(&si->space, NULL, NULL);
		INIT_LIST_HEAD(&si->avail);
		si->type = type;
	}
	si->flags = SWP_USED;
	return si;
}

/* Whoever finds it through an entry sees it initialised. */
static void publish(struct swap_info_struct *si)
{
	__atomic_store_n(&swap_info[si->type], si, __ATOMIC_RELEASE);
}

static int setup_area(struct swap_info_struct *si, const struct swap_header *header)
{
	unsigned long nr_clusters;
	int error;

	si->max = header->last_page + 1UL;
	nr_clusters = DIV_ROUND_UP(si->max, SWAPFILE_CLUSTER);
	si->swap_map = vzalloc(nr_clusters * SWAPFILE_CLUSTER * sizeof(*si->swap_map));
	si->clusters = vzalloc(nr_clusters * sizeof(*si->clusters));
	error = -ENOMEM;
	if (!si->swap_map || !si->clusters)
		goto free;
	error = mark_bad_slots(si, header);
	if (error)
		goto free;
	if (!blk_rotational(si->bdev->bd_disk))
		si->flags |= SWP_SOLIDSTATE;
	if (si->bdev->bd_disk->limits.synchronous)
		si->flags |= SWP_SYNCHRONOUS_IO;
	if (blk_stable_writes(si->bdev->bd_disk))
		si->flags |= SWP_STABLE_WRITES;
	swap_area_init_clusters(si);
	return 0;
free:
	swap_area_free_maps(si);
	return error;
}

void swap_area_free_maps(struct swap_info_struct *si)
{
	vfree(si->swap_map);
	vfree(si->clusters);
	si->swap_map = NULL;
	si->clusters = NULL;
	si->max = si->pages = 0;
	memset(si->current, 0, sizeof(si->current));
}

/* Areas without a wish rank below all others, each new one below those before it. */
static int swap_priority(int flags)
{
	static int least_priority = -1;

	return flags & SWAP_FLAG_PREFER ? flags & SWAP_FLAG_PRIO_MASK : --least_priority;
}

/* The area's device is @bdev, claimed for it.  swapon_mutex held. */
static int swapon_area(struct swap_info_struct *si, struct block_device *bdev, int flags)
{
	struct folio *folio = read_mapping_folio(bdev->bd_inode->i_mapping, 0, NULL);
	struct swap_header *header;
	int error = -ENOMEM;

	if (IS_ERR(folio))
		return PTR_ERR(folio);
	header = kmemdup(folio_address(folio), PAGE_SIZE, GFP_KERNEL);
	folio_put(folio);
	if (!header)
		return error;
	si->bdev = bdev;
	error = check_header(header, bdev);
	if (!error)
		error = setup_area(si, header);
	kfree(header);
	if (error)
		return error;
	/* From here on the disk's content is ours, past its page cache. */
	invalidate_bdev(bdev);
	si->prio = swap_priority(flags);
	atomic_set(&si->users, 1);
	publish(si);
	swap_area_enable(si);
	pr_info("Adding %luk swap on %s.  Priority:%d extents:1 across:%luk\n",
		si->pages << (PAGE_SHIFT - 10), si->name, si->prio,
		si->pages << (PAGE_SHIFT - 10));
	return 0;
}

int swap_path_error(const char *name, int error)
{
	struct path path;

	if (error != -ENOTBLK || kern_path(name, LOOKUP_FOLLOW, &path))
		return error;
	error = S_ISDIR(path.dentry->d_inode->i_mode) ? -EISDIR : -EINVAL;
	path_put(&path);
	return error;
}

static int do_swapon(const char *name, int flags)
{
	struct swap_info_struct *si = alloc_swap_info();
	struct block_device *bdev;
	int error;

	if (IS_ERR(si))
		return PTR_ERR(si);
	bdev = blkdev_get_by_path(name, true, si);
	if (IS_ERR(bdev)) {
		error = swap_path_error(name, PTR_ERR(bdev));
		goto release;
	}
	strscpy(si->name, name, sizeof(si->name));
	error = swapon_area(si, bdev, flags);
	if (!error)
		return 0;
	blkdev_put(bdev, si);
release:
	si->flags = 0;
	return error;
}

SYSCALL_DEFINE2(swapon, const char *, uname, int, flags)
{
	struct filename *name;
	int error;

	if (flags & ~SWAP_FLAGS_VALID)
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	name = getname(uname);
	if (IS_ERR(name))
		return PTR_ERR(name);
	mutex_lock(&swapon_mutex);
	error = do_swapon(name->name, flags);
	mutex_unlock(&swapon_mutex);
	putname(name);
	return error;
}

void swaps_show(struct seq_file *m)
{
	seq_printf(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	mutex_lock(&swapon_mutex);
	for (int type = 0; type < MAX_SWAPFILES; type++) {
		struct swap_info_struct *si = swap_info[type];

		if (!si || !(si->flags & SWP_WRITEOK))
			continue;
		seq_printf(m, "%-40spartition\t%lu\t%s%lu\t%s%d\n", si->name,
			   si->pages << (PAGE_SHIFT - 10),
			   si->pages << (PAGE_SHIFT - 10) < 10000000 ? "\t" : "",
			   READ_ONCE(si->inuse_pages) << (PAGE_SHIFT - 10),
			   si->inuse_pages << (PAGE_SHIFT - 10) < 10000000 ? "\t" : "", si->prio);
	}
	mutex_unlock(&swapon_mutex);
}
