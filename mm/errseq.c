// SPDX-License-Identifier: MIT
/*
 * The count goes up only if somebody has seen the value before: many errors between two looks are
 * one.  A sampled 0 differs from every recorded error, since an errno is never 0.
 */
#include "mm/errseq.h"

#include "lib/atomic.h"
#include "lib/err.h"

#define ERRSEQ_ERRNO	0xfffu
#define ERRSEQ_SEEN	0x1000u
#define ERRSEQ_INC	0x2000u

static_assert(MAX_ERRNO <= ERRSEQ_ERRNO);

void errseq_set(errseq_t *eseq, int err)
{
	errseq_t old = READ_ONCE(*eseq), new;

	do {
		new = (old & ~(ERRSEQ_ERRNO | ERRSEQ_SEEN)) | (u32)-err;
		if (old & ERRSEQ_SEEN)
			new += ERRSEQ_INC;
	} while (new != old && !try_cmpxchg(eseq, &old, new));
}

errseq_t errseq_sample(errseq_t *eseq)
{
	errseq_t now = READ_ONCE(*eseq);

	return now & ERRSEQ_SEEN ? now : 0;
}

int errseq_check(const errseq_t *eseq, errseq_t since)
{
	errseq_t now = READ_ONCE(*eseq);

	return now == since ? 0 : -(int)(now & ERRSEQ_ERRNO);
}

int errseq_check_and_advance(errseq_t *eseq, errseq_t *since)
{
	errseq_t old = READ_ONCE(*eseq);

	if (old == *since)
		return 0;
	/* If another error came just now, it stays unseen here and will be reported next time. */
	cmpxchg(eseq, old, old | ERRSEQ_SEEN);
	*since = old | ERRSEQ_SEEN;
	return -(int)(old & ERRSEQ_ERRNO);
}
