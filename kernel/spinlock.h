// SPDX-License-Identifier: MIT
/*
 * Spinlocks: for short sections that do not sleep. A lock that an interrupt handler takes is always
 * taken with interrupts off (_irqsave or _irq). The kernel is not preemptive: whoever holds a
 * spinlock keeps his hart until he releases it or an interrupt comes.
 *
 * Debug builds record owner and caller, assert the rank (kernel/lockrank.h), and report a holder
 * that sleeps.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include "arch/riscv/csr.h"
#include "kernel/lockrank.h"
#include "lib/types.h"

struct spinlock {
	u32 locked;
#ifdef CONFIG_DEBUG
	u16 rank;
	s16 owner_hart;			/* -1: free */
	const void *caller;		/* where the holder acquired it */
#endif
};

#ifdef CONFIG_DEBUG
#define SPINLOCK_INIT(r)	{ .rank = (r), .owner_hart = -1 }
#else
#define SPINLOCK_INIT(r)	{ .locked = 0 }
#endif
#define DEFINE_SPINLOCK(name, r) struct spinlock name = SPINLOCK_INIT(r)

void spin_lock_init(struct spinlock *lock, enum lock_rank rank);

/* The slow half: spins until the lock is ours. */
void spin_lock_contended(struct spinlock *lock);

#ifdef CONFIG_DEBUG
void spin_lock(struct spinlock *lock);
void spin_lock_nested(struct spinlock *lock);	/* the same rank may be held already */
bool spin_trylock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
void assert_spin_locked(const struct spinlock *lock);
#else
static inline bool spin_trylock(struct spinlock *lock)
{
	return !__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE);
}

static inline void spin_lock(struct spinlock *lock)
{
	if (unlikely(!spin_trylock(lock)))
		spin_lock_contended(lock);
}

static inline void spin_lock_nested(struct spinlock *lock)
{
	spin_lock(lock);
}

static inline void spin_unlock(struct spinlock *lock)
{
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
}

static inline void assert_spin_locked(const struct spinlock *lock)
{
}
#endif

static inline bool spin_is_locked(const struct spinlock *lock)
{
	return READ_ONCE(lock->locked);
}

static inline unsigned long __spin_lock_irqsave(struct spinlock *lock)
{
	unsigned long flags = local_irq_save();

	spin_lock(lock);
	return flags;
}

#define spin_lock_irqsave(lock, flags)	((flags) = __spin_lock_irqsave(lock))

static inline void spin_unlock_irqrestore(struct spinlock *lock, unsigned long flags)
{
	spin_unlock(lock);
	local_irq_restore(flags);
}

static inline void spin_lock_irq(struct spinlock *lock)
{
	local_irq_disable();
	spin_lock(lock);
}

static inline void spin_unlock_irq(struct spinlock *lock)
{
	spin_unlock(lock);
	local_irq_enable();
}

#endif
