// SPDX-License-Identifier: MIT
/*
 * Keys and queues of futex(2).
 *
 *   private              (mm, address)
 *   shared, anonymous    (mm, address), another kind: the two do not meet, as on Linux
 *   shared, of a file    (sequence number of the inode, offset): the same for all who map it
 *
 * The kind of a shared word is that of the folio that is mapped there, so a private mapping of a
 * file that has been written is anonymous.  An inode's number is its own for ever, so a waiter
 * whose file is gone is not taken for one of the next file at that address.
 *
 * Buckets hold the waiters of all words that hash to them, first come first served.
 */
#include "kernel/futex_queue.h"

#include <linux/futex.h>
#include "fs/file.h"
#include "fs/inode.h"
#include "kernel/errno.h"
#include "kernel/init.h"
#include "kernel/sched.h"
#include "lib/atomic.h"
#include "lib/err.h"
#include "lib/hash.h"
#include "mm/gup.h"
#include "mm/mm_types.h"
#include "mm/mmap.h"

#define FUTEX_HASH_BITS	7

/* Low bits of futex_key.where, which is aligned to 4. */
enum futex_kind { KIND_PRIVATE, KIND_MM_SHARED, KIND_INODE };

static struct futex_bucket buckets[1 << FUTEX_HASH_BITS];

static void futex_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(buckets); i++) {
		spin_lock_init(&buckets[i].lock, RANK_FUTEX);
		INIT_LIST_HEAD(&buckets[i].waiters);
	}
}
core_initcall(futex_init);

struct futex_bucket *futex_bucket(const struct futex_key *key)
{
	return &buckets[hash_64(key->owner * HASH_GOLDEN_RATIO ^ key->where, FUTEX_HASH_BITS)];
}

/* --- keys --- */

static u64 inode_sequence(struct inode *inode)
{
	static atomic_long_t last;
	u64 seq = READ_ONCE(inode->i_sequence), fresh;

	if (seq)
		return seq;
	fresh = atomic_long_inc_return(&last);
	seq = cmpxchg(&inode->i_sequence, 0, fresh);
	return seq ? seq : fresh;
}

/* Of the folio that @vma, which the caller holds mmap_lock for, has at @addr. */
static int shared_key(struct vm_area_struct *vma, unsigned long addr, bool write,
		      struct futex_key *key)
{
	bool writable = vma->vm_flags & VM_WRITE;
	struct folio *folio;
	loff_t offset;
	int err = 0;

	if (!writable && (write || !(vma->vm_flags & VM_READ)))
		return -EFAULT;
	/* As for a store, so that a private page is the process's own before it is waited on. */
	folio = get_user_page(vma, addr, writable ? FOLL_WRITE : 0);
	if (IS_ERR(folio))
		return PTR_ERR(folio);
	offset = linear_offset(vma, addr);
	if (folio_test_anon(folio)) {
		*key = (struct futex_key){ (unsigned long)vma->vm_mm, addr | KIND_MM_SHARED };
		/* Nobody could change it, so nobody has a reason to wait. */
		err = writable ? 0 : -EFAULT;
	} else if (vma->vm_file && READ_ONCE(folio->mapping)) {
		struct inode *inode = vma->vm_file->f_mapping->host;

		*key = (struct futex_key){ inode_sequence(inode), offset | KIND_INODE };
	} else {
		err = -EFAULT;		/* the zero folio, or cut off the file meanwhile */
	}
	folio_put(folio);
	return err;
}

int get_futex_key(u32 __user *uaddr, bool shared, bool write, struct futex_key *key)
{
	unsigned long addr = (unsigned long)uaddr;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int err;

	if (addr % sizeof(u32))
		return -EINVAL;
	if (!access_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	if (!shared) {
		*key = (struct futex_key){ (unsigned long)mm, addr | KIND_PRIVATE };
		return 0;
	}
	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	err = vma ? shared_key(vma, addr, write, key) : -EFAULT;
	mmap_read_unlock(mm);
	return err;
}

/* --- queues --- */

void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	if (a > b)
		swap(a, b);
	spin_lock(&a->lock);
	if (a != b)
		spin_lock_nested(&b->lock);
}

void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

void futex_wake_waiter(struct futex_waiter *w)
{
	list_del_init(&w->list);
	/* Under the lock: the waiter, whose stack @w is on, takes it before it returns. */
	wake_up_process(w->task);
}

int futex_wake_locked(struct futex_bucket *b, const struct futex_key *key, int nr, u32 bitset)
{
	struct futex_waiter *w, *next;
	int woken = 0;

	list_for_each_entry_safe(w, next, &b->waiters, list) {
		if (!futex_match(&w->key, key) || !(w->bitset & bitset))
			continue;
		futex_wake_waiter(w);
		if (++woken >= nr)
			break;
	}
	return woken;
}

int futex_get_value_locked(u32 *value, u32 __user *uaddr)
{
	int err;

	pagefault_disable();
	err = get_user(*value, uaddr);
	pagefault_enable();
	return err;
}
