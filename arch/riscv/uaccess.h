// SPDX-License-Identifier: MIT
/*
 * The only way from the kernel to user memory. SUM is set just around the access; an access that
 * the fault path cannot satisfy continues at the fix-up that the exception table names
 * (arch/riscv/extable.c).
 *
 * All of them may sleep (they may fault pages in), unless pagefault_disable() is in force: then
 * they fail instead. Nothing a fault takes may be held: no mmap_lock, no folio lock (DESIGN: "No
 * user copy that may fault while a folio lock is held").
 */
#ifndef ARCH_RISCV_UACCESS_H
#define ARCH_RISCV_UACCESS_H

#include "arch/riscv/csr.h"
#include "arch/riscv/page.h"
#include "lib/types.h"

#define __user

static inline bool access_ok(const void __user *addr, unsigned long size)
{
	return size <= TASK_SIZE && (unsigned long)addr <= TASK_SIZE - size;
}

/*
 * Around several copies in a row: user memory stays open between them, since a processor may have
 * to forget translations at each change (QEMU 7.2 drops its whole TLB). Nothing else may happen in
 * between; a fault in a copy may sleep as ever, for a trap closes user memory until it returns.
 */
static inline void user_access_begin(void)
{
	csr_set(sstatus, SR_SUM);
}

static inline void user_access_end(void)
{
	csr_clear(sstatus, SR_SUM);
}

/* Return the number of bytes NOT copied: 0 is success. */
unsigned long copy_from_user(void *to, const void __user *from, unsigned long n);
unsigned long copy_to_user(void __user *to, const void *from, unsigned long n);
unsigned long clear_user(void __user *to, unsigned long n);

/*
 * Copies a string with its NUL, at most @count bytes. Length without NUL; @count if there was no
 * NUL within;
 * -EFAULT.
 */
long strncpy_from_user(char *dst, const char __user *src, long count);

/* The same for an int: if it is aligned, in one access, so that nobody sees or makes half of it. */
unsigned long copy_int_from_user(void *to, const void __user *from);
unsigned long copy_int_to_user(void __user *to, const void *from);

/*
 * Where a user's structure has @member.  It may lie anywhere, also where C forbids even to say
 * &ptr->member: unaligned, around NULL, around the end.
 */
#define user_member(ptr, type, member)						\
	((__typeof__(((type *)0)->member) __user *)				\
	 ((unsigned long)(ptr) + offsetof(type, member)))

/* 0 or -EFAULT; the size is that of *ptr (1, 2, 4 or 8 bytes). */
#define get_user(x, ptr) ({							\
	__typeof__((__typeof__(*(ptr)))*(ptr)) __val;	/* without const */	\
	long __err = (sizeof(__val) == sizeof(int) ?				\
		      copy_int_from_user(&__val, (ptr)) :			\
		      copy_from_user(&__val, (ptr), sizeof(__val))) ? -EFAULT : 0;	\
	(x) = __err ? (__typeof__(x))0 : (__typeof__(x))__val;			\
	__err;									\
})
#define put_user(x, ptr) ({							\
	__typeof__(*(ptr)) __val = (__typeof__(*(ptr)))(x);			\
	(sizeof(__val) == sizeof(int) ? copy_int_to_user((ptr), &__val) :	\
	 copy_to_user((ptr), &__val, sizeof(__val))) ? -EFAULT : 0;		\
})

/*
 * A struct that grows from version to version: @usize bytes of the user's for @ksize of ours.  What
 * he does not have is zero.  0, -EFAULT; -E2BIG: what we do not have is not zero.
 */
int copy_struct_from_user(void *to, size_t ksize, const void __user *from, size_t usize);

/*
 * If the word at @uaddr is @old it becomes @new, in one step; *@seen is what it was.  0 or -EFAULT
 * (not aligned, too).
 */
int cmpxchg_user(u32 __user *uaddr, u32 old, u32 new, u32 *seen);

/*
 * Touch each page of the range, so that a copy with faults disabled right after it most likely
 * succeeds. Return the number of bytes that could not be faulted in.
 */
size_t fault_in_readable(const char __user *uaddr, size_t size);
size_t fault_in_writeable(char __user *uaddr, size_t size);

/* Between these a fault on user memory fails the copy instead of being handled.  They nest. */
void pagefault_disable(void);
void pagefault_enable(void);
bool pagefault_disabled(void);

#endif
