// SPDX-License-Identifier: MIT
// fuzz_files.c - random changes to the files that are mapped, and their way to the disk
#include "user/usertests/fuzz.h"
#include <linux/falloc.h>

struct object *random_file(struct worker *w)
{
	return &w->object[below(w, SHARED_MEMORY)];
}

static void truncate_file(struct worker *w)
{
	struct object *object = random_file(w);
	size_t size = below(w, FILE_PAGES + 1) * PAGE;

	if (size && below(w, 2))
		size -= 8 * below(w, PAGE / 8);
	note(w, "ftruncate", object - w->object, size, 0, 0);
	expect(w, ftruncate(object->fd, size), 0);
	model_resize(&w->arena, object, size);
}

// The page that a hole begins or ends in stays; only what lies in the hole is zeroed.
static void punch_hole(struct worker *w)
{
	struct object *object = &w->object[MEMORY_FILE];
	size_t first = below(w, FILE_PAGES) * PAGE + word_offset[below(w, WORDS)];
	size_t length = 8 + 8 * below(w, 4 * PAGE / 8);

	note(w, "fallocate hole", object - w->object, first, length, 0);
	expect(w, fallocate(object->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, first, length),
	       0);
	for (size_t page = 0; page < FILE_PAGES; page++)
		for (int word = 0; word < WORDS; word++) {
			size_t at = page * PAGE + word_offset[word];

			if (at >= first && at < first + length)
				object->words[page][word] = 0;
		}
}

static void allocate(struct worker *w)
{
	struct object *object = &w->object[MEMORY_FILE];
	size_t first = below(w, FILE_PAGES) * PAGE, length = PAGE * (1 + below(w, 3));
	bool keep_size = below(w, 2);

	if (first + length > FILE_PAGES * PAGE)
		return;
	note(w, "fallocate", object - w->object, first, length, keep_size);
	expect(w, fallocate(object->fd, keep_size ? FALLOC_FL_KEEP_SIZE : 0, first, length), 0);
	if (!keep_size && first + length > object->size)
		model_resize(&w->arena, object, first + length);
}

static void sync_file(struct worker *w)
{
	struct object *object = random_file(w);

	note(w, "fdatasync", object - w->object, 0, 0, 0);
	expect(w, fdatasync(object->fd), 0);
}

// Clean pages go from the page cache, mapped ones perhaps not; nothing may be lost by it.
static void forget_file(struct worker *w)
{
	struct object *object = random_file(w);

	note(w, "fadvise, no need", object - w->object, 0, 0, 0);
	expect(w, posix_fadvise(object->fd, 0, 0, POSIX_FADV_DONTNEED) ? -1 : 0, 0);
}

static void drop_caches(struct worker *w)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	note(w, "drop_caches", 0, 0, 0, 0);
	if (fd >= 0 && write(fd, "3", 1) < 0)
		note_result(w, -errno);	// not everybody may
	close(fd);
}

const struct operation file_operations[] = {
	{ truncate_file, 16, true },
	{ punch_hole, 8, true },
	{ allocate, 4, true },
	{ sync_file, 4, false },
	{ forget_file, 4, false },
	{ drop_caches, 1, false },
	{},
};
