// SPDX-License-Identifier: MIT
/*
 * A write error that each open file shall hear about once: the errno of the last error and a count,
 * in one word. A file samples it when opened; fsync() checks whether it has moved since.
 *
 * Bits 0-11: errno.  Bit 12: somebody has seen this value, so the next error must count on.  Above:
 * the count.
 */
#ifndef MM_ERRSEQ_H
#define MM_ERRSEQ_H

#include "lib/types.h"

typedef u32 errseq_t;

/* Records a negative errno.  Any context. */
void errseq_set(errseq_t *eseq, int err);
/* The value for a new open file: an error that nobody has seen yet will be reported to it too. */
errseq_t errseq_sample(errseq_t *eseq);
/* The error since @since, or 0. */
int errseq_check(const errseq_t *eseq, errseq_t since);
/*
 * The same, and *since becomes the current value: each error is returned once.  Caller serialises
 * *since.
 */
int errseq_check_and_advance(errseq_t *eseq, errseq_t *since);

#endif
