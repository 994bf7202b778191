// SPDX-License-Identifier: MIT
/*
 * fuzz_look.c - looking at the arenas from aside: through /proc, and from neighbours
 *
 * Looks change no content, but they walk page tables, fault pages in, take references to them and
 * write-protect them while their owner goes on.
 */
#include "user/usertests/fuzz.h"
#include "user/usertests/maps.h"
#include <sys/uio.h>

/* --- /proc ---------------------------------------------------------------------------------- */

static void compare_mapping(struct worker *w, const struct mapping *mapping,
			    bool seen[ARENA_PAGES])
{
	for (int i = 0; i < ARENA_PAGES; i++) {
		const struct page *page = &w->arena.page[i];
		char *at = page_at(&w->arena, i);

		if (at < mapping->start || at >= mapping->end)
			continue;
		seen[i] = true;
		if (!page->mapped || (mapping->flags[0] == 'r') != !!(page->prot & PROT_READ) ||
		    (mapping->flags[1] == 'w') != !!(page->prot & PROT_WRITE) ||
		    (mapping->flags[3] == 's') != page->shared)
			differs(w, "page in maps, as it is said there", i, page->prot);
		if (page->object &&
		    mapping->offset + (at - mapping->start) != page->index * PAGE)
			differs(w, "offset in maps", mapping->offset, page->index * PAGE);
	}
}

static void read_maps(struct worker *w)
{
	char *text = w->text;
	bool seen[ARENA_PAGES] = {};
	struct mapping mapping;

	note(w, "maps", 0, 0, 0, 0);
	slurp("/proc/self/maps", text, sizeof(w->text));
	if (strlen(text) == sizeof(w->text) - 1)
		return;
	for (char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (sscanf(line, "%p-%p %7s %lx", (void **)&mapping.start, (void **)&mapping.end,
			   mapping.flags, &mapping.offset) == 4)
			compare_mapping(w, &mapping, seen);
	for (int i = 0; i < ARENA_PAGES; i++)
		if (w->arena.page[i].mapped && !seen[i])
			differs(w, "pages in maps", 0, i);
	note_result(w, 0);
}

// A page that is there is the file's, or it is not.
static void read_pagemap(struct worker *w)
{
	uint64_t words[ARENA_PAGES];
	int fd = open("/proc/self/pagemap", O_RDONLY);
	ssize_t n;

	note(w, "pagemap", 0, 0, 0, 0);
	n = pread(fd, words, sizeof(words), (uintptr_t)w->arena.base / PAGE * 8);
	close(fd);
	expect(w, whole(n, sizeof(words)), 0);
	for (int i = 0; i < ARENA_PAGES; i++) {
		const struct page *page = &w->arena.page[i];

		if (!(words[i] & PM_PRESENT))
			continue;
		if (!page->mapped)
			differs(w, "page that is present", i, -1);
		if (!!(words[i] & PM_FILE) != (page->object && !page->own))
			differs(w, "page with pagemap's bit 61", i, page->own);
	}
}

static void read_smaps(struct worker *w)
{
	note(w, "smaps", 0, 0, 0, 0);
	slurp("/proc/self/smaps", w->text, sizeof(w->text));
	note_result(w, 0);
}

// 1 to 3 make pages old, 4 makes them clean in the sense of soft-dirty: writable no more.
void fuzz_clear_refs(struct worker *w)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY), what = 1 + below(w, 4);

	note(w, "clear_refs", what, 0, 0, 0);
	expect(w, whole(write(fd, &"1234"[what - 1], 1), 1), 0);
	close(fd);
}

/* --- neighbours ----------------------------------------------------------------------------- */

static const void *random_address(struct worker *w)
{
	return w->area + below(w, w->area_pages * PAGE / 8) * 8;
}

// Whatever is there, or is no more when the load comes.
static void peek_at_neighbours(struct worker *w)
{
	note(w, "peek", 0, 0, 0, 0);
	for (int i = 0; i < 20; i++)
		peek(random_address(w));
	note_result(w, 0);
}

static void peek_at_process(struct worker *w)
{
	uint64_t words[20];
	struct iovec here = { words, 8 }, there = { (void *)random_address(w), 8 };

	if (!w->neighbour)
		return;
	note(w, "peek at process", w->neighbour, 0, 0, 0);
	if (process_vm_readv(w->neighbour, &here, 1, &there, 1, 0) == 8)
		note_result(w, 0);
	else if (errno == EFAULT || errno == ESRCH)
		note_result(w, -errno);
	else
		differs(w, "peek", errno, EFAULT);
}

const struct operation look_operations[] = {
	{ read_maps, 4, false },
	{ read_pagemap, 8, false },
	{ read_smaps, 1, false },
	{ fuzz_clear_refs, 3, false },
	{ peek_at_neighbours, 30, false },
	{ peek_at_process, 10, false },
	{},
};
