// SPDX-License-Identifier: MIT
/*
 * atomic.h - words that several harts change at the same time, and the order of accesses.
 *
 * Ordering follows the kernel's usual rules:
 * - atomic_read(), atomic_set() and operations that return nothing order nothing;
 * - operations that change the word and return something are a full barrier on both sides;
 *   a conditional one that did not happen orders nothing;
 * - _acquire: later accesses stay behind it; _release: earlier ones stay before it.
 *
 * Only words of 4 and 8 bytes: for smaller ones the compiler would call a library.
 */
#ifndef LIB_ATOMIC_H
#define LIB_ATOMIC_H

#include "lib/bitops.h"
#include "lib/types.h"

/* Between harts. What a device sees needs arch's mb(), rmb() and wmb(). */
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

/* A store, then a full barrier: the waiter's half of "set my state, then look at the flag". */
#define smp_store_mb(var, v)                                                                     \
	do {                                                                                     \
		WRITE_ONCE(var, v);                                                              \
		smp_mb();                                                                        \
	} while (0)

#define xchg(p, v) __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)

/*
 * If *p == *oldp then *p = v and true; else *oldp = *p and false. The compiler builds it from
 * LR and SC. What it puts before them follows the order given for failure, so that is the strong
 * one too; and none of its LR.aq and SC.aq keeps a later load behind the SC: hence the fence.
 */
#define try_cmpxchg(p, oldp, v)                                                                  \
	({                                                                                       \
		bool _done = __atomic_compare_exchange_n(p, oldp, v, false, __ATOMIC_SEQ_CST,    \
							 __ATOMIC_SEQ_CST);                      \
		if (_done)                                                                       \
			smp_mb();                                                                \
		_done;                                                                           \
	})

/* If *p == old then *p = v. Returns what *p was, so `old` on success. */
#define cmpxchg(p, old, v)                                                                       \
	({                                                                                       \
		__typeof__(*(p)) _old = (old);                                                   \
		try_cmpxchg(p, &_old, v);                                                        \
		_old;                                                                            \
	})

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

#define ATOMIC_INIT(i) { (i) }
#define ATOMIC_LONG_INIT(i) { (i) }

/*
 * The same family for atomic_t (prefix atomic, int) and atomic_long_t (prefix atomic_long, long):
 *
 *	T    P_read(v)			void P_set(v, i)
 *	void P_add(i, v)		void P_sub(i, v)
 *	void P_inc(v)			void P_dec(v)
 *	void P_or(i, v)			void P_and(i, v)
 *	T    P_add_return(i, v)		T    P_sub_return(i, v)		new value
 *	T    P_inc_return(v)		T    P_dec_return(v)
 *	T    P_fetch_add(i, v)		T    P_fetch_sub(i, v)		old value
 *	bool P_dec_and_test(v)		bool P_sub_and_test(i, v)	new value is 0
 *	T    P_xchg(v, new)		T    P_cmpxchg(v, old, new)	old value
 *	bool P_try_cmpxchg(v, T *old, new)
 *	bool P_add_unless(v, i, u)	adds if the value is not u; did it?
 *	bool P_inc_not_zero(v)		takes a reference only where one is left
 */
#define DEFINE_ATOMIC(P, A, T)                                                                   \
	static inline T P##_read(const A *v)                                                     \
	{                                                                                        \
		return READ_ONCE(v->counter);                                                    \
	}                                                                                        \
	static inline void P##_set(A *v, T i)                                                    \
	{                                                                                        \
		WRITE_ONCE(v->counter, i);                                                       \
	}                                                                                        \
	static inline void P##_add(T i, A *v)                                                    \
	{                                                                                        \
		__atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED);                            \
	}                                                                                        \
	static inline void P##_sub(T i, A *v)                                                    \
	{                                                                                        \
		__atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED);                            \
	}                                                                                        \
	static inline void P##_inc(A *v)                                                         \
	{                                                                                        \
		P##_add(1, v);                                                                   \
	}                                                                                        \
	static inline void P##_dec(A *v)                                                         \
	{                                                                                        \
		P##_sub(1, v);                                                                   \
	}                                                                                        \
	static inline void P##_or(T i, A *v)                                                     \
	{                                                                                        \
		__atomic_fetch_or(&v->counter, i, __ATOMIC_RELAXED);                             \
	}                                                                                        \
	static inline void P##_and(T i, A *v)                                                    \
	{                                                                                        \
		__atomic_fetch_and(&v->counter, i, __ATOMIC_RELAXED);                            \
	}                                                                                        \
	static inline T P##_fetch_add(T i, A *v)                                                 \
	{                                                                                        \
		return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST);                     \
	}                                                                                        \
	static inline T P##_fetch_sub(T i, A *v)                                                 \
	{                                                                                        \
		return __atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST);                     \
	}                                                                                        \
	static inline T P##_add_return(T i, A *v)                                                \
	{                                                                                        \
		return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST);                     \
	}                                                                                        \
	static inline T P##_sub_return(T i, A *v)                                                \
	{                                                                                        \
		return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST);                     \
	}                                                                                        \
	static inline T P##_inc_return(A *v)                                                     \
	{                                                                                        \
		return P##_add_return(1, v);                                                     \
	}                                                                                        \
	static inline T P##_dec_return(A *v)                                                     \
	{                                                                                        \
		return P##_sub_return(1, v);                                                     \
	}                                                                                        \
	static inline bool P##_sub_and_test(T i, A *v)                                           \
	{                                                                                        \
		return P##_sub_return(i, v) == 0;                                                \
	}                                                                                        \
	static inline bool P##_dec_and_test(A *v)                                                \
	{                                                                                        \
		return P##_sub_and_test(1, v);                                                   \
	}                                                                                        \
	static inline T P##_xchg(A *v, T new)                                                    \
	{                                                                                        \
		return xchg(&v->counter, new);                                                   \
	}                                                                                        \
	static inline T P##_cmpxchg(A *v, T old, T new)                                          \
	{                                                                                        \
		return cmpxchg(&v->counter, old, new);                                           \
	}                                                                                        \
	static inline bool P##_try_cmpxchg(A *v, T *old, T new)                                  \
	{                                                                                        \
		return try_cmpxchg(&v->counter, old, new);                                       \
	}                                                                                        \
	static inline bool P##_add_unless(A *v, T i, T unless)                                   \
	{                                                                                        \
		T old = P##_read(v);                                                             \
		\
		do {                                                                             \
			if (old == unless)                                                       \
				return false;                                                    \
		} while (!P##_try_cmpxchg(v, &old, old + i));                                    \
		return true;                                                                     \
	}                                                                                        \
	static inline bool P##_inc_not_zero(A *v)                                                \
	{                                                                                        \
		return P##_add_unless(v, 1, 0);                                                  \
	}

DEFINE_ATOMIC(atomic, atomic_t, int)
DEFINE_ATOMIC(atomic_long, atomic_long_t, long)

/*
 * Bits of an array of words (bit n is bit n % 64 of word n / 64), one AMO each.
 * set_bit() and clear_bit() order nothing; test_bit() is in lib/bitops.h.
 */
static inline void set_bit(unsigned long n, unsigned long *map)
{
	__atomic_fetch_or(&map[BIT_WORD(n)], BIT_MASK(n), __ATOMIC_RELAXED);
}

static inline void clear_bit(unsigned long n, unsigned long *map)
{
	__atomic_fetch_and(&map[BIT_WORD(n)], ~BIT_MASK(n), __ATOMIC_RELAXED);
}

static inline bool test_and_set_bit(unsigned long n, unsigned long *map)
{
	return __atomic_fetch_or(&map[BIT_WORD(n)], BIT_MASK(n), __ATOMIC_SEQ_CST) & BIT_MASK(n);
}

static inline bool test_and_clear_bit(unsigned long n, unsigned long *map)
{
	return __atomic_fetch_and(&map[BIT_WORD(n)], ~BIT_MASK(n), __ATOMIC_SEQ_CST) &
	       BIT_MASK(n);
}

static inline bool test_bit_acquire(unsigned long n, const unsigned long *map)
{
	return smp_load_acquire(&map[BIT_WORD(n)]) & BIT_MASK(n);
}

/* A bit as a lock: true if somebody else has it. */
static inline bool test_and_set_bit_lock(unsigned long n, unsigned long *map)
{
	return __atomic_fetch_or(&map[BIT_WORD(n)], BIT_MASK(n), __ATOMIC_ACQUIRE) & BIT_MASK(n);
}

static inline void clear_bit_unlock(unsigned long n, unsigned long *map)
{
	__atomic_fetch_and(&map[BIT_WORD(n)], ~BIT_MASK(n), __ATOMIC_RELEASE);
}

#endif
