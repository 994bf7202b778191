// SPDX-License-Identifier: MIT
/*
 * Clocks. Time inside the kernel is a u64 or s64 in nanoseconds (ktime); the hart's `time` CSR
 * counts at the device tree's timebase-frequency.
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <linux/time_types.h>
#include "lib/types.h"

#define NSEC_PER_SEC	1000000000L
#define NSEC_PER_MSEC	1000000L
#define NSEC_PER_USEC	1000L
#define KTIME_MAX	((s64)0x7fffffffffffffff)
#define TICK_NS		(NSEC_PER_SEC / 250)	/* a hart's tick while it runs a task */
#define USER_HZ		100		/* of times(2) and /proc */

/* Since boot, never goes back, the same on all harts. */
u64 ktime_get_ns(void);
/* Since 1970; the RTC (goldfish, from the device tree) gives the start. */
u64 ktime_get_real_ns(void);
/* Boot: reads the timebase from the device tree; before it the clock shows 0. */
void time_init(void);
u64 time_to_ns(u64 ticks);
u64 ns_to_time(u64 ns);
/* For the vDSO and the timer: ns = ticks * mult >> shift. */
extern u32 clock_mult, clock_shift;
extern u64 clock_real_offset;		/* realtime = monotonic + this */
extern u64 timebase_frequency;

static inline u64 rdtime(void)
{
	u64 t;

	__asm__ volatile("rdtime %0" : "=r"(t));
	return t;
}

static inline struct __kernel_timespec ns_to_timespec(u64 ns)
{
	return (struct __kernel_timespec){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
}

/* Valid as POSIX asks: tv_nsec below 10^9, tv_sec not negative. */
static inline bool timespec_valid(const struct __kernel_timespec *ts)
{
	return ts->tv_sec >= 0 && (unsigned long)ts->tv_nsec < NSEC_PER_SEC;
}

/* Saturates at KTIME_MAX. */
static inline s64 timespec_to_ns(const struct __kernel_timespec *ts)
{
	if (ts->tv_sec >= KTIME_MAX / NSEC_PER_SEC)
		return KTIME_MAX;
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

#endif
