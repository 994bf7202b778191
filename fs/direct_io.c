// SPDX-License-Identifier: MIT
/*
 * The data takes one copy through a buffer that is contiguous in memory, so that neither user pages
 * have to be pinned nor a request cut into many pieces.
 */
#include "fs/direct_io.h"
#include "drivers/block.h"
#include "fs/file.h"
#include "mm/folio.h"
#include "mm/page_alloc.h"

#define BOUNCE_MAX_ORDER	8	/* 1 MiB */

/* The largest contiguous piece that is to be had, not larger than @bytes need. */
static struct folio *alloc_bounce(size_t bytes)
{
	unsigned int order = order_base_2(DIV_ROUND_UP(bytes, PAGE_SIZE));
	struct folio *folio;

	for (order = min_t(unsigned int, order, BOUNCE_MAX_ORDER); order; order--) {
		folio = alloc_folio(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, order);
		if (folio)
			return folio;
	}
	return alloc_folio(GFP_KERNEL, 0);
}

/* Fills one bio from the buffer and transfers it: bytes or -errno. */
static ssize_t transfer_bio(struct block_device *bdev, enum req_op op, u64 sector,
			    unsigned long phys, size_t bytes)
{
	struct bio *bio = bio_alloc(bdev, BIO_MAX_VECS, op, GFP_KERNEL);
	size_t done = 0, n;
	int error;

	bio->bi_sector = sector;
	do {
		n = min(bytes - done, (size_t)PAGE_SIZE);
		if (!bio_add_phys(bio, phys + done, n))
			break;
		done += n;
	} while (done < bytes);
	error = submit_bio_wait(bio);
	bio_put(bio);
	return error ?: (ssize_t)done;
}

static int transfer_bounce(struct block_device *bdev, enum req_op op, u64 sector,
			   struct folio *folio, size_t bytes)
{
	unsigned long phys = folio_pfn(folio) << PAGE_SHIFT;
	ssize_t n = 0;

	for (size_t done = 0; done < bytes && n >= 0; done += n)
		n = transfer_bio(bdev, op, sector + (done >> SECTOR_SHIFT), phys + done,
				 bytes - done);
	return n < 0 ? n : 0;
}

/* One piece between the buffer, the device and the user: bytes or -errno. */
static ssize_t direct_piece(struct block_device *bdev, u64 sector, struct iov_iter *iter,
			    struct folio *folio, size_t bytes)
{
	bool write = iter->data_source;
	size_t copied;
	int error;

	if (write && copy_folio_from_iter(folio, 0, bytes, iter) != bytes)
		return -EFAULT;
	if (write)
		current->oublock += bytes >> SECTOR_SHIFT;
	error = transfer_bounce(bdev, write ? REQ_OP_WRITE : REQ_OP_READ, sector, folio, bytes);
	if (error)
		return error;
	if (write)
		return bytes;
	copied = copy_folio_to_iter(folio, 0, bytes, iter);
	return copied ? (ssize_t)copied : -EFAULT;
}

/* The next piece of the file, within one extent: bytes, 0: the page cache's turn, -errno. */
static ssize_t next_piece(struct inode *inode, loff_t pos, struct iov_iter *iter,
			  struct folio *folio, struct block_device *bdev, get_extent_t *get_extent)
{
	unsigned int bits = inode->i_blkbits;
	size_t offset = pos & (i_blocksize(inode) - 1);
	size_t bytes = min(iov_iter_count(iter), folio_size(folio));
	u64 max = DIV_ROUND_UP(offset + bytes, 1UL << bits), sector;
	struct extent extent;
	int error = get_extent(inode, pos >> bits, max, &extent);

	if (error)
		return error;
	bytes = min_t(u64, bytes, (extent.count << bits) - offset);
	if (extent.mapped) {
		sector = (extent.phys << (bits - SECTOR_SHIFT)) + (offset >> SECTOR_SHIFT);
		return direct_piece(bdev, sector, iter, folio, bytes);
	}
	if (iter->data_source)
		return 0;
	return (ssize_t)iov_iter_zero(bytes, iter) ?: -EFAULT;
}

ssize_t bounced_direct_IO(struct kiocb *iocb, struct iov_iter *iter, struct block_device *bdev,
			  get_extent_t *get_extent)
{
	struct inode *inode = iocb->ki_filp->f_mapping->host;
	loff_t pos = iocb->ki_pos, left = i_size_read(inode) - pos;
	size_t count = iov_iter_count(iter);
	struct folio *folio;
	ssize_t done = 0, n = 0;

	if ((iov_iter_alignment(iter) | pos) & (SECTOR_SIZE - 1))
		return -EINVAL;
	if (left < SECTOR_SIZE)
		return 0;
	iov_iter_truncate(iter, left & ~(loff_t)(SECTOR_SIZE - 1));
	folio = alloc_bounce(iov_iter_count(iter));
	if (!folio)
		return -ENOMEM;
	while (iov_iter_count(iter)) {
		n = next_piece(inode, pos + done, iter, folio, bdev, get_extent);
		if (n <= 0)
			break;
		done += n;
	}
	folio_put(folio);
	iov_iter_reexpand(iter, count - done);
	return done ?: n;
}
