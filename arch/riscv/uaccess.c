// SPDX-License-Identifier: MIT
#include "arch/riscv/uaccess.h"

#include "arch/riscv/ptrace.h"
#include "kernel/sched.h"
#include "lib/string.h"

unsigned long __copy_user(void *to, const void *from, unsigned long n);
unsigned long __clear_user(void *to, unsigned long n);
unsigned long __copy_user_int(void *to, const void *from);
int __cmpxchg_user(u32 *word, int old, u32 new, u32 *seen);
int __touch_user(void *word);
long __strncpy_user(char *dst, const char *src, long count);

/* A copy may sleep in a fault, unless faults are disabled. */
static inline void may_fault(void)
{
	if (!current->in_fault_disabled)
		might_sleep();
}

unsigned long copy_from_user(void *to, const void __user *from, unsigned long n)
{
	may_fault();
	if (unlikely(!access_ok(from, n)))
		return n;
	return __copy_user(to, from, n);
}

unsigned long copy_to_user(void __user *to, const void *from, unsigned long n)
{
	may_fault();
	if (unlikely(!access_ok(to, n)))
		return n;
	return __copy_user(to, from, n);
}

unsigned long copy_int_from_user(void *to, const void __user *from)
{
	may_fault();
	if (unlikely(!access_ok(from, sizeof(int))))
		return sizeof(int);
	if (unlikely((unsigned long)from % sizeof(int)))
		return __copy_user(to, from, sizeof(int));
	return __copy_user_int(to, from);
}

unsigned long copy_int_to_user(void __user *to, const void *from)
{
	may_fault();
	if (unlikely(!access_ok(to, sizeof(int))))
		return sizeof(int);
	if (unlikely((unsigned long)to % sizeof(int)))
		return __copy_user(to, from, sizeof(int));
	return __copy_user_int(to, from);
}

int copy_struct_from_user(void *to, size_t ksize, const void __user *from, size_t usize)
{
	char byte;

	if (!access_ok(from, usize))
		return -EFAULT;
	for (size_t i = ksize; i < usize; i++) {
		if (get_user(byte, (const char *)from + i))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	memset(to, 0, ksize);
	return copy_from_user(to, from, min(ksize, usize)) ? -EFAULT : 0;
}

int cmpxchg_user(u32 __user *uaddr, u32 old, u32 new, u32 *seen)
{
	may_fault();
	if (!access_ok(uaddr, sizeof(u32)) || (unsigned long)uaddr % sizeof(u32))
		return -EFAULT;
	return __cmpxchg_user(uaddr, old, new, seen) ? -EFAULT : 0;
}

unsigned long clear_user(void __user *to, unsigned long n)
{
	may_fault();
	return access_ok(to, n) ? __clear_user(to, n) : n;
}

long strncpy_from_user(char *dst, const char __user *src, long count)
{
	unsigned long addr = (unsigned long)src;

	may_fault();
	if (count <= 0)
		return 0;
	if (addr >= TASK_SIZE)
		return -EFAULT;
	/*
	 * A string may end right before the end of user memory: only what can be user memory is
	 * looked at.
	 */
	if ((unsigned long)count > TASK_SIZE - addr) {
		long len = __strncpy_user(dst, src, TASK_SIZE - addr);

		return len == (long)(TASK_SIZE - addr) ? -EFAULT : len;
	}
	return __strncpy_user(dst, src, count);
}

size_t fault_in_readable(const char __user *uaddr, size_t size)
{
	const char __user *p = uaddr, *end = uaddr + size;
	unsigned long failed = 0;
	char c;

	user_access_begin();
	while (p < end && !failed) {
		failed = copy_from_user(&c, p, 1);
		if (!failed)
			p = (const char __user *)(((unsigned long)p & PAGE_MASK) + PAGE_SIZE);
	}
	user_access_end();
	return failed ? end - p : 0;
}

size_t fault_in_writeable(char __user *uaddr, size_t size)
{
	char __user *p = uaddr, *end = uaddr + size;

	may_fault();
	if (!access_ok(uaddr, size))
		return size;
	while (p < end) {
		if (__touch_user((void *)((unsigned long)p & ~3UL)))
			return end - p;
		p = (char __user *)(((unsigned long)p & PAGE_MASK) + PAGE_SIZE);
	}
	return 0;
}

void pagefault_disable(void)
{
	current->in_fault_disabled++;
	__asm__ volatile("" : : : "memory");
}

void pagefault_enable(void)
{
	__asm__ volatile("" : : : "memory");
	current->in_fault_disabled--;
}

bool pagefault_disabled(void)
{
	return current->in_fault_disabled;
}
