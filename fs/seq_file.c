// SPDX-License-Identifier: MIT
/*
 * A read takes first what is left in the buffer, then has more records printed into it:
 *
 *   fill:   start ─> show ─> next ─> show ─> next … stop       as many records as fit or are wanted
 *
 * A record that does not fit is taken back, and comes again, from the same index, when the buffer
 * is empty.  If it does not even fit then, the buffer is made anew with twice the size.
 *
 * Q1  Records are printed only into an empty buffer (from == 0), so buf + count is where text
 *     goes on.
 * Q2  count == size means that something did not fit: what was printed last is to be taken back.
 * Q3  buf[from] is the byte at file position read_pos.  A read from anywhere else starts over at
 *     the first record and drops what lies before.
 */
#include "fs/seq_file.h"
#include "fs/dcache.h"
#include "fs/namei.h"
#include "kernel/errno.h"
#include "lib/err.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

#include <linux/fs.h>

int seq_open(struct file *file, const struct seq_operations *op)
{
	struct seq_file *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	mutex_init(&m->lock, RANK_SEQ_FILE);
	m->op = op;
	m->file = file;
	file->private_data = m;
	return 0;
}

void seq_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	kvfree(m->buf);
	kfree(m);
}

/* --- files of one record --- */

static void *single_start(struct seq_file *m, loff_t *pos)
{
	return *pos == 0 ? m : NULL;
}

static void *single_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void single_stop(struct seq_file *m, void *v)
{
}

int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *data)
{
	struct seq_operations *op = kmalloc(sizeof(*op), GFP_KERNEL);
	int err;

	if (!op)
		return -ENOMEM;
	*op = (struct seq_operations){ single_start, single_next, single_stop, show };
	err = seq_open(file, op);
	if (err)
		kfree(op);
	else
		((struct seq_file *)file->private_data)->private = data;
	return err;
}

void single_release(struct inode *inode, struct file *file)
{
	const struct seq_operations *op = ((struct seq_file *)file->private_data)->op;

	seq_release(inode, file);
	kfree(op);
}

/* --- filling the buffer --- */

/* An empty buffer of twice the size. */
static int grow(struct seq_file *m)
{
	size_t size = m->size ? 2 * m->size : PAGE_SIZE;

	kvfree(m->buf);
	m->size = 0;
	m->buf = kvmalloc(size, GFP_KERNEL);
	if (!m->buf)
		return -ENOMEM;
	m->size = size;
	return 0;
}

/*
 * Prints the record @v.  1: it is in the buffer (or was skipped); 0: it did not fit; -errno.  In
 * the last two cases nothing of it is left.
 */
static int show_record(struct seq_file *m, void *v)
{
	size_t before = m->count;
	int result = m->op->show(m, v);

	if (!result && !seq_has_overflowed(m))
		return 1;
	m->count = before;
	if (result < 0)
		return result;
	return result == SEQ_SKIP;
}

/* Records from m->index on until there are @want bytes.  1; 0: the first did not fit; -errno. */
static int show_records(struct seq_file *m, size_t want)
{
	void *v = m->op->start(m, &m->index);
	int result = 1;

	while (v && !IS_ERR(v) && m->count < want) {
		result = show_record(m, v);
		if (result <= 0)
			break;
		v = m->op->next(m, v, &m->index);
	}
	m->op->stop(m, v);
	if (IS_ERR(v))
		result = PTR_ERR(v);
	/* Whatever came after the first record will come again when that has been read. */
	return m->count ? 1 : result;
}

/* 0, with no bytes at the end of the file, or -errno. */
static int fill(struct seq_file *m, size_t want)
{
	int result = 0;

	m->from = m->count = 0;		/* Q1 */
	if (m->buf)
		result = show_records(m, want);
	while (!result) {
		result = grow(m);
		if (!result)
			result = show_records(m, want);
	}
	return min(result, 0);
}

static void consume(struct seq_file *m, size_t n)
{
	m->from += n;
	m->count -= n;
	m->read_pos += n;
}

/* Goes to @pos, or to the end if that comes before. */
static int go_to(struct seq_file *m, loff_t pos)
{
	int err = 0;

	if (pos && pos == m->read_pos)
		return 0;
	m->index = m->read_pos = 0;
	m->count = 0;
	while (!err && m->read_pos < pos) {
		err = fill(m, PAGE_SIZE);
		if (!m->count)
			break;
		consume(m, min_t(loff_t, m->count, pos - m->read_pos));
	}
	if (!err)
		m->read_pos = pos;
	return err;
}

ssize_t seq_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct seq_file *m = iocb->ki_filp->private_data;
	ssize_t total = 0;
	size_t n;
	int err;

	mutex_lock(&m->lock);
	err = go_to(m, iocb->ki_pos);
	while (!err && iov_iter_count(iter)) {
		if (!m->count)
			err = fill(m, iov_iter_count(iter));
		if (err || !m->count)
			break;
		n = copy_to_iter(m->buf + m->from, min(m->count, iov_iter_count(iter)), iter);
		if (!n)
			err = -EFAULT;
		consume(m, n);
		total += n;
	}
	iocb->ki_pos += total;
	mutex_unlock(&m->lock);
	return total ? total : err;
}

loff_t seq_lseek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += file->f_pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (offset < 0)
		return -EINVAL;
	file->f_pos = offset;		/* the next read finds its way (Q3) */
	return offset;
}

/* --- printing --- */

static void set_overflow(struct seq_file *m)
{
	m->count = m->size;
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	size_t room = m->size - m->count, len;
	va_list args;

	va_start(args, fmt);
	len = vsnprintf(m->buf + m->count, room, fmt, args);
	va_end(args);
	if (len < room)
		m->count += len;
	else
		set_overflow(m);
}

void seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (len < m->size - m->count) {
		memcpy(m->buf + m->count, data, len);
		m->count += len;
	} else {
		set_overflow(m);
	}
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_putc(struct seq_file *m, char c)
{
	seq_write(m, &c, 1);
}

void seq_path(struct seq_file *m, const struct path *path, const char *escape)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *p;

	p = buf ? d_path(path, buf, PATH_MAX) : ERR_PTR(-ENOMEM);
	if (IS_ERR(p)) {
		seq_puts(m, "(unknown)");
	} else {
		for (; *p; p++) {
			if (strchr(escape, *p))
				seq_printf(m, "\\%03o", *p);
			else
				seq_putc(m, *p);
		}
	}
	kfree(buf);
}
