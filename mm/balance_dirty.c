// SPDX-License-Identifier: MIT
/*
 *              freely            flusher writes              writers sleep
 *   0 ───────────────── background ─────────────── limit ─────────────────>  dirty + writeback
 *
 * A writer is counted in batches of RATELIMIT_PAGES a hart, so that the sums over all harts are not
 * made for each page; the limit is exceeded by as much.  Who sleeps is woken when a folio's
 * writeback ends: so he goes on at the speed of the device, whatever that is.
 *
 * B1  Whatever lowers the sum or raises the limit looks for sleepers afterwards: the end of
 *     writeback, truncation of what was dirty, a new setting.
 */
#include "mm/balance_dirty.h"

#include "kernel/errno.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "kernel/wait.h"
#include "mm/page_alloc.h"
#include "mm/page_writeback.h"
#include "mm/vmscan.h"
#include "mm/vmstat.h"
#include "mm/writeback.h"

#define RATELIMIT_PAGES	32
#define MAX_LIMIT	((unsigned long)UINT_MAX)	/* pages */

int vm_dirty_ratio = 20, dirty_background_ratio = 10;
unsigned long vm_dirty_bytes, dirty_background_bytes;

static DEFINE_WAIT_QUEUE_HEAD(throttle_wait);	/* for writeback to end */
static int dirtied[NR_CPUS];			/* since the hart last looked */

/* --- the thresholds --- */

int dirty_ratio_changed(void)
{
	if (vm_dirty_ratio)
		vm_dirty_bytes = 0;
	wake_throttled_writers();
	return 0;
}

int dirty_background_ratio_changed(void)
{
	dirty_background_bytes = 0;
	return 0;
}

/* Takes a new number of bytes over, or gives *@bytes its last one back. */
static int bytes_changed(unsigned long *bytes, unsigned long *last, int *ratio)
{
	if (*bytes > MAX_LIMIT * PAGE_SIZE) {
		*bytes = *ratio ? 0 : *last;
		return -ERANGE;
	}
	*last = *bytes;
	*ratio = 0;
	wake_throttled_writers();
	return 0;
}

int dirty_bytes_changed(void)
{
	static unsigned long last;

	return bytes_changed(&vm_dirty_bytes, &last, &vm_dirty_ratio);
}

int dirty_background_bytes_changed(void)
{
	static unsigned long last;

	return bytes_changed(&dirty_background_bytes, &last, &dirty_background_ratio);
}

/* Frames that could become dirty page cache, less what reclaim keeps free. */
static unsigned long dirtyable_pages(void)
{
	unsigned long pages = nr_free_pages() + lru_size(KIND_FILE),
		      reserve = zone.watermark[WMARK_HIGH];

	return pages > reserve ? pages - reserve : 0;
}

static unsigned long threshold(unsigned long bytes, int ratio)
{
	unsigned long pages = bytes ? DIV_ROUND_UP(bytes, PAGE_SIZE)
				    : dirtyable_pages() * ratio / 100;

	return min(pages, MAX_LIMIT);
}

void global_dirty_limits(unsigned long *background, unsigned long *limit)
{
	*limit = threshold(READ_ONCE(vm_dirty_bytes), READ_ONCE(vm_dirty_ratio));
	*background = threshold(READ_ONCE(dirty_background_bytes),
				READ_ONCE(dirty_background_ratio));
	if (*background >= *limit)
		*background = *limit / 2;
}

static unsigned long dirty_pages(void)
{
	return vm_state(NR_FILE_DIRTY) + vm_state(NR_WRITEBACK);
}

bool over_background_limit(void)
{
	unsigned long background, limit;

	global_dirty_limits(&background, &limit);
	return dirty_pages() > background;
}

static bool over_limit(void)
{
	unsigned long background, limit;

	global_dirty_limits(&background, &limit);
	return dirty_pages() > limit;
}

/* --- sleeping --- */

void balance_dirty_pages(void)
{
	if (!over_background_limit())
		return;
	wakeup_flusher_background();
	wait_event_killable(&throttle_wait, !over_limit());
}

bool balance_dirty_pages_due(struct address_space *mapping)
{
	int *count = &dirtied[smp_processor_id()];

	if (!mapping_can_writeback(mapping) || ++*count < RATELIMIT_PAGES)
		return false;
	*count = 0;
	return true;
}

void writeback_throttle_reclaim(void)
{
	unsigned long written = vm_state(NR_WRITTEN);

	wait_event_timeout(&throttle_wait, vm_state(NR_WRITTEN) != written, 100 * NSEC_PER_MSEC);
}

void wake_throttled_writers(void)
{
	if (waitqueue_active(&throttle_wait))
		wake_up_all(&throttle_wait);
}
