// SPDX-License-Identifier: MIT
/*
 * A folio as a policy may know it (mm/policy.h, P1).  On the host this header stands before the
 * kernel's own: a policy that looks at more than is promised to it does not compile here.
 */
#ifndef MM_FOLIO_H
#define MM_FOLIO_H

#include "lib/list.h"
#include "lib/types.h"

struct folio {
	struct list_head lru;
	u8 policy[3];
};

#endif
