// SPDX-License-Identifier: MIT
/* Neighbouring requests become one.  Pure: lists in memory; who owns the list has its lock. */
#ifndef DRIVERS_BLK_MERGE_H
#define DRIVERS_BLK_MERGE_H

#include "drivers/bio.h"

/*
 * True: the bios of @rq now belong to a request on @list, and @rq is none any more.  False: nothing
 * has changed.
 */
bool blk_merge(struct list_head *list, struct request *rq);

#endif
