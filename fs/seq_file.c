// SPDX-License-Identifier: MIT
/*
 * Text is made record by record into a buffer, as much as one read wants, and copied out from
 * there.  A record that does not fit makes the buffer grow and is made again.
 *
 * Q1  buf[from .. from + count) is text of records before `index` that nobody has read yet, and
 *     begins at file position read_pos.
 */
#include "fs/seq_file.h"
#include "fs/dcache.h"
#include "lib/err.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

#include <linux/fs.h>

#define SEQ_MAX_SIZE	(4UL << 20)

int seq_open(struct file *file, const struct seq_operations *op)
{
	struct seq_file *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	m->op = op;
	m->file = file;
	mutex_init(&m->lock, RANK_SEQ_FILE);
	file->private_data = m;
	return 0;
}

void seq_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	kvfree(m->buf);
	kfree(m);
}

/* --- printing --- */

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;
	int len;

	if (seq_has_overflowed(m))
		return;
	va_start(args, fmt);
	len = vsnprintf(m->buf + m->count, m->size - m->count, fmt, args);
	va_end(args);
	m->count = m->count + len < m->size ? m->count + len : m->size;
}

void seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (m->count + len < m->size) {
		memcpy(m->buf + m->count, data, len);
		m->count += len;
	} else {
		m->count = m->size;
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

void seq_setwidth(struct seq_file *m, size_t width)
{
	m->pad_until = m->count + width;
}

void seq_pad(struct seq_file *m, char c)
{
	while (m->count < m->pad_until && !seq_has_overflowed(m))
		seq_putc(m, ' ');
	if (c)
		seq_putc(m, c);
}

void seq_path(struct seq_file *m, const struct path *path, const char *escape)
{
	char *page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	char *name = page ? d_path(path, page, PAGE_SIZE) : ERR_PTR(-ENOMEM);

	for (; !IS_ERR(name) && *name; name++) {
		if (strchr(escape, *name) || *name == '\\')
			seq_printf(m, "\\%03o", *name);
		else
			seq_putc(m, *name);
	}
	kfree(page);
}

/* --- reading --- */

static int grow_buffer(struct seq_file *m)
{
	size_t size = m->size ? m->size * 2 : PAGE_SIZE;

	if (size > SEQ_MAX_SIZE)
		return -ENOMEM;
	kvfree(m->buf);
	m->count = m->from = 0;
	m->buf = kvmalloc(size, GFP_KERNEL);
	m->size = m->buf ? size : 0;
	return m->buf ? 0 : -ENOMEM;
}

/*
 * Shows one record at the end of the buffer: 0, -EAGAIN if it did not fit, or -errno; the buffer
 * is as before then.
 */
static int show_record(struct seq_file *m, void *v)
{
	size_t before = m->count;
	int error = m->op->show(m, v);

	if (error || seq_has_overflowed(m))
		m->count = before;
	else
		return 0;
	return error < 0 ? error : error == SEQ_SKIP ? 0 : -EAGAIN;
}

/*
 * Fills the empty buffer with whole records from m->index on.  0 (with nothing in it at the end),
 * -EAGAIN or -errno.
 */
static int fill_buffer(struct seq_file *m, size_t want)
{
	void *v = m->op->start(m, &m->index);
	int error = 0;

	while (v && !IS_ERR(v)) {
		error = show_record(m, v);
		if (error)
			break;
		v = m->op->next(m, v, &m->index);
		if (m->count >= want)
			break;
	}
	m->op->stop(m, v);
	if (IS_ERR(v))
		error = PTR_ERR(v);
	return m->count ? 0 : error;	/* what went wrong behind some text goes wrong again */
}

/* Text into the empty buffer; grows it until at least one record fits. */
static int produce(struct seq_file *m, size_t want)
{
	int error = 0;

	m->from = m->count = 0;
	do {
		if (!m->buf || error == -EAGAIN)
			error = grow_buffer(m);
		if (!error)
			error = fill_buffer(m, want);
	} while (error == -EAGAIN);
	return error;
}

/* Adds to *@done.  0, or -EFAULT if there is no place for any of it. */
static int copy_text(struct seq_file *m, struct iov_iter *iter, ssize_t *done)
{
	size_t n = copy_to_iter(m->buf + m->from, min(m->count, iov_iter_count(iter)), iter);

	m->from += n;
	m->count -= n;
	m->read_pos += n;
	*done += n;
	return n ? 0 : -EFAULT;
}

/* The reader is not where he was: makes the text again from the start up to @pos. */
static int seek_to(struct seq_file *m, loff_t pos)
{
	int error;

	m->index = 0;
	m->read_pos = 0;
	m->from = m->count = 0;
	while (m->read_pos < pos) {
		size_t skip;

		error = produce(m, PAGE_SIZE);
		if (error || !m->count)
			return error;
		skip = min_t(loff_t, m->count, pos - m->read_pos);
		m->from += skip;
		m->count -= skip;
		m->read_pos += skip;
	}
	return 0;
}

ssize_t seq_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	struct seq_file *m = iocb->ki_filp->private_data;
	ssize_t done = 0;
	int error = 0;

	if (!iov_iter_count(iter))
		return 0;
	mutex_lock(&m->lock);
	if (iocb->ki_pos != m->read_pos || !iocb->ki_pos)
		error = seek_to(m, iocb->ki_pos);
	/* What the last read left, and then as much as goes into the buffer at once. */
	if (!error && m->count)
		error = copy_text(m, iter, &done);
	if (!error && iov_iter_count(iter))
		error = produce(m, iov_iter_count(iter));
	if (!error && m->count && iov_iter_count(iter))
		error = copy_text(m, iter, &done);
	iocb->ki_pos += done;
	mutex_unlock(&m->lock);
	return done ?: error;
}

/* --- files of one record --- */

void *single_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? NULL : m;
}

void *single_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

void single_stop(struct seq_file *m, void *v)
{
}

int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *data)
{
	struct seq_operations *op = kmalloc(sizeof(*op), GFP_KERNEL);
	struct seq_file *m;
	int error;

	if (!op)
		return -ENOMEM;
	*op = (struct seq_operations){ single_start, single_next, single_stop, show };
	error = seq_open(file, op);
	if (error) {
		kfree(op);
		return error;
	}
	m = file->private_data;
	m->private = data;
	return 0;
}

void single_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	const struct seq_operations *op = m->op;

	seq_release(inode, file);
	kfree(op);
}
