// SPDX-License-Identifier: MIT
/*
 * compiler.h - what the compiler is told beside C itself.
 *
 * Attributes under the names that kernel readers know, hints about branches, and the two
 * accessors for memory that changes behind the compiler's back.
 */
#ifndef LIB_COMPILER_H
#define LIB_COMPILER_H

/* Some UAPI and libc headers bring a weaker definition of their own. */
#undef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#undef noinline
#define noinline __attribute__((__noinline__))

#define __packed __attribute__((__packed__))
#define __aligned(n) __attribute__((__aligned__(n)))
#define __section(name) __attribute__((__section__(name)))
#define __used __attribute__((__used__))
#define __maybe_unused __attribute__((__unused__))
#define __weak __attribute__((__weak__))
#define __cold __attribute__((__cold__))
#define __noreturn __attribute__((__noreturn__))
#define __must_check __attribute__((__warn_unused_result__))
#define __printf(fmt, args) __attribute__((__format__(printf, fmt, args)))

/* A switch case that goes on into the next one on purpose. */
#define fallthrough __attribute__((__fallthrough__))

/* Marks a pointer that a user program supplied: only uaccess may follow it. */
#define __user

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* The compiler moves no memory access across this; the processor still may. */
#define barrier() __asm__ __volatile__("" ::: "memory")

/*
 * Exactly one access of the object's own size. For words that another hart, a device or an
 * interrupt handler changes meanwhile. They order nothing: see lib/atomic.h.
 */
#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val) (*(volatile __typeof__(x) *)&(x) = (val))

#ifndef static_assert
#define static_assert _Static_assert
#endif

#endif
