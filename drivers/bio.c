// SPDX-License-Identifier: MIT
/*
 * Two pools, by the number of bio_vecs that lie behind the bio: most bios have one or a few,
 * readahead's and write-back's have many.  A pool keeps `reserve` bios from boot on; more come from
 * the slab and go back there.
 *
 *   bio_alloc:  free list → slab, without reclaim → (if it may sleep) wait for a bio_put
 *   bio_put:    free list, up to the reserve → slab
 *
 * I1  free + taken-from-the-reserve >= reserve: a bio_put refills the free list first.  So while
 *     bios complete, who waits gets one, however little memory there is.
 */
#include "drivers/bio.h"

#include "drivers/block.h"
#include "kernel/init.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "kernel/wait.h"
#include "mm/check.h"
#include "mm/folio.h"
#include "mm/slab.h"

#define SMALL_VECS	4

struct bio_pool {
	struct spinlock lock;		/* over the rest; interrupts off */
	struct bio *free;		/* linked by bi_next */
	unsigned int nr_free, reserve;
	unsigned int in_use;
	unsigned int waiters;
	struct wait_queue_head wait;
	struct kmem_cache *cache;
	const char *name;
	unsigned int vecs;
};

static struct bio_pool small_pool = {
	.lock = SPINLOCK_INIT(RANK_BLOCK), .name = "bio-4", .vecs = SMALL_VECS, .reserve = 128,
	.wait = WAIT_QUEUE_HEAD_INIT(small_pool.wait),
};
static struct bio_pool large_pool = {
	.lock = SPINLOCK_INIT(RANK_BLOCK), .name = "bio-64", .vecs = BIO_MAX_VECS, .reserve = 16,
	.wait = WAIT_QUEUE_HEAD_INIT(large_pool.wait),
};

static struct bio *pool_take(struct bio_pool *pool)
{
	unsigned long flags;
	struct bio *bio;

	spin_lock_irqsave(&pool->lock, flags);
	bio = pool->free;
	if (bio) {
		pool->free = bio->bi_next;
		pool->nr_free--;
		pool->in_use++;
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	return bio;
}

/* What is the same for all lives of a bio. */
static struct bio *pool_new(struct bio_pool *pool, gfp_t gfp)
{
	struct bio *bio = kmem_cache_alloc(pool->cache, gfp);

	if (!bio)
		return NULL;
	bio->bi_pool = pool;
	bio->bi_io_vec = (struct bio_vec *)(bio + 1);
	return bio;
}

static struct bio *pool_grow(struct bio_pool *pool)
{
	struct bio *bio = pool_new(pool, __GFP_NOWARN | __GFP_NOMEMALLOC);
	unsigned long flags;

	if (!bio)
		return NULL;
	spin_lock_irqsave(&pool->lock, flags);
	pool->in_use++;
	spin_unlock_irqrestore(&pool->lock, flags);
	return bio;
}

static void pool_add_waiter(struct bio_pool *pool, int n)
{
	spin_lock_irq(&pool->lock);
	pool->waiters += n;
	spin_unlock_irq(&pool->lock);
}

/*
 * Counted as a waiter before it looks: bio_put() either sees the count or has already put what is
 * looked for.
 */
static struct bio *pool_wait(struct bio_pool *pool)
{
	struct bio *bio;

	pool_add_waiter(pool, 1);
	wait_event(&pool->wait, (bio = pool_take(pool)) != NULL);
	pool_add_waiter(pool, -1);
	return bio;
}

struct bio *bio_alloc(struct block_device *bdev, int nr_vecs, enum req_op op, gfp_t gfp)
{
	struct bio_pool *pool = nr_vecs <= SMALL_VECS ? &small_pool : &large_pool;
	struct bio *bio = pool_take(pool);

	if (unlikely(!bio)) {
		bio = pool_grow(pool);
		if (!bio && gfp & __GFP_DIRECT_RECLAIM)
			bio = pool_wait(pool);
		if (!bio)
			return NULL;
	}
	bio->bi_bdev = bdev;
	bio->bi_op = op;
	bio->bi_status = 0;
	bio->bi_size = 0;
	bio->bi_vcnt = 0;
	bio->bi_max_vecs = min_t(u32, nr_vecs, bdev->bd_disk->limits.max_segments);
	bio->bi_next = NULL;
	return bio;
}

void bio_put(struct bio *bio)
{
	struct bio_pool *pool = bio->bi_pool;
	unsigned long flags;
	bool keep, wake;

	spin_lock_irqsave(&pool->lock, flags);
	pool->in_use--;
	keep = pool->nr_free < pool->reserve;
	if (keep) {
		bio->bi_next = pool->free;
		pool->free = bio;
		pool->nr_free++;
	}
	wake = pool->waiters != 0;
	spin_unlock_irqrestore(&pool->lock, flags);
	if (!keep)
		kmem_cache_free(pool->cache, bio);
	if (wake)
		wake_up_all(&pool->wait);
}

static bool add_vec(struct bio *bio, unsigned long phys, size_t len, struct folio *folio)
{
	u32 size = bio->bi_size + len;

	if (bio->bi_vcnt == bio->bi_max_vecs || size > bio->bi_bdev->bd_disk->limits.max_bytes)
		return false;
	bio->bi_io_vec[bio->bi_vcnt++] = (struct bio_vec){ phys, len, folio };
	bio->bi_size = size;
	return true;
}

bool bio_add_folio(struct bio *bio, struct folio *folio, size_t len, size_t offset)
{
	return add_vec(bio, (folio_pfn(folio) << PAGE_SHIFT) + offset, len, folio);
}

bool bio_add_phys(struct bio *bio, unsigned long phys, size_t len)
{
	return add_vec(bio, phys, len, NULL);
}

static unsigned long bios_in_use(void)
{
	return READ_ONCE(small_pool.in_use) + READ_ONCE(large_pool.in_use);
}

static struct leak_counter bio_counter = { .name = "bios", .count = bios_in_use };

static void pool_fill(struct bio_pool *pool)
{
	size_t size = sizeof(struct bio) + pool->vecs * sizeof(struct bio_vec);

	pool->cache = kmem_cache_create(pool->name, size, 0, NULL);
	while (pool->nr_free < pool->reserve) {
		struct bio *bio = pool_new(pool, GFP_KERNEL);

		if (!bio)
			panic("no memory for the reserve of bios");
		bio->bi_next = pool->free;
		pool->free = bio;
		pool->nr_free++;
	}
}

static void bio_init(void)
{
	pool_fill(&small_pool);
	pool_fill(&large_pool);
	register_leak_counter(&bio_counter);
}
core_initcall(bio_init);
