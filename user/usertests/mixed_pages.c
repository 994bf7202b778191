// SPDX-License-Identifier: MIT
// mixed_pages.c - pages with a model of what they hold, some of which a failed read takes away
#include "user/usertests/mixed.h"
#include <setjmp.h>

static __thread sigjmp_buf after_loss;
static __thread volatile sig_atomic_t may_be_lost;

static void lose_page(int sig)
{
	if (may_be_lost)
		siglongjmp(after_loss, 1);
	signal(sig, SIG_DFL);	// it comes again, and ends us
}

void catch_lost_pages(void)
{
	on_signal(SIGBUS, lose_page, SA_NODEFER);
}

/*
 * Runs the statement; true if SIGBUS came instead. The mask need not be kept: SA_NODEFER.
 */
#define LOST(statement)								\
	({									\
		bool lost_ = true;						\
		may_be_lost = failing;						\
		if (!sigsetjmp(after_loss, 0)) {				\
			statement;						\
			lost_ = false;						\
		}								\
		may_be_lost = false;						\
		lost_;								\
	})

struct pages new_pages(size_t count, int flags, int fd)
{
	struct pages pages = { .count = count };

	pages.p = (char *)GRANTED(mmap(NULL, count * PAGE, RW, flags, fd, 0));
	pages.holds = (uint64_t *)GRANTED(mmap(NULL, count * 8, RW, ANON, -1, 0));
	return pages;
}

void free_pages(struct pages *pages)
{
	GRANTED(munmap(pages->p, pages->count * PAGE));
	GRANTED(munmap(pages->holds, pages->count * 8));
}

static volatile uint64_t *first_word(const struct pages *pages, size_t i)
{
	return (volatile uint64_t *)(pages->p + i * PAGE);
}

static volatile uint64_t *last_word(const struct pages *pages, size_t i)
{
	return (volatile uint64_t *)(pages->p + (i + 1) * PAGE - 8);
}

static void store_page(struct pages *pages, size_t i, uint64_t number)
{
	pages->holds[i] = UNKNOWN;
	if (!LOST(*first_word(pages, i) = number; *last_word(pages, i) = ~number))
		pages->holds[i] = number;
}

static void check_page(const struct pages *pages, size_t i)
{
	volatile uint64_t first, last;
	uint64_t want = pages->holds[i];

	if (want == UNKNOWN || LOST(first = *first_word(pages, i); last = *last_word(pages, i)))
		return;
	if (first != want || last != (want ? ~want : 0))
		fail(HERE("content"), "page %zu of %zu at %p: want %#lx, got %#lx and ~%#lx", i,
		     pages->count, pages->p + i * PAGE, want, first, ~last);
}

// A random range, short ones mostly.
static size_t some(struct job *job, const struct pages *pages, size_t *end)
{
	size_t begin = job_below(job, pages->count), most = job_below(job, 4) ? 8 : 200;

	*end = begin + 1 + job_below(job, most);
	if (*end > pages->count)
		*end = pages->count;
	return begin;
}

void store_some(struct job *job, struct pages *pages, size_t first, size_t step)
{
	size_t end, begin = some(job, pages, &end);

	for (size_t i = begin; i < end; i++)
		if (i % step == first)
			store_page(pages, i, job_random(job) >> 1 | 1);
}

void check_some(struct job *job, const struct pages *pages, size_t first, size_t step)
{
	size_t end, begin = some(job, pages, &end);

	for (size_t i = begin; i < end; i++)
		if (i % step == first)
			check_page(pages, i);
}

void check_all(const struct pages *pages, size_t first, size_t step)
{
	for (size_t i = first; i < pages->count; i += step)
		check_page(pages, i);
}

void advise_some(struct job *job, struct pages *pages, int advice)
{
	size_t end, begin = some(job, pages, &end);

	if (advice == MADV_DONTNEED)
		memset(pages->holds + begin, 0, (end - begin) * 8);
	GRANTED(madvise(pages->p + begin * PAGE, (end - begin) * PAGE, advice));
}

bool add_word(uint64_t *word, uint64_t what, uint64_t *before)
{
	return !LOST(*before = __atomic_fetch_add(word, what, __ATOMIC_RELAXED));
}
