// SPDX-License-Identifier: MIT
/*
 * Text files that are made when they are read (/proc): an iterator over records and a function
 * that prints one.  Records are never cut in the middle of a read but delivered over several.
 */
#ifndef FS_SEQ_FILE_H
#define FS_SEQ_FILE_H

#include "fs/file.h"
#include "lib/types.h"

struct seq_operations;

struct seq_file {
	char *buf;
	size_t size, from, count;	/* buf[from .. from + count) waits to be read */
	size_t pad_until;		/* of seq_setwidth() */
	loff_t index;			/* of the next record */
	loff_t read_pos;		/* the file position that belongs to buf[from] */
	const struct seq_operations *op;
	struct file *file;
	void *private;
	struct mutex lock;
};

struct seq_operations {
	void *(*start)(struct seq_file *m, loff_t *pos);	/* NULL: the end; ERR_PTR */
	void *(*next)(struct seq_file *m, void *v, loff_t *pos);
	void (*stop)(struct seq_file *m, void *v);	/* after start, also after failure */
	int (*show)(struct seq_file *m, void *v);		/* 0, SEQ_SKIP, -errno */
};

#define SEQ_SKIP	1

int seq_open(struct file *file, const struct seq_operations *op);
/* The first three operations of a file of one record. */
void *single_start(struct seq_file *m, loff_t *pos);
void *single_next(struct seq_file *m, void *v, loff_t *pos);
void single_stop(struct seq_file *m, void *v);
int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *data);
ssize_t seq_read_iter(struct kiocb *iocb, struct iov_iter *iter);
void seq_release(struct inode *inode, struct file *file);
void single_release(struct inode *inode, struct file *file);

void __printf(2, 3) seq_printf(struct seq_file *m, const char *fmt, ...);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
void seq_write(struct seq_file *m, const void *data, size_t len);
/*
 * Columns: after seq_setwidth(m, n), seq_pad() fills up with blanks to n characters from there, and
 * puts @c (0: nothing) behind.
 */
void seq_setwidth(struct seq_file *m, size_t width);
void seq_pad(struct seq_file *m, char c);
/* A path as d_path() gives it, with the characters of @escape as \ooo. */
void seq_path(struct seq_file *m, const struct path *path, const char *escape);

static inline bool seq_has_overflowed(const struct seq_file *m)
{
	return m->count == m->size;
}

#endif
