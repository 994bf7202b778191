// SPDX-License-Identifier: MIT
/*
 * fuzz_copy.c - the kernel's copies between files and random pages
 *
 * A copy into user memory is a store, one from it a load, that fails with EFAULT instead of a
 * signal. Several pages at once are copied one after the other, as far as it goes.
 */
#include "user/usertests/fuzz.h"
#include <sys/uio.h>

/* --- a word --------------------------------------------------------------------------------- */

static void read_into_page(struct worker *w)
{
	struct spot spot = random_spot(w);
	enum access access = model_access(spot.page, true);
	struct object *object = random_file(w);
	int page = below(w, FILE_PAGES), word = below(w, WORDS);
	size_t offset = page * PAGE + word_offset[word];
	ssize_t n;

	if (!may_store(w, &spot))
		return;
	note(w, "pread into", spot.number, spot.word, object - w->object, offset);
	n = pread(object->fd, (void *)spot.at, 8, offset);
	if (offset >= object->size) {
		expect(w, n, 0);
		return;
	}
	expect(w, whole(n, 8), access == FINE ? 0 : EFAULT);
	if (access == FINE)
		stored(&spot, object->words[page][word]);
}

static void write_from_page(struct worker *w)
{
	struct spot spot = random_spot(w);
	enum access access = model_access(spot.page, false);
	struct object *object = random_file(w);
	int page = below(w, FILE_PAGES), word = below(w, WORDS);
	size_t offset = page * PAGE + word_offset[word];
	uint64_t value = 0;
	ssize_t n;

	if (access == FINE && model_read(spot.page, spot.word, &value))
		return;
	note(w, "pwrite from", spot.number, spot.word, object - w->object, offset);
	n = pwrite(object->fd, (void *)spot.at, 8, offset);
	expect(w, whole(n, 8), access == FINE ? 0 : EFAULT);
	if (access != FINE)
		return;
	if (offset + 8 > object->size)
		model_resize(&w->arena, object, offset + 8);
	object->words[page][word] = value;
}

// The same by another way into the kernel: it takes the pages by their addresses.
static void copy_remotely(struct worker *w)
{
	struct spot spot = random_spot(w);
	bool write = below(w, 2) && may_store(w, &spot);
	enum access access = model_access(spot.page, write);
	uint64_t value = new_token(w);
	struct iovec here = { &value, 8 }, there = { (void *)spot.at, 8 };
	ssize_t n;

	note(w, write ? "process_vm_writev" : "process_vm_readv", spot.number, spot.word, 0, 0);
	n = write ? process_vm_writev(getpid(), &here, 1, &there, 1, 0)
		  : process_vm_readv(getpid(), &here, 1, &there, 1, 0);
	expect(w, whole(n, 8), access == FINE ? 0 : EFAULT);
	if (access == FINE && write)
		stored(&spot, value);
	else if (access == FINE)
		check_value(w, &spot, value);
}

/* --- pages ---------------------------------------------------------------------------------- */

static bool may_store_page(const struct worker *w, const struct page *page)
{
	if (!page->mapped || !page->shared || model_access(page, true) != FINE)
		return true;
	return !w->sharing && (page->index + 1) * PAGE <= page->object->size;
}

static void store_page(struct page *page, const struct object *object, int index)
{
	uint64_t words[WORDS];

	memcpy(words, object->words[index], sizeof(words));	// it may be the same page
	for (int word = 0; word < WORDS; word++)
		model_write(page, word, words[word]);
	page->freed = false;
}

static void load_page(const struct page *page, struct worker *w, struct object *object, int index)
{
	uint64_t words[WORDS];

	for (int word = 0; word < WORDS; word++)
		model_read(page, word, &words[word]);
	if ((index + 1) * PAGE > object->size)
		model_resize(&w->arena, object, (index + 1) * PAGE);
	memcpy(object->words[index], words, sizeof(words));
}

// What a transfer gives that comes to an end after so many pages.
static void expect_pages(struct worker *w, ssize_t n, int pages)
{
	if (pages)
		expect(w, whole(n, pages * PAGE), 0);
	else
		expect(w, n, EFAULT);
}

static void read_into_pages(struct worker *w)
{
	struct range range = random_range(w);
	struct object *object = random_file(w);
	int index = below(w, FILE_PAGES), done = 0;
	ssize_t n;

	if ((index + range.count) * PAGE > object->size)
		return;
	for (int i = 0; i < range.count; i++)
		if (!may_store_page(w, &w->arena.page[range.first + i]))
			return;
	note(w, "pread pages into", range.first, range.count, object - w->object, index);
	n = pread(object->fd, page_at(&w->arena, range.first), range.count * PAGE, index * PAGE);
	for (; done < range.count; done++) {
		struct page *page = &w->arena.page[range.first + done];

		if (model_access(page, true) != FINE)
			break;
		store_page(page, object, index + done);
	}
	expect_pages(w, n, done);
}

// => a source that shows the file behind its old end is there as soon as the file has grown
static void write_from_pages(struct worker *w)
{
	struct range range = random_range(w);
	struct object *object = random_file(w);
	int index = below(w, FILE_PAGES), done = 0;
	ssize_t n;

	if (index + range.count > FILE_PAGES)
		return;
	for (int i = 0; i < range.count; i++)
		if (w->arena.page[range.first + i].freed)
			return;
	note(w, "pwrite pages from", range.first, range.count, object - w->object, index);
	n = pwrite(object->fd, page_at(&w->arena, range.first), range.count * PAGE, index * PAGE);
	for (; done < range.count; done++) {
		struct page *page = &w->arena.page[range.first + done];

		if (model_access(page, false) != FINE)
			break;
		load_page(page, w, object, index + done);
	}
	expect_pages(w, n, done);
}

/* --- direct I/O ----------------------------------------------------------------------------- */

// A page of the disk file that direct I/O can read or write as a whole, and a page to do it with
// that does not show the same file.
static struct page *direct_pages(struct worker *w, int *number, int *index)
{
	struct object *object = &w->object[DISK_FILE];
	struct page *page = &w->arena.page[*number = below(w, ARENA_PAGES)];

	*index = below(w, FILE_PAGES);
	if (object->direct_fd < 0 || page->object == object || page->freed ||
	    (*index + 1) * PAGE > object->size)
		return NULL;
	if (page->shared && (page->index + 1) * PAGE > page->object->size)
		return NULL;
	return page;
}

static void read_directly(struct worker *w)
{
	int number, index;
	struct object *object = &w->object[DISK_FILE];
	struct page *page = direct_pages(w, &number, &index);
	ssize_t n;

	if (!page || model_access(page, true) != FINE || (page->shared && w->sharing))
		return;
	note(w, "direct read", number, index, 0, 0);
	n = pread(object->direct_fd, page_at(&w->arena, number), PAGE, index * PAGE);
	expect(w, whole(n, PAGE), 0);
	store_page(page, object, index);
}

static void write_directly(struct worker *w)
{
	int number, index;
	struct object *object = &w->object[DISK_FILE];
	struct page *page = direct_pages(w, &number, &index);
	ssize_t n;

	if (!page || model_access(page, false) != FINE)
		return;
	note(w, "direct write", number, index, 0, 0);
	n = pwrite(object->direct_fd, page_at(&w->arena, number), PAGE, index * PAGE);
	expect(w, whole(n, PAGE), 0);
	load_page(page, w, object, index);
}


const struct operation copy_operations[] = {
	{ read_into_page, 30, false },
	{ write_from_page, 30, true },
	{ copy_remotely, 20, false },
	{ read_into_pages, 12, false },
	{ write_from_pages, 12, true },
	{ read_directly, 8, false },
	{ write_directly, 6, true },
	{},
};
