// SPDX-License-Identifier: MIT
/* How hard an allocation may try, in Linux's words. */
#ifndef MM_GFP_H
#define MM_GFP_H

#include "lib/types.h"

#define __GFP_DIRECT_RECLAIM	0x01u	/* may sleep and free memory itself */
#define __GFP_IO		0x02u	/* may start I/O for it */
#define __GFP_FS		0x04u	/* may call into file systems for it */
#define __GFP_HIGH		0x08u	/* may go below the low watermark, into half of min */
#define __GFP_ZERO		0x10u
#define __GFP_NOWARN		0x20u
#define __GFP_NOFAIL		0x40u	/* the caller cannot fail: wait */
#define __GFP_KSWAPD_RECLAIM	0x80u	/* wake kswapd when low */
#define __GFP_NOMEMALLOC	0x100u	/* not from the PF_MEMALLOC reserve */
#define __GFP_NORETRY		0x200u
#define __GFP_MOVABLE		0x400u	/* user pages: may be reclaimed */
#define __GFP_WRITE		0x800u	/* of a file: it will be dirty at once */

#define GFP_ATOMIC	(__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_NOWAIT	(__GFP_KSWAPD_RECLAIM)
#define GFP_NOIO	(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define GFP_NOFS	(GFP_NOIO | __GFP_IO)
#define GFP_KERNEL	(GFP_NOFS | __GFP_FS)
#define GFP_USER	GFP_KERNEL
#define GFP_HIGHUSER_MOVABLE (GFP_USER | __GFP_MOVABLE)

#endif
