// SPDX-License-Identifier: MIT
/*
 * mm_check(): walks everything and asserts every numbered invariant that can be seen from outside;
 * for tests and labs (/proc/sys/vm/mm_check).  leak_snapshot(): how much there is of everything
 * that must come back to where it was when a test's processes have gone.
 */
#ifndef MM_CHECK_H
#define MM_CHECK_H

#include "lib/list.h"
#include "lib/types.h"

struct folio;

/*
 * One more thing to walk.  check() returns 0, or -EIO after mm_check_failed().  It may sleep; the
 * system goes on running meanwhile, so it takes the locks of what it looks at.
 */
struct mm_checker {
	const char *name;
	int (*check)(void);
	struct list_head list;
};

void register_mm_checker(struct mm_checker *checker);
/* -EIO; if the checker ends with that, mm_check() prints "mm_check: <invariant> broken: …". */
int __printf(2, 3) mm_check_failed(const char *invariant, const char *fmt, ...);
/* 0, or -EIO after a line for the first broken invariant. */
int mm_check(void);

/* One more line of the snapshot. */
struct leak_counter {
	const char *name;
	unsigned long (*count)(void);
	struct list_head list;
};

void register_leak_counter(struct leak_counter *counter);
/* A frame is a device's content from now on, for good: no test has left it behind. */
void leak_except_frame(void);
/* `name count` lines; drains what is cached by hart first.  Returns bytes.  May sleep. */
size_t leak_snapshot(char *buf, size_t size);

#endif
