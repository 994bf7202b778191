// SPDX-License-Identifier: MIT
/*
 * types.h - the names of types and the small arithmetic that every file uses.
 *
 * The fixed-width types have the same C types as UAPI's __u8..__u64, so a pointer to one is a
 * pointer to the other; u64 is therefore `unsigned long long` and prints as %llu. The POSIX
 * names that UAPI leaves to a C library are defined here for the kernel; on the host, where
 * unit tests run, the C library's own are used.
 */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef signed short s16;
typedef signed int s32;
typedef signed long long s64;

#if __STDC_HOSTED__
#include <sys/types.h>
#else
typedef long ssize_t;
typedef s64 loff_t;
typedef int pid_t;
typedef u32 uid_t;
typedef u32 gid_t;
typedef u32 mode_t;
typedef u32 dev_t;
typedef unsigned long ino_t;
#endif

typedef unsigned short umode_t;	   /* S_IF* and permission bits of an inode */
typedef unsigned int gfp_t;	   /* how an allocation may behave; bits in mm/gfp.h */
typedef unsigned long pgoff_t;	   /* offset into a file or a swap area, in pages */
typedef u64 sector_t;		   /* offset into a disk, in units of 512 bytes */
typedef unsigned long phys_addr_t; /* physical address, in bytes */
typedef s64 ktime_t;		   /* nanoseconds */
typedef s64 time64_t;		   /* seconds */

#define U8_MAX ((u8)~0)
#define U16_MAX ((u16)~0)
#define U32_MAX (~0U)
#define U64_MAX (~0ULL)
#define S32_MAX ((s32)(U32_MAX >> 1))
#define S32_MIN (-S32_MAX - 1)
#define S64_MAX ((s64)(U64_MAX >> 1))
#define S64_MIN (-S64_MAX - 1)
#ifndef INT_MAX
#define INT_MAX ((int)(~0U >> 1))
#define INT_MIN (-INT_MAX - 1)
#define UINT_MAX (~0U)
#define LONG_MAX ((long)(~0UL >> 1))
#define LONG_MIN (-LONG_MAX - 1)
#define ULONG_MAX (~0UL)
#endif

#define BITS_PER_LONG 64
#define BIT(n) (1UL << (n))
#define GENMASK(high, low) ((~0UL << (low)) & (~0UL >> (BITS_PER_LONG - 1 - (high))))

/* x rounded up or down to a multiple of a; a is a power of two. */
#define ALIGN(x, a) (((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a) - 1)) == 0)
#define PTR_ALIGN(p, a) ((__typeof__(p))ALIGN((unsigned long)(p), a))

/* For any divisor d > 0. */
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define roundup(x, d) (DIV_ROUND_UP(x, d) * (d))
#define rounddown(x, d) ((x) - (x) % (d))

#define ARRAY_SIZE(a)                                                                            \
	(sizeof(a) / sizeof((a)[0]) +                                                            \
	 0 * sizeof(struct {                                                                     \
		 static_assert(!__builtin_types_compatible_p(__typeof__(a), __typeof__(&(a)[0])),  \
			       "ARRAY_SIZE of a pointer");                                       \
		 int unused;                                                                     \
	 }))

#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define offsetofend(type, member) (offsetof(type, member) + sizeof_field(type, member))

/* The structure of which *ptr is the given member. */
#define container_of(ptr, type, member)                                                          \
	({                                                                                       \
		const __typeof__(((type *)0)->member) *_member = (ptr);                          \
		(type *)((char *)(uintptr_t)_member - offsetof(type, member));                   \
	})

/*
 * min, max and clamp evaluate each argument once and want arguments of one type: comparing an
 * int with an unsigned long is where size checks go wrong. min_t and its like say the type.
 */
#define _pick(a, b, op)                                                                          \
	({                                                                                       \
		__typeof__(a) _a = (a);                                                          \
		__typeof__(b) _b = (b);                                                          \
		(void)(&_a == &_b);                                                              \
		_a op _b ? _a : _b;                                                              \
	})
#undef min
#undef max
#define min(a, b) _pick(a, b, <)
#define max(a, b) _pick(a, b, >)
#define min3(a, b, c) min(min(a, b), c)
#define max3(a, b, c) max(max(a, b), c)
#define clamp(x, low, high) min(max(x, low), high)
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#define clamp_t(type, x, low, high) clamp((type)(x), (type)(low), (type)(high))

#define swap(a, b)                                                                               \
	do {                                                                                     \
		__typeof__(a) _swap = (a);                                                       \
		(a) = (b);                                                                       \
		(b) = _swap;                                                                     \
	} while (0)

#endif
