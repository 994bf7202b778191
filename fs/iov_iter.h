// SPDX-License-Identifier: MIT
/*
 * The memory side of a read or write: a run of bytes in one or several pieces, in user or kernel
 * memory. Copies advance it. Whoever moves data (page cache, pipe, device) is thus written once for
 * read, readv, pread and the kernel's own reads.
 *
 * All copies return the bytes copied; fewer than asked means a fault on user memory. They may sleep
 * unless the caller has pagefault_disable() in force.
 */
#ifndef FS_IOV_ITER_H
#define FS_IOV_ITER_H

#include <linux/uio.h>
#include "arch/riscv/uaccess.h"
#include "lib/types.h"
#include "mm/folio.h"

#define READ	0		/* data_source: the iterator is filled */
#define WRITE	1		/* the iterator is emptied */

enum iter_type { ITER_UBUF, ITER_IOVEC, ITER_KVEC };

struct kvec {
	void *iov_base;
	size_t iov_len;
};

struct iov_iter {
	u8 iter_type;
	bool data_source;
	size_t iov_offset;		/* into the current piece */
	size_t count;			/* bytes left */
	union {
		const struct iovec *iov;
		const struct kvec *kvec;
		void __user *ubuf;
	};
	unsigned long nr_segs;
};

void iov_iter_init(struct iov_iter *i, unsigned int dir, const struct iovec *iov,
		   unsigned long nr_segs, size_t count);
void iov_iter_kvec(struct iov_iter *i, unsigned int dir, const struct kvec *kvec,
		   unsigned long nr_segs, size_t count);

/* One piece of user memory: what read(2) and write(2) have. */
static inline void iov_iter_ubuf(struct iov_iter *i, unsigned int dir, void __user *buf,
				 size_t count)
{
	*i = (struct iov_iter){
		.iter_type = ITER_UBUF, .data_source = dir == WRITE, .ubuf = buf, .nr_segs = 1,
		.count = count,
	};
}

static inline size_t iov_iter_count(const struct iov_iter *i)
{
	return i->count;
}

static inline bool iter_is_user(const struct iov_iter *i)
{
	return i->iter_type != ITER_KVEC;
}

static inline void iov_iter_truncate(struct iov_iter *i, size_t count)
{
	if (i->count > count)
		i->count = count;
}

/* After a truncate: the count may grow again to @count. */
static inline void iov_iter_reexpand(struct iov_iter *i, size_t count)
{
	i->count = count;
}

void iov_iter_advance(struct iov_iter *i, size_t bytes);
void iov_iter_revert(struct iov_iter *i, size_t bytes);

size_t iov_iter_zero(size_t bytes, struct iov_iter *i);
/* Of an iterator of any kind, and for more than it has left. */
size_t __copy_to_iter(const void *from, size_t bytes, struct iov_iter *i);
size_t __copy_from_iter(void *to, size_t bytes, struct iov_iter *i);

static inline size_t copy_to_iter(const void *from, size_t bytes, struct iov_iter *i)
{
	size_t done;

	if (unlikely(i->iter_type != ITER_UBUF || bytes > i->count))
		return __copy_to_iter(from, bytes, i);
	done = bytes - copy_to_user((char *)i->ubuf + i->iov_offset, from, bytes);
	i->iov_offset += done;
	i->count -= done;
	return done;
}

static inline size_t copy_from_iter(void *to, size_t bytes, struct iov_iter *i)
{
	size_t done;

	if (unlikely(i->iter_type != ITER_UBUF || bytes > i->count))
		return __copy_from_iter(to, bytes, i);
	done = bytes - copy_from_user(to, (char *)i->ubuf + i->iov_offset, bytes);
	i->iov_offset += done;
	i->count -= done;
	return done;
}

static inline size_t copy_folio_to_iter(struct folio *folio, size_t offset, size_t bytes,
					struct iov_iter *i)
{
	return copy_to_iter((char *)folio_address(folio) + offset, bytes, i);
}

static inline size_t copy_folio_from_iter(struct folio *folio, size_t offset, size_t bytes,
					  struct iov_iter *i)
{
	return copy_from_iter((char *)folio_address(folio) + offset, bytes, i);
}

/* With user faults disabled around the copy: for callers that hold a folio lock. */
size_t copy_folio_from_iter_atomic(struct folio *folio, size_t offset, size_t bytes,
				   struct iov_iter *i);

/* Touch the next @bytes so that an atomic copy most likely succeeds.  Bytes NOT faulted in. */
size_t fault_in_iov_iter_readable(const struct iov_iter *i, size_t bytes);
size_t fault_in_iov_iter_writeable(const struct iov_iter *i, size_t bytes);

/* OR of all addresses and lengths: its low bits say how the pieces are aligned. */
unsigned long iov_iter_alignment(const struct iov_iter *i);

/* Bytes left in the current piece, and its address. */
size_t iov_iter_single_seg_count(const struct iov_iter *i);
void *iov_iter_single_seg_addr(const struct iov_iter *i);

/*
 * A user's vector, copied: @fast (of UIO_FASTIOV entries) or kmalloc'd.  ERR_PTR: too many pieces
 * or one of negative length (-EINVAL), -EFAULT, -ENOMEM.  The addresses are not looked at.
 */
struct iovec *iovec_from_user(const struct iovec __user *uvec, unsigned long nr_segs,
			      struct iovec *fast);
/*
 * A user's vector, checked and copied: *iov is @fast (of UIO_FASTIOV entries) or kmalloc'd, NULL on
 * failure. Bytes or -errno.
 */
ssize_t import_iovec(unsigned int dir, const struct iovec __user *uvec, unsigned long nr_segs,
		     struct iovec *fast, struct iovec **iov, struct iov_iter *i);

#define UIO_FASTIOV	8

#endif
