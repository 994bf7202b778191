// SPDX-License-Identifier: MIT
/*
 * Small objects: caches of equal ones (kmem_cache_*), and by size (kmalloc).
 *
 * Objects come from slabs, folios cut into equal pieces.  All functions may be called with
 * spinlocks held and in interrupt handlers if gfp does not contain __GFP_DIRECT_RECLAIM (frees:
 * always).  kmalloc()ed memory is aligned to 8 bytes, and to its size if that is a power of two.
 *
 * Debug builds poison free objects, put a red zone behind each and panic on a double free, on a
 * free of what is no object, on a write beyond the end and on one after the free, naming who
 * allocated and who freed last.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include "lib/types.h"
#include "mm/gfp.h"

#define KMALLOC_MAX_CACHE_SIZE	8192		/* larger ones are whole folios */
#define KMALLOC_MAX_SIZE	(4UL << 20)

struct kmem_cache;

/*
 * Called once for each object when its slab is made; the object must be back in that state when it
 * is freed.
 */
typedef void slab_ctor_t(void *object);

/*
 * @align 0: 8 bytes.  @name is kept, not copied.  Panics without memory: caches are made at boot.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     slab_ctor_t *ctor);
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *object);

static inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t gfp)
{
	return kmem_cache_alloc(cache, gfp | __GFP_ZERO);
}

void *kmalloc(size_t size, gfp_t gfp);
void *krealloc(const void *p, size_t size, gfp_t gfp);
void kfree(const void *p);			/* NULL is fine */
size_t ksize(const void *p);			/* usable bytes */

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

/* NULL also where n * size overflows. */
static inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : kmalloc(bytes, gfp);
}

static inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc_array(n, size, gfp | __GFP_ZERO);
}

char *kstrdup(const char *s, gfp_t gfp);
void *kmemdup(const void *p, size_t size, gfp_t gfp);

/* After page_alloc_init(). */
void slab_init(void);

/* One line of /proc/slabinfo. */
struct slabinfo {
	const char *name;
	unsigned long active_objs, num_objs, active_slabs, num_slabs;
	unsigned int objsize, objs_per_slab, pages_per_slab;
};
/* *@pos 0 at first; false: no more. */
bool slabinfo_next(int *pos, struct slabinfo *info);
/* Objects in use in all caches. */
unsigned long slab_objects(void);
/* Gives empty slabs back to the page allocator; returns frames. */
unsigned long slab_shrink(void);
/* Walks all slabs and compares the counts; 0 or -EIO after one printed line (mm/check.c). */
int check_slab(void);

#endif
