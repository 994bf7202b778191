// SPDX-License-Identifier: MIT
/*
 * fuzz_calls.c - random mapping calls
 *
 * All of them name addresses within the worker's arena, so that no call decides where something
 * comes to lie and the model can follow.
 */
#include "user/usertests/fuzz.h"

static const int protections[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };

// Writable more often than not: what cannot be written shows little.
static int random_protection(struct worker *w)
{
	int choice = below(w, 6);

	return choice < 2 ? protections[choice] : PROT_READ | PROT_WRITE;
}

static void note_range(struct worker *w, const char *name, struct range range, long c, long d)
{
	note(w, name, range.first, range.count, c, d);
}

/* --- mmap, munmap, brk ---------------------------------------------------------------------- */

// The memory of a shared anonymous mapping of which no page is left, to be used again.
static struct object *free_object(struct worker *w)
{
	for (size_t i = SHARED_MEMORY; i < ARRAY_SIZE(w->object); i++) {
		bool used = false;

		for (int page = 0; page < ARENA_PAGES; page++)
			used |= w->arena.page[page].object == &w->object[i];
		if (!used)
			return &w->object[i];
	}
	return NULL;
}

static void map(struct worker *w, struct map_request *request, int fd)
{
	int flags = (request->shared ? MAP_SHARED : MAP_PRIVATE) | (fd < 0 ? MAP_ANONYMOUS : 0) |
		    (request->locked ? MAP_LOCKED : 0) | (request->populate ? MAP_POPULATE : 0) |
		    (below(w, 8) ? 0 : MAP_NORESERVE);
	bool replace = below(w, 4);
	void *at = page_at(&w->arena, request->range.first), *got;
	int want = 0;

	note_range(w, replace ? "mmap" : "mmap, not to replace", request->range,
		   request->prot | flags << 8, fd < 0 ? -1 : (long)request->index);
	got = mmap(at, request->range.count * PAGE, request->prot,
		   flags | (replace ? MAP_FIXED : MAP_FIXED_NOREPLACE), fd,
		   fd < 0 ? 0 : request->index * PAGE);
	if (!replace && model_any_mapped(&w->arena, request->range))
		want = EEXIST;
	else if (!request->may_write && (request->prot & PROT_WRITE))
		want = EACCES;
	else
		model_map(&w->arena, request);
	expect(w, got == MAP_FAILED ? -1 : 0, want);
}

static struct map_request random_request(struct worker *w)
{
	return (struct map_request){
		.range = random_range(w), .prot = random_protection(w), .may_write = true,
		.locked = !below(w, 12), .populate = !below(w, 6),
	};
}

static void map_anonymous(struct worker *w)
{
	struct map_request request = random_request(w);

	map(w, &request, -1);
}

static void map_shared_memory(struct worker *w)
{
	struct map_request request = random_request(w);

	request.object = free_object(w);
	request.shared = true;
	if (request.range.count > FILE_PAGES)
		request.range.count = FILE_PAGES;
	if (!request.object)
		return;
	request.object->size = request.range.count * PAGE;
	memset(request.object->words, 0, sizeof(request.object->words));
	map(w, &request, -1);
}

static void map_file(struct worker *w)
{
	struct map_request request = random_request(w);
	struct object *object = &w->object[below(w, SHARED_MEMORY)];
	bool read_only = !below(w, 6);

	request.object = object;
	request.shared = below(w, 2);
	request.may_write = !(request.shared && read_only);
	request.index = below(w, FILE_PAGES);
	map(w, &request, read_only ? object->read_fd : object->fd);
}

static void unmap(struct worker *w)
{
	struct range range = random_range(w);

	note_range(w, "munmap", range, 0, 0);
	model_unmap(&w->arena, range);
	expect(w, munmap(page_at(&w->arena, range.first), range.count * PAGE), 0);
}

// The heap's arena begins at the break of the process; what lies below it is mapped.
static void move_break(struct worker *w)
{
	struct range all = { 0, ARENA_PAGES };
	struct map_request request = {
		.prot = PROT_READ | PROT_WRITE, .may_write = true,
	};
	int before = 0, after = below(w, ARENA_PAGES);

	if (!w->heap.base)
		return;
	while (before < ARENA_PAGES && w->heap.page[before].mapped)
		before++;
	note(w, "brk", before, after, 0, 0);
	if (syscall(SYS_brk, page_at(&w->heap, after)) != (long)page_at(&w->heap, after))
		differs(w, "brk", -1, 0);
	note_result(w, 0);
	all.first = after;
	all.count -= after;
	model_unmap(&w->heap, all);
	request.range = (struct range){ before, after - before };
	if (after > before)
		model_map(&w->heap, &request);
}

/* --- attributes ----------------------------------------------------------------------------- */

void fuzz_protect(struct worker *w)
{
	struct range range = random_range(w);
	int prot = random_protection(w), result;

	note_range(w, "mprotect", range, prot, 0);
	result = mprotect(page_at(&w->arena, range.first), range.count * PAGE, prot);
	expect(w, result, model_protect(&w->arena, range, prot));
}

void fuzz_lock(struct worker *w)
{
	struct range range = random_range(w);
	bool on_fault = below(w, 2);
	int result;

	note_range(w, "mlock2", range, on_fault, 0);
	result = mlock2(page_at(&w->arena, range.first), range.count * PAGE,
			on_fault ? MLOCK_ONFAULT : 0);
	expect(w, result, model_lock(&w->arena, range, on_fault));
}

void fuzz_unlock(struct worker *w)
{
	struct range range = random_range(w);
	int result;

	note_range(w, "munlock", range, 0, 0);
	result = munlock(page_at(&w->arena, range.first), range.count * PAGE);
	expect(w, result, model_unlock(&w->arena, range));
}

static void advise_by(struct worker *w, int advice)
{
	struct range range = random_range(w);
	int result;

	note_range(w, "madvise", range, advice, 0);
	result = madvise(page_at(&w->arena, range.first), range.count * PAGE, advice);
	expect(w, result, model_advise(&w->arena, range, advice));
}

void fuzz_advise(struct worker *w)
{
	static const int advice[] = {
		MADV_DONTNEED, MADV_DONTNEED, MADV_DONTNEED, MADV_FREE, MADV_FREE,
		MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_POPULATE_WRITE, MADV_DONTFORK,
		MADV_DOFORK, MADV_DOFORK, MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED, MADV_NORMAL,
		MADV_RANDOM, MADV_SEQUENTIAL, MADV_DONTDUMP, MADV_DODUMP,
	};

	advise_by(w, advice[below(w, ARRAY_SIZE(advice))]);
}

static void advise_remove(struct worker *w)
{
	advise_by(w, MADV_REMOVE);
}

void fuzz_sync_range(struct worker *w)
{
	static const int flags[] = { MS_ASYNC, MS_SYNC, MS_INVALIDATE, MS_SYNC | MS_INVALIDATE };
	struct range range = random_range(w);
	int how = flags[below(w, ARRAY_SIZE(flags))], result;

	note_range(w, "msync", range, how, 0);
	result = msync(page_at(&w->arena, range.first), range.count * PAGE, how);
	expect(w, result, model_sync(&w->arena, range, how));
}

static void in_core(struct worker *w)
{
	struct range range = random_range(w);
	unsigned char in[ARENA_PAGES];
	int result;

	note_range(w, "mincore", range, 0, 0);
	result = mincore(page_at(&w->arena, range.first), range.count * PAGE, in);
	expect(w, result, model_all_mapped(&w->arena, range));
}

/* --- mremap --------------------------------------------------------------------------------- */

static int call_mremap(struct worker *w, struct range from, struct range to, int flags)
{
	void *got;

	note(w, flags ? "mremap to" : "mremap", from.first, from.count, to.first, to.count);
	got = mremap(page_at(&w->arena, from.first), from.count * PAGE, to.count * PAGE, flags,
		     page_at(&w->arena, to.first));
	if (got != MAP_FAILED && got != page_at(&w->arena, to.first))
		differs(w, "address", (long)got, (long)page_at(&w->arena, to.first));
	return got == MAP_FAILED ? -1 : 0;
}

static void shrink(struct worker *w, struct range range, int left)
{
	int result = call_mremap(w, range, (struct range){ range.first, left }, 0);

	if (!w->arena.page[range.first].mapped) {
		expect(w, result, EFAULT);
		return;
	}
	model_unmap(&w->arena, (struct range){ range.first + left, range.count - left });
	expect(w, result, 0);
}

// EFAULT where a mapping ends within the range. Sets *known to false if nobody can tell, and the
// result must be one of the two.
static int crossing(struct worker *w, struct range range, int result)
{
	enum certainty one = model_one_mapping(&w->arena, range);

	if (one == PERHAPS)
		return result < 0 && errno == EFAULT ? EFAULT : 0;
	return one == YES ? 0 : EFAULT;
}

static void grow(struct worker *w, struct range range, int pages)
{
	struct range longer = { range.first, range.count + pages };
	struct range added = { range.first + range.count, pages };
	int result, want;

	if (longer.first + longer.count > ARENA_PAGES)
		return;
	result = call_mremap(w, range, longer, 0);
	want = crossing(w, range, result);
	if (!want && model_any_mapped(&w->arena, added))
		want = ENOMEM;
	if (!want)
		model_grow(&w->arena, range, pages);
	expect(w, result, want);
}

// The target is unmapped, and what is to be cut off the source too, before Linux looks whether the
// source is one mapping.
static void move(struct worker *w, struct range from, struct range to, bool stays)
{
	struct range rest = { from.first + to.count, from.count - to.count };
	int result = call_mremap(w, from, to, MREMAP_MAYMOVE | MREMAP_FIXED |
				 (stays ? MREMAP_DONTUNMAP : 0)), want;

	if (!w->arena.page[from.first].mapped) {
		expect(w, result, EFAULT);
		return;
	}
	if (from.first < to.first + to.count && to.first < from.first + from.count) {
		expect(w, result, EINVAL);
		return;
	}
	model_unmap(&w->arena, to);
	if (rest.count > 0) {
		model_unmap(&w->arena, rest);
		from.count = to.count;
	}
	want = crossing(w, from, result);
	if (!want)
		model_move(&w->arena, from, to, stays);
	expect(w, result, want);
}

static void remap(struct worker *w)
{
	struct range from = random_range(w), to = random_range(w);

	switch (below(w, 5)) {
	case 0:
		shrink(w, from, 1 + below(w, from.count));
		break;
	case 1:
		grow(w, from, 1 + below(w, 4));
		break;
	case 2:
		move(w, from, to, false);
		break;
	default:
		to.count = from.count;
		if (to.first + to.count <= ARENA_PAGES)
			move(w, from, to, !below(w, 3));
	}
}

const struct operation call_operations[] = {
	{ map_anonymous, 40, false },
	{ map_shared_memory, 16, false },
	{ map_file, 40, false },
	{ unmap, 24, false },
	{ move_break, 10, false },
	{ fuzz_protect, 50, false },
	{ fuzz_lock, 10, false },
	{ fuzz_unlock, 14, false },
	{ fuzz_advise, 60, false },
	{ advise_remove, 10, true },
	{ fuzz_sync_range, 6, false },
	{ in_core, 4, false },
	{ remap, 30, false },
	{},
};
