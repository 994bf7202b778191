// SPDX-License-Identifier: MIT
/*
 * A slab is a folio cut into equal objects:
 *
 *   struct kmem_cache                         struct folio (PG_slab)            the frames
 *     hart[0] ─> obj ─> obj ─> obj              slab_cache                 ┌─────┬─────┬─────┐
 *     hart[1] ─> obj                            slab_freelist ───────────> │ obj │ obj │ obj │
 *     partial ─> folio <─> folio                slab_inuse                 └──┬──┴─────┴──^──┘
 *     full    ─> folio                                                        └───────────┘
 *
 * Each hart keeps a stack of free objects of any slabs, linked through themselves.  Allocating
 * pops, freeing pushes, with interrupts off and without a lock.  An empty stack is refilled with a
 * batch from the partial slabs; one that is too high gives a batch back.  Only these take the
 * cache's lock.  A slab whose last object is back is freed, except for one that the cache keeps.
 *
 * Debug builds append to each object { red zone, link, who allocated, who freed }: the red zone
 * also says whether the object is in use, and a free object is filled with POISON_FREE.
 *
 * I1  slab_inuse counts the slab's objects that are not on its slab_freelist (they are in use or on
 *     a hart's stack).
 * I2  A slab is on `full` if its freelist is empty, else on `partial`.
 * I3  Objects in use = sum of slab_inuse - objects on the harts' stacks.
 * I4  (debug) A free object carries RED_FREE and poison, one in use RED_USED.
 */
#include "mm/slab.h"

#include "kernel/fault_inject.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/folio.h"
#include "mm/page_alloc.h"
#include "mm/vmstat.h"

#define SLAB_MAX_ORDER	3
#define SLAB_ALIGN	8

struct kmem_cache {
	struct {
		void *freelist;
		unsigned int count;
	} hart[NR_CPUS];

	unsigned int object_size;	/* as asked for */
	unsigned int size;		/* from one object to the next */
	unsigned int link;		/* offset of the free list's pointer in a free object */
	unsigned int batch;		/* moved between a hart and the slabs at a time */
	unsigned int high;		/* a hart keeps at most so many */
	unsigned int order, objects;	/* of a slab */
	slab_ctor_t *ctor;
	const char *name;

	struct spinlock lock;		/* over the rest; taken with interrupts off */
	struct list_head partial, full;
	unsigned long nr_slabs, nr_empty;
	unsigned long inuse;		/* sum of slab_inuse */
	struct list_head list;		/* of all caches: they are made at boot and stay */
};

static struct kmem_cache cache_cache;	/* of the struct kmem_cache themselves */
static LIST_HEAD(slab_caches);
static DEFINE_SPINLOCK(slab_caches_lock, RANK_SLAB);

/* --- what the debug build adds --- */

#ifdef CONFIG_DEBUG
#define RED_FREE	0xfeedf4eefeedf4eeUL
#define RED_USED	0xa110ca7ea110ca7eUL
#define POISON_FREE	0x6b
#define POISON_NEW	0x5a

struct object_tail {
	unsigned long red;
	void *link;
	const void *allocated_by, *freed_by;
};

static struct object_tail *object_tail(const struct kmem_cache *cache, void *object)
{
	return object + cache->link - offsetof(struct object_tail, link);
}

static void __noreturn object_panic(struct kmem_cache *cache, void *object, const char *what,
				    const void *caller)
{
	struct object_tail *tail = object_tail(cache, object);
	char now[48], allocated[48], freed[48];

	panic("slab %s: %s at 0x%lx by %s; allocated by %s, freed by %s", cache->name, what,
	      (unsigned long)object,
	      symbol_name((unsigned long)caller, now, sizeof(now)),
	      symbol_name((unsigned long)tail->allocated_by, allocated, sizeof(allocated)),
	      symbol_name((unsigned long)tail->freed_by, freed, sizeof(freed)));
}

static void debug_init_object(struct kmem_cache *cache, void *object)
{
	struct object_tail *tail = object_tail(cache, object);

	tail->red = RED_FREE;
	tail->allocated_by = tail->freed_by = NULL;
	if (!cache->ctor)
		memset(object, POISON_FREE, cache->object_size);
}

static void debug_alloc(struct kmem_cache *cache, void *object, const void *caller)
{
	struct object_tail *tail = object_tail(cache, object);

	if (tail->red != RED_FREE)
		object_panic(cache, object, "free list or red zone overwritten", caller);
	if (!cache->ctor) {
		for (unsigned int i = 0; i < cache->object_size; i++)
			if (((u8 *)object)[i] != POISON_FREE)
				object_panic(cache, object, "written after it was freed", caller);
		memset(object, POISON_NEW, cache->object_size);
	}
	tail->red = RED_USED;
	tail->allocated_by = caller;
}

static void debug_free(struct kmem_cache *cache, void *object, const void *caller)
{
	struct folio *folio = virt_to_folio(object);
	struct object_tail *tail = object_tail(cache, object);

	if (!(folio->flags & BIT(PG_slab)) || folio->slab_cache != cache ||
	    (object - folio_address(folio)) % cache->size)
		panic("slab %s: free of 0x%lx, which is no object of it", cache->name,
		      (unsigned long)object);
	if (tail->red == RED_FREE)
		object_panic(cache, object, "freed twice", caller);
	if (tail->red != RED_USED)
		object_panic(cache, object, "written beyond its end", caller);
	if (!cache->ctor)
		memset(object, POISON_FREE, cache->object_size);
	tail->red = RED_FREE;
	tail->freed_by = caller;
}

/*
 * Objects of kmalloc stay aligned to their size, as in the release build, at the price of memory.
 */
static void layout_object(struct kmem_cache *cache, size_t align)
{
	cache->link = ALIGN(cache->object_size, 8) + offsetof(struct object_tail, link);
	cache->size = ALIGN(ALIGN(cache->object_size, 8) + sizeof(struct object_tail), align);
}
#else
static void debug_init_object(struct kmem_cache *cache, void *object)
{
}

static void debug_alloc(struct kmem_cache *cache, void *object, const void *caller)
{
}

static void debug_free(struct kmem_cache *cache, void *object, const void *caller)
{
}

/* The link lies in the free object itself, unless a constructor's work must survive there. */
static void layout_object(struct kmem_cache *cache, size_t align)
{
	cache->link = cache->ctor ? ALIGN(cache->object_size, 8) : 0;
	cache->size = ALIGN(max(cache->object_size, cache->link + 8), align);
}
#endif

static void **object_link(const struct kmem_cache *cache, void *object)
{
	return object + cache->link;
}

/* --- slabs; all with cache->lock held and interrupts off, but new_slab() and free_slab() --- */

static struct folio *new_slab(struct kmem_cache *cache, gfp_t gfp)
{
	struct folio *folio = alloc_folio(gfp & ~__GFP_ZERO, cache->order);
	void *object;

	if (!folio)
		return NULL;
	folio->slab_cache = cache;
	folio->slab_freelist = NULL;
	folio->slab_inuse = 0;
	folio->slab_objects = cache->objects;
	folio->flags |= BIT(PG_slab);
	for (int i = cache->objects - 1; i >= 0; i--) {
		object = folio_address(folio) + i * cache->size;
		if (cache->ctor)
			cache->ctor(object);
		debug_init_object(cache, object);
		*object_link(cache, object) = folio->slab_freelist;
		folio->slab_freelist = object;
	}
	mod_state(NR_SLAB_UNRECLAIMABLE, 1L << cache->order);
	return folio;
}

static void free_slab(struct folio *folio)
{
	mod_state(NR_SLAB_UNRECLAIMABLE, -(1L << folio->order));
	folio->flags &= ~BIT(PG_slab);
	folio->mapping = NULL;
	folio->private = NULL;
	folio_put(folio);
}

static void free_slabs(struct list_head *empty)
{
	struct folio *folio, *next;

	list_for_each_entry_safe(folio, next, empty, lru) {
		list_del(&folio->lru);
		free_slab(folio);
	}
}

static void add_slab(struct kmem_cache *cache, struct folio *folio)
{
	list_add(&folio->lru, &cache->partial);
	cache->nr_slabs++;
	cache->nr_empty++;
}

/* Moves objects of one slab onto the hart's stack. */
static void take_from_slab(struct kmem_cache *cache, struct folio *folio, int hart, unsigned int nr)
{
	if (!folio->slab_inuse)
		cache->nr_empty--;
	while (nr-- && folio->slab_freelist) {
		void *object = folio->slab_freelist;

		folio->slab_freelist = *object_link(cache, object);
		*object_link(cache, object) = cache->hart[hart].freelist;
		cache->hart[hart].freelist = object;
		cache->hart[hart].count++;
		folio->slab_inuse++;
		cache->inuse++;
	}
	if (!folio->slab_freelist)
		list_move(&folio->lru, &cache->full);
}

/* One object back to its slab; a slab that is empty now, and one too many, goes onto @empty. */
static void give_to_slab(struct kmem_cache *cache, void *object, struct list_head *empty)
{
	struct folio *folio = virt_to_folio(object);

	if (!folio->slab_freelist)
		list_move(&folio->lru, &cache->partial);
	*object_link(cache, object) = folio->slab_freelist;
	folio->slab_freelist = object;
	cache->inuse--;
	if (--folio->slab_inuse)
		return;
	if (cache->nr_empty) {
		list_move(&folio->lru, empty);
		cache->nr_slabs--;
		return;
	}
	cache->nr_empty = 1;
	list_move_tail(&folio->lru, &cache->partial);
}

/* --- a hart's stack; interrupts off --- */

/* False: the cache has no free object. */
static bool refill(struct kmem_cache *cache)
{
	int hart = smp_processor_id();

	spin_lock(&cache->lock);
	while (cache->hart[hart].count < cache->batch && !list_empty(&cache->partial))
		take_from_slab(cache, list_first_entry(&cache->partial, struct folio, lru), hart,
			       cache->batch - cache->hart[hart].count);
	spin_unlock(&cache->lock);
	return cache->hart[hart].freelist;
}

static noinline void flush(struct kmem_cache *cache, unsigned int nr)
{
	int hart = smp_processor_id();
	LIST_HEAD(empty);

	spin_lock(&cache->lock);
	while (nr-- && cache->hart[hart].freelist) {
		void *object = cache->hart[hart].freelist;

		cache->hart[hart].freelist = *object_link(cache, object);
		cache->hart[hart].count--;
		give_to_slab(cache, object, &empty);
	}
	spin_unlock(&cache->lock);
	free_slabs(&empty);
}

/* Interrupts off, the stack not empty. */
static inline void *pop_object(struct kmem_cache *cache, int hart)
{
	void *object = cache->hart[hart].freelist;

	cache->hart[hart].freelist = *object_link(cache, object);
	cache->hart[hart].count--;
	return object;
}

/* The stack is empty: from the slabs, or a new one. */
static noinline void *slab_alloc_slow(struct kmem_cache *cache, gfp_t gfp)
{
	void *object = NULL;
	unsigned long flags;

	for (;;) {
		struct folio *folio;

		flags = local_irq_save();
		if (refill(cache))
			object = pop_object(cache, smp_processor_id());
		local_irq_restore(flags);
		if (object)
			return object;
		folio = new_slab(cache, gfp);
		if (!folio)
			return NULL;
		spin_lock_irqsave(&cache->lock, flags);
		add_slab(cache, folio);
		spin_unlock_irqrestore(&cache->lock, flags);
	}
}

static __always_inline void *slab_alloc(struct kmem_cache *cache, gfp_t gfp, const void *caller)
{
	unsigned long flags;
	void *object = NULL;
	int hart;

	if (should_fail_alloc(&failslab, cache->object_size, gfp))
		return NULL;
	flags = local_irq_save();
	hart = smp_processor_id();
	if (likely(cache->hart[hart].freelist))
		object = pop_object(cache, hart);
	local_irq_restore(flags);
	if (unlikely(!object)) {
		object = slab_alloc_slow(cache, gfp);
		if (!object)
			return NULL;
	}
	debug_alloc(cache, object, caller);
	if (gfp & __GFP_ZERO)
		memset(object, 0, cache->object_size);
	return object;
}

static __always_inline void slab_free(struct kmem_cache *cache, void *object, const void *caller)
{
	unsigned long flags;
	int hart;

	debug_free(cache, object, caller);
	flags = local_irq_save();
	hart = smp_processor_id();
	*object_link(cache, object) = cache->hart[hart].freelist;
	cache->hart[hart].freelist = object;
	if (unlikely(++cache->hart[hart].count > cache->high))
		flush(cache, cache->batch);
	local_irq_restore(flags);
}

/* --- caches --- */

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return slab_alloc(cache, gfp, __builtin_return_address(0));
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	slab_free(cache, object, __builtin_return_address(0));
}

/* The smallest slab of which at most an eighth is left over. */
static void choose_order(struct kmem_cache *cache)
{
	size_t bytes;

	for (cache->order = 0; cache->order < SLAB_MAX_ORDER; cache->order++) {
		bytes = PAGE_SIZE << cache->order;
		if (bytes >= cache->size && bytes % cache->size <= bytes / 8)
			break;
	}
	cache->objects = (PAGE_SIZE << cache->order) / cache->size;
	if (!cache->objects)
		panic("slab %s: objects of %u bytes are too large", cache->name, cache->size);
}

static void cache_init(struct kmem_cache *cache, const char *name, size_t size, size_t align,
		       slab_ctor_t *ctor)
{
	unsigned long flags;

	memset(cache, 0, sizeof(*cache));
	cache->name = name;
	cache->object_size = size;
	cache->ctor = ctor;
	layout_object(cache, max(align, (size_t)SLAB_ALIGN));
	choose_order(cache);
	/* What lies unused on the harts' stacks: 4 KiB or so a cache and hart. */
	cache->batch = clamp(2048 / cache->size, 2U, 16U);
	cache->high = 2 * cache->batch;
	spin_lock_init(&cache->lock, RANK_SLAB);
	INIT_LIST_HEAD(&cache->partial);
	INIT_LIST_HEAD(&cache->full);

	spin_lock_irqsave(&slab_caches_lock, flags);
	list_add_tail(&cache->list, &slab_caches);
	spin_unlock_irqrestore(&slab_caches_lock, flags);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align, slab_ctor_t *ctor)
{
	struct kmem_cache *cache = kmem_cache_alloc(&cache_cache, GFP_NOWAIT);

	if (!cache)
		panic("Out of memory: no room for the slab cache %s", name);
	cache_init(cache, name, size, align, ctor);
	return cache;
}

/* --- by size --- */

static const struct {
	unsigned int size;
	const char *name;
} kmalloc_info[] = {
	{ 8, "kmalloc-8" }, { 16, "kmalloc-16" }, { 32, "kmalloc-32" },
	{ 64, "kmalloc-64" }, { 96, "kmalloc-96" }, { 128, "kmalloc-128" },
	{ 192, "kmalloc-192" }, { 256, "kmalloc-256" }, { 512, "kmalloc-512" },
	{ 1024, "kmalloc-1k" }, { 2048, "kmalloc-2k" }, { 4096, "kmalloc-4k" },
	{ KMALLOC_MAX_CACHE_SIZE, "kmalloc-8k" },
};
#define NR_KMALLOC ARRAY_SIZE(kmalloc_info)

static struct kmem_cache kmalloc_caches[NR_KMALLOC];
/* The cache for sizes up to 8 * i (small), 64 * i (large), by index into kmalloc_caches. */
#define SMALL_MAX	192
static u8 small_index[SMALL_MAX / 8 + 1];
static u8 large_index[KMALLOC_MAX_CACHE_SIZE / 64 + 1];

void slab_init(void)
{
	unsigned int k;

	cache_init(&cache_cache, "kmem_cache", sizeof(struct kmem_cache), 0, NULL);
	for (k = 0; k < NR_KMALLOC; k++) {
		unsigned int size = kmalloc_info[k].size, align = size & (size - 1) ? 0 : size;

		cache_init(&kmalloc_caches[k], kmalloc_info[k].name, size, align, NULL);
	}
	for (unsigned int i = k = 0; i < ARRAY_SIZE(small_index); i++) {
		k += kmalloc_info[k].size < 8 * i;
		small_index[i] = k;
	}
	for (unsigned int i = k = 0; i < ARRAY_SIZE(large_index); i++) {
		while (kmalloc_info[k].size < 64 * i)
			k++;
		large_index[i] = k;
	}
}

static struct kmem_cache *kmalloc_cache(size_t size)
{
	if (size <= SMALL_MAX)
		return &kmalloc_caches[small_index[(size + 7) / 8]];
	return &kmalloc_caches[large_index[(size + 63) / 64]];
}

static void *kmalloc_large(size_t size, gfp_t gfp)
{
	unsigned int order = 0;

	if (size > KMALLOC_MAX_SIZE)
		return NULL;
	while (PAGE_SIZE << order < size)
		order++;
	return (void *)__get_free_pages(gfp, order);
}

static __always_inline void *do_kmalloc(size_t size, gfp_t gfp, const void *caller)
{
	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE))
		return kmalloc_large(size, gfp);
	return slab_alloc(kmalloc_cache(size), gfp, caller);
}

void *kmalloc(size_t size, gfp_t gfp)
{
	return do_kmalloc(size, gfp, __builtin_return_address(0));
}

void kfree(const void *p)
{
	struct folio *folio;

	if (!p)
		return;
	folio = virt_to_folio(p);
	if (likely(folio->flags & BIT(PG_slab)))
		slab_free(folio->slab_cache, (void *)(uintptr_t)p, __builtin_return_address(0));
	else
		folio_put(folio);
}

size_t ksize(const void *p)
{
	struct folio *folio = virt_to_folio(p);

	return folio->flags & BIT(PG_slab) ? folio->slab_cache->object_size : folio_size(folio);
}

void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	void *new;

	if (p && ksize(p) >= size)
		return (void *)(uintptr_t)p;
	new = do_kmalloc(size, gfp, __builtin_return_address(0));
	if (new && p) {
		memcpy(new, p, ksize(p));
		kfree(p);
	}
	return new;
}

void *kmemdup(const void *p, size_t size, gfp_t gfp)
{
	void *copy = do_kmalloc(size, gfp, __builtin_return_address(0));

	return copy ? memcpy(copy, p, size) : NULL;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return kmemdup(s, strlen(s) + 1, gfp);
}

/* --- numbers, shrinking, checking --- */

/*
 * Caches are never destroyed and only appended, so a walk needs the lock just to see a whole entry.
 */
static struct kmem_cache *cache_at(int pos)
{
	struct kmem_cache *cache, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&slab_caches_lock, flags);
	list_for_each_entry(cache, &slab_caches, list)
		if (!pos--) {
			found = cache;
			break;
		}
	spin_unlock_irqrestore(&slab_caches_lock, flags);
	return found;
}

/* I3.  The harts' counts are read without their consent: exact when they are quiet. */
static unsigned long cache_objects(const struct kmem_cache *cache)
{
	unsigned long objects = READ_ONCE(cache->inuse), cached = 0;

	for (int hart = 0; hart < nr_harts; hart++)
		cached += READ_ONCE(cache->hart[hart].count);
	return objects > cached ? objects - cached : 0;
}

bool slabinfo_next(int *pos, struct slabinfo *info)
{
	struct kmem_cache *cache = cache_at((*pos)++);

	if (!cache)
		return false;
	*info = (struct slabinfo){
		.name = cache->name,
		.active_objs = cache_objects(cache),
		.num_objs = cache->nr_slabs * cache->objects,
		.active_slabs = cache->nr_slabs - cache->nr_empty,
		.num_slabs = cache->nr_slabs,
		.objsize = cache->object_size,
		.objs_per_slab = cache->objects,
		.pages_per_slab = 1U << cache->order,
	};
	return true;
}

unsigned long slab_objects(void)
{
	unsigned long objects = 0;
	struct slabinfo info;

	for (int pos = 0; slabinfo_next(&pos, &info);)
		objects += info.active_objs;
	return objects;
}

static bool has_objects(int cpu)
{
	struct kmem_cache *cache;

	list_for_each_entry(cache, &slab_caches, list)
		if (READ_ONCE(cache->hart[cpu].count))
			return true;
	return false;
}

static void flush_hart(void *unused)
{
	unsigned long flags = local_irq_save();
	struct kmem_cache *cache;

	list_for_each_entry(cache, &slab_caches, list)
		flush(cache, cache->high);
	local_irq_restore(flags);
}

static unsigned long free_empty_slab(struct kmem_cache *cache)
{
	struct folio *folio = NULL;
	unsigned long flags;

	spin_lock_irqsave(&cache->lock, flags);
	if (cache->nr_empty) {
		/*
		 * give_to_slab() puts the empty one at the tail; refills may have put others behind
		 * it.
		 */
		list_for_each_entry(folio, &cache->partial, lru)
			if (!folio->slab_inuse)
				break;
		list_del(&folio->lru);
		cache->nr_empty--;
		cache->nr_slabs--;
	}
	spin_unlock_irqrestore(&cache->lock, flags);
	if (!folio)
		return 0;
	free_slab(folio);
	return 1UL << cache->order;
}

unsigned long slab_shrink(void)
{
	unsigned long frames = 0, freed;
	struct kmem_cache *cache;

	flush_hart(NULL);
	smp_call_others_if(has_objects, flush_hart, NULL);
	for (int pos = 0; (cache = cache_at(pos)); pos++)
		do {
			freed = free_empty_slab(cache);
			frames += freed;
		} while (freed);
	return frames;
}

static const char *check_freelist(struct kmem_cache *cache, struct folio *folio)
{
	unsigned int free = 0;

	for (void *object = folio->slab_freelist; object; object = *object_link(cache, object)) {
		if (virt_to_folio(object) != folio || ++free > cache->objects)
			return "slab I1";
#ifdef CONFIG_DEBUG
		if (object_tail(cache, object)->red != RED_FREE)
			return "slab I4";
#endif
	}
	return free + folio->slab_inuse == cache->objects ? NULL : "slab I1";
}

static const char *check_slab_list(struct kmem_cache *cache, struct list_head *list, bool full,
				   unsigned long *inuse, unsigned long *slabs)
{
	struct folio *folio;

	list_for_each_entry(folio, list, lru) {
		const char *broken = check_freelist(cache, folio);

		if (broken)
			return broken;
		if (!folio->slab_freelist != full)
			return "slab I2";
		*inuse += folio->slab_inuse;
		++*slabs;
	}
	return NULL;
}

static const char *check_cache(struct kmem_cache *cache)
{
	unsigned long inuse = 0, slabs = 0;
	const char *broken = check_slab_list(cache, &cache->partial, false, &inuse, &slabs);

	if (!broken)
		broken = check_slab_list(cache, &cache->full, true, &inuse, &slabs);
	if (!broken && (inuse != cache->inuse || slabs != cache->nr_slabs))
		broken = "slab I3";
	return broken;
}

int check_slab(void)
{
	struct kmem_cache *cache;

	for (int pos = 0; (cache = cache_at(pos)); pos++) {
		unsigned long flags;
		const char *broken;

		spin_lock_irqsave(&cache->lock, flags);
		broken = check_cache(cache);
		spin_unlock_irqrestore(&cache->lock, flags);
		if (broken)
			return mm_check_failed(broken, "cache %s", cache->name);
	}
	return 0;
}
