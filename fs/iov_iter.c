// SPDX-License-Identifier: MIT
/*
 * I1  iov_offset is inside the current piece, unless count is 0: pieces that are used up, and empty
 *     ones, are skipped as soon as they are reached.
 * I2  UBUF is one piece whose start is ubuf; it has no vector behind it.
 */
#include "fs/iov_iter.h"
#include "arch/riscv/uaccess.h"
#include "fs/read_write.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/folio.h"
#include "mm/slab.h"

static void skip_used_pieces(struct iov_iter *i)
{
	while (i->nr_segs > 1 && i->iov_offset >= i->iov->iov_len) {
		i->iov_offset -= i->iov->iov_len;
		i->iov++;
		i->nr_segs--;
	}
}

/* struct kvec and struct iovec have one layout, so the vector's code serves both. */
static_assert(sizeof(struct kvec) == sizeof(struct iovec));

static void init_pieces(struct iov_iter *i, enum iter_type type, unsigned int dir,
			const struct iovec *iov, unsigned long nr_segs, size_t count)
{
	*i = (struct iov_iter){
		.iter_type = type,
		.data_source = dir == WRITE,
		.iov = iov,
		.nr_segs = nr_segs,
		.count = count,
	};
	skip_used_pieces(i);
}

void iov_iter_init(struct iov_iter *i, unsigned int dir, const struct iovec *iov,
		   unsigned long nr_segs, size_t count)
{
	init_pieces(i, ITER_IOVEC, dir, iov, nr_segs, count);
}

void iov_iter_kvec(struct iov_iter *i, unsigned int dir, const struct kvec *kvec,
		   unsigned long nr_segs, size_t count)
{
	init_pieces(i, ITER_KVEC, dir, (const struct iovec *)kvec, nr_segs, count);
}

void iov_iter_advance(struct iov_iter *i, size_t bytes)
{
	bytes = min(bytes, i->count);
	i->count -= bytes;
	i->iov_offset += bytes;
	if (i->iter_type != ITER_UBUF)
		skip_used_pieces(i);
}

void iov_iter_revert(struct iov_iter *i, size_t bytes)
{
	i->count += bytes;
	while (i->iter_type != ITER_UBUF && bytes > i->iov_offset) {
		bytes -= i->iov_offset;
		i->iov--;
		i->nr_segs++;
		i->iov_offset = i->iov->iov_len;
	}
	i->iov_offset -= bytes;
}

size_t iov_iter_single_seg_count(const struct iov_iter *i)
{
	if (i->iter_type == ITER_UBUF || i->nr_segs == 1)
		return i->count;
	return min(i->count, i->iov->iov_len - i->iov_offset);
}

void *iov_iter_single_seg_addr(const struct iov_iter *i)
{
	if (i->iter_type == ITER_UBUF)
		return (char *)i->ubuf + i->iov_offset;
	return (char *)i->iov->iov_base + i->iov_offset;
}

/* One contiguous copy: bytes not copied. */
static size_t copy_piece(struct iov_iter *i, void *piece, void *kernel, size_t n)
{
	if (iter_is_user(i))
		return i->data_source ? copy_from_user(kernel, piece, n)
				      : copy_to_user(piece, kernel, n);
	if (i->data_source)
		memcpy(kernel, piece, n);
	else
		memcpy(piece, kernel, n);
	return 0;
}

static size_t copy_pieces(struct iov_iter *i, void *kernel, size_t bytes)
{
	size_t done = 0;

	bytes = min(bytes, i->count);
	while (done < bytes) {
		size_t n = min(iov_iter_single_seg_count(i), bytes - done);
		size_t left = copy_piece(i, iov_iter_single_seg_addr(i), (char *)kernel + done, n);

		iov_iter_advance(i, n - left);
		done += n - left;
		if (left)
			break;
	}
	return done;
}

size_t __copy_to_iter(const void *from, size_t bytes, struct iov_iter *i)
{
	return copy_pieces(i, (void *)(uintptr_t)from, bytes);
}

size_t __copy_from_iter(void *to, size_t bytes, struct iov_iter *i)
{
	return copy_pieces(i, to, bytes);
}

size_t iov_iter_zero(size_t bytes, struct iov_iter *i)
{
	size_t done = 0;

	bytes = min(bytes, i->count);
	while (done < bytes) {
		size_t n = min(iov_iter_single_seg_count(i), bytes - done);
		void *piece = iov_iter_single_seg_addr(i);
		size_t left = 0;

		if (iter_is_user(i))
			left = clear_user(piece, n);
		else
			memset(piece, 0, n);
		iov_iter_advance(i, n - left);
		done += n - left;
		if (left)
			break;
	}
	return done;
}

size_t copy_folio_from_iter_atomic(struct folio *folio, size_t offset, size_t bytes,
				   struct iov_iter *i)
{
	size_t done;

	pagefault_disable();
	done = copy_folio_from_iter(folio, offset, bytes, i);
	pagefault_enable();
	return done;
}

static size_t fault_in_iter(const struct iov_iter *iter, size_t bytes,
			    size_t (*fault_in)(char *, size_t))
{
	struct iov_iter i = *iter;

	if (!iter_is_user(iter))
		return 0;
	bytes = min(bytes, i.count);
	while (bytes) {
		size_t n = min(iov_iter_single_seg_count(&i), bytes);
		size_t left = fault_in(iov_iter_single_seg_addr(&i), n);

		bytes -= n - left;
		if (left)
			break;
		iov_iter_advance(&i, n);
	}
	return bytes;
}

static size_t fault_in_source(char *addr, size_t n)
{
	return fault_in_readable(addr, n);
}

static size_t fault_in_target(char *addr, size_t n)
{
	return fault_in_writeable(addr, n);
}

size_t fault_in_iov_iter_readable(const struct iov_iter *i, size_t bytes)
{
	return fault_in_iter(i, bytes, fault_in_source);
}

size_t fault_in_iov_iter_writeable(const struct iov_iter *i, size_t bytes)
{
	return fault_in_iter(i, bytes, fault_in_target);
}

unsigned long iov_iter_alignment(const struct iov_iter *iter)
{
	struct iov_iter i = *iter;
	unsigned long all = 0;

	while (i.count) {
		size_t n = iov_iter_single_seg_count(&i);

		all |= (unsigned long)iov_iter_single_seg_addr(&i) | n;
		iov_iter_advance(&i, n);
	}
	return all;
}

/* The addresses of all pieces; cuts the whole down to MAX_RW_COUNT.  Bytes or -EFAULT. */
static ssize_t check_iovec(struct iovec *iov, unsigned long nr_segs)
{
	size_t total = 0;

	for (unsigned long seg = 0; seg < nr_segs; seg++) {
		if (!access_ok(iov[seg].iov_base, iov[seg].iov_len))
			return -EFAULT;
		iov[seg].iov_len = min_t(size_t, iov[seg].iov_len, MAX_RW_COUNT - total);
		total += iov[seg].iov_len;
	}
	return total;
}

static int copy_iovec(struct iovec *iov, const struct iovec __user *uvec, unsigned long nr_segs)
{
	if (copy_from_user(iov, uvec, nr_segs * sizeof(*iov)))
		return -EFAULT;
	for (unsigned long seg = 0; seg < nr_segs; seg++)
		if ((ssize_t)iov[seg].iov_len < 0)
			return -EINVAL;
	return 0;
}

struct iovec *iovec_from_user(const struct iovec __user *uvec, unsigned long nr_segs,
			      struct iovec *fast)
{
	struct iovec *iov = fast;
	int error;

	if (nr_segs > UIO_MAXIOV)
		return ERR_PTR(-EINVAL);
	if (nr_segs > UIO_FASTIOV)
		iov = kmalloc_array(nr_segs, sizeof(*iov), GFP_KERNEL);
	if (!iov)
		return ERR_PTR(-ENOMEM);
	error = copy_iovec(iov, uvec, nr_segs);
	if (!error)
		return iov;
	if (iov != fast)
		kfree(iov);
	return ERR_PTR(error);
}

ssize_t import_iovec(unsigned int dir, const struct iovec __user *uvec, unsigned long nr_segs,
		     struct iovec *fast, struct iovec **iovp, struct iov_iter *i)
{
	struct iovec *iov = iovec_from_user(uvec, nr_segs, fast);
	ssize_t total;

	*iovp = NULL;
	if (IS_ERR(iov))
		return PTR_ERR(iov);
	total = check_iovec(iov, nr_segs);
	if (total < 0) {
		if (iov != fast)
			kfree(iov);
		return total;
	}
	iov_iter_init(i, dir, iov, nr_segs, total);
	*iovp = iov;
	return total;
}
