// SPDX-License-Identifier: MIT
/*
 * fuzz_model.c - what Linux promises of mapping calls, page by page
 *
 * The model has no mappings, only pages with their attributes. That is enough because a call that
 * goes over several mappings treats them from low to high addresses and leaves what it did when
 * it meets an error: so does a loop over pages. Only mremap asks where a mapping begins and ends,
 * and Linux decides itself what it merges: there the model says "perhaps".
 */
#include "user/usertests/fuzz.h"

const size_t word_offset[WORDS] = { 0, 1032, 2560, 4088 };

/* --- content -------------------------------------------------------------------------------- */

enum access model_access(const struct page *page, bool write)
{
	if (!page->mapped)
		return NOT_MAPPED;
	if (!(page->prot & (write ? PROT_WRITE : PROT_READ | PROT_WRITE)))
		return NOT_ALLOWED;
	if (page->object && !page->own && page->index * PAGE >= page->object->size)
		return BEYOND_END;
	return FINE;
}

bool model_read(const struct page *page, int word, uint64_t *value)
{
	if (page->own)
		*value = page->words[word];
	else
		*value = page->object ? page->object->words[page->index][word] : 0;
	return page->freed;
}

void model_make_own(struct page *page)
{
	for (int word = 0; word < WORDS; word++)
		model_read(page, word, &page->words[word]);
	page->own = true;
}

void model_write(struct page *page, int word, uint64_t value)
{
	if (page->shared) {
		page->object->words[page->index][word] = value;
		return;
	}
	model_make_own(page);
	page->words[word] = value;
}

// What the kernel does to fault a page in ahead. A store would be needed to tell two private pages
// apart later, so a writable one gets its copy now. True if the page can be had at all.
static bool populate(struct page *page)
{
	if (page->lock_on_fault)
		return true;
	if (model_access(page, false) != FINE)
		return false;
	if (!page->shared && (page->prot & PROT_WRITE))
		model_make_own(page);
	return true;
}

/* --- mapping -------------------------------------------------------------------------------- */

#define for_each_page(page, arena, range)					\
	for (__typeof__(&(arena)->page[0]) page = &(arena)->page[(range).first];	\
	     page < &(arena)->page[(range).first + (range).count]; page++)

void model_unmap(struct arena *arena, struct range range)
{
	for_each_page(page, arena, range)
		*page = (struct page){};
}

void model_map(struct arena *arena, const struct map_request *request)
{
	unsigned index = request->index;

	model_unmap(arena, request->range);
	arena->mappings++;
	for_each_page(page, arena, request->range) {
		*page = (struct page){
			.mapped = true, .shared = request->shared, .locked = request->locked,
			.may_write = request->may_write, .prot = request->prot,
			.mapping = arena->mappings, .object = request->object, .index = index++,
		};
		if (request->populate || request->locked)
			populate(page);
	}
}

bool model_any_mapped(const struct arena *arena, struct range range)
{
	for_each_page(page, arena, range)
		if (page->mapped)
			return true;
	return false;
}

int model_all_mapped(const struct arena *arena, struct range range)
{
	for_each_page(page, arena, range)
		if (!page->mapped)
			return ENOMEM;
	return 0;
}

enum certainty model_one_mapping(const struct arena *arena, struct range range)
{
	const struct page *first = &arena->page[range.first];
	enum certainty answer = YES;

	for_each_page(page, arena, range) {
		if (!page->mapped || page->prot != first->prot || page->shared != first->shared ||
		    page->locked != first->locked || page->object != first->object ||
		    page->lock_on_fault != first->lock_on_fault ||
		    page->not_for_children != first->not_for_children)
			return NO;
		if (page->object && page->index != first->index + (page - first))
			return NO;
		if (page->mapping != first->mapping || page->cut)
			answer = PERHAPS;
	}
	return range.count == 1 ? YES : answer;
}

// The pages that follow a mapping's last one are new and continue what it shows.
void model_grow(struct arena *arena, struct range old, int pages)
{
	const struct page *last = &arena->page[old.first + old.count - 1];
	struct range added = { old.first + old.count, pages };
	unsigned index = last->index;

	for_each_page(page, arena, added) {
		*page = *last;
		page->index = ++index;
		page->own = page->freed = false;
		if (page->locked)
			populate(page);
	}
}

// Both ranges lie apart; the new one may be longer, or shorter.
void model_move(struct arena *arena, struct range from, struct range to, bool stays)
{
	struct range moved = { to.first, from.count < to.count ? from.count : to.count };
	struct page *source = &arena->page[from.first];

	model_unmap(arena, to);
	arena->mappings++;
	for_each_page(page, arena, moved) {
		*page = *source++;
		page->mapping = arena->mappings;
		page->cut = false;
	}
	if (moved.count < to.count)
		model_grow(arena, moved, to.count - moved.count);
	if (!stays)
		model_unmap(arena, from);
	for_each_page(page, arena, from) {
		page->own = page->freed = page->locked = page->lock_on_fault = false;
		page->cut = true;
	}
}

// => in the child
void model_forked(struct arena *arena)
{
	struct range all = { 0, ARENA_PAGES };

	for_each_page(page, arena, all) {
		if (page->not_for_children)
			*page = (struct page){};
		page->locked = page->lock_on_fault = false;
	}
}

/* --- attributes ----------------------------------------------------------------------------- */

int model_protect(struct arena *arena, struct range range, int prot)
{
	for_each_page(page, arena, range) {
		bool was_writable = page->prot & PROT_WRITE;

		if (!page->mapped)
			return ENOMEM;
		if ((prot & PROT_WRITE) && !page->may_write)
			return EACCES;
		page->cut |= page->prot != prot;
		page->prot = prot;
		if (page->locked && !page->shared && !was_writable && (prot & PROT_WRITE))
			populate(page);
	}
	return 0;
}

static int change_lock(struct arena *arena, struct range range, bool locked, bool on_fault)
{
	for_each_page(page, arena, range) {
		if (!page->mapped)
			return ENOMEM;
		page->cut |= page->locked != locked || page->lock_on_fault != on_fault;
		page->locked = locked;
		page->lock_on_fault = on_fault;
	}
	return 0;
}

int model_lock(struct arena *arena, struct range range, bool on_fault)
{
	int error = change_lock(arena, range, true, on_fault);

	if (error)
		return error;
	for_each_page(page, arena, range)
		if (!populate(page))
			return ENOMEM;
	return 0;
}

int model_unlock(struct arena *arena, struct range range)
{
	return change_lock(arena, range, false, false);
}

int model_sync(const struct arena *arena, struct range range, int flags)
{
	int error = 0;

	for_each_page(page, arena, range) {
		if (!page->mapped)
			error = ENOMEM;
		else if ((flags & MS_INVALIDATE) && page->locked)
			return EBUSY;
	}
	return error;
}

/* --- madvise -------------------------------------------------------------------------------- */

static int advise_populate(struct page *page, bool write)
{
	if (!(page->prot & (write ? PROT_WRITE : PROT_READ)))
		return EINVAL;
	if (model_access(page, write) != FINE)
		return EFAULT;
	if (write && !page->shared)
		model_make_own(page);
	return 0;
}

static int advise_remove(struct page *page)
{
	if (page->locked || !page->object)
		return EINVAL;
	if (!page->shared || !page->may_write)
		return EACCES;
	if (page->object->type == DISK_FILE)
		return EOPNOTSUPP;
	model_punch(page->object, page->index, 1);
	return 0;
}

static int advise_free(struct page *page)
{
	if (page->locked || page->object)
		return EINVAL;
	page->freed |= page->own;
	return 0;
}

static int advise_dont_need(struct page *page)
{
	if (page->locked)
		return EINVAL;
	page->own = page->freed = false;
	return 0;
}

static int advise_fork(struct page *page, bool not_for_children)
{
	page->cut |= page->not_for_children != not_for_children;
	page->not_for_children = not_for_children;
	return 0;
}

static int advise_page(struct page *page, int advice)
{
	switch (advice) {
	case MADV_DONTNEED:
		return advise_dont_need(page);
	case MADV_FREE:
		return advise_free(page);
	case MADV_REMOVE:
		return advise_remove(page);
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return advise_populate(page, advice == MADV_POPULATE_WRITE);
	case MADV_DONTFORK:
	case MADV_DOFORK:
		return advise_fork(page, advice == MADV_DONTFORK);
	case MADV_COLD:
	case MADV_PAGEOUT:
		return page->locked ? EINVAL : 0;
	case MADV_WILLNEED:
		return 0;
	default:
		page->cut = true;
		return 0;
	}
}

// Holes are stepped over and reported at the end.
int model_advise(struct arena *arena, struct range range, int advice)
{
	int result = 0;

	for_each_page(page, arena, range) {
		int error = page->mapped ? advise_page(page, advice) : 0;

		if (error)
			return error;
		if (!page->mapped)
			result = ENOMEM;
	}
	return result;
}

/* --- files ---------------------------------------------------------------------------------- */

// Pages beyond the new end are dropped, private copies of them too; the rest of the last page
// that is left is zero.
void model_resize(struct arena *arena, struct object *object, size_t size)
{
	struct range all = { 0, ARENA_PAGES };

	for (size_t i = 0; i < FILE_PAGES; i++)
		for (int word = 0; word < WORDS; word++)
			if (i * PAGE + word_offset[word] >= size)
				object->words[i][word] = 0;
	if (size < object->size)
		for_each_page(page, arena, all)
			if (page->object == object && page->index * PAGE >= size)
				page->own = false;
	object->size = size;
}

void model_punch(struct object *object, size_t first, size_t pages)
{
	for (size_t i = first; i < first + pages && i < FILE_PAGES; i++)
		memset(object->words[i], 0, sizeof(object->words[i]));
}
