// SPDX-License-Identifier: MIT
/*
 * The ring: head and tail only grow; buffer n is bufs[n % ring_size].
 *
 *        tail                head
 *   ┌────┬────┬────┬────┬────┬────┬────┐
 *   │    │  xx│xxxx│xxxx│xx  │    │    │     x: unread bytes
 *   └────┴────┴────┴────┴────┴────┴────┘
 *
 * A small write goes behind the bytes of the newest buffer if all of it fits there, else into a
 * buffer of its own: one of at most PIPE_BUF bytes is never divided.
 *
 * Waking.  A write that finds the pipe empty wakes a reader, a read that finds it full wakes a
 * writer, nobody else wakes anybody: no one can be waiting then.  Waiters are exclusive, so only
 * one is woken; on its way out it wakes the next if there is something left for him.
 *
 * P1  All fields change under the mutex.  head, tail, readers and writers are read without it by
 *     waiters and poll, which are woken after a change and look again.
 * P2  A buffer in use has len > 0.
 */
#include "fs/pipe.h"
#include "fs/fcntl.h"
#include "fs/fdtable.h"
#include "fs/libfs.h"
#include "fs/mount.h"
#include "fs/poll.h"
#include "kernel/cred.h"
#include "kernel/init.h"
#include "kernel/panic.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "lib/vsnprintf.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"

#include <asm/ioctls.h>

static_assert(PIPE_BUF == PAGE_SIZE, "an undivided write fits into one buffer");

static struct vfsmount *pipe_mnt;

static bool pipe_empty(const struct pipe_inode_info *pipe)
{
	return READ_ONCE(pipe->head) == READ_ONCE(pipe->tail);
}

static bool pipe_full(const struct pipe_inode_info *pipe)
{
	return READ_ONCE(pipe->head) - READ_ONCE(pipe->tail) >= READ_ONCE(pipe->ring_size);
}

static bool pipe_readable(const struct pipe_inode_info *pipe)
{
	return !pipe_empty(pipe) || !READ_ONCE(pipe->writers);
}

static bool pipe_writable(const struct pipe_inode_info *pipe)
{
	return !pipe_full(pipe) || !READ_ONCE(pipe->readers);
}

static struct pipe_buffer *pipe_buf(struct pipe_inode_info *pipe, unsigned int n)
{
	return &pipe->bufs[n & (pipe->ring_size - 1)];
}

/*
 * The end of a transfer: wakes one waiter of each side for which there is something, and all who
 * poll.  Asking the queues here spares the common case, where nobody waits, two calls.
 */
static void unlock_and_wake(struct pipe_inode_info *pipe, bool reader, bool writer)
{
	mutex_unlock(&pipe->mutex);
	smp_mb();	/* our change is visible before we look who waits for it */
	if (reader && waitqueue_active(&pipe->rd_wait))
		wake_up_interruptible(&pipe->rd_wait);
	if (writer && waitqueue_active(&pipe->wr_wait))
		wake_up_interruptible(&pipe->wr_wait);
}

/* Where byte @offset of a buffer's page is. */
static void *buf_address(const struct pipe_buffer *buf, size_t offset)
{
	return (char *)folio_address(buf->folio) + offset;
}

/* --- reading --- */

/* An emptied page is kept for the next write: then a short conversation allocates nothing. */
static void put_page(struct pipe_inode_info *pipe, struct folio *folio)
{
	if (pipe->spare)
		folio_put(folio);
	else
		pipe->spare = folio;
}

/* Bytes moved, or -EFAULT; a buffer that cannot be copied whole stays as it is.  => mutex held */
static ssize_t take_bytes(struct pipe_inode_info *pipe, struct iov_iter *to)
{
	ssize_t total = 0;

	while (!pipe_empty(pipe) && iov_iter_count(to)) {
		struct pipe_buffer *buf = pipe_buf(pipe, pipe->tail);
		size_t n = min_t(size_t, buf->len, iov_iter_count(to));
		size_t copied = copy_to_iter(buf_address(buf, buf->offset), n, to);

		if (copied < n)
			return total ? total : -EFAULT;
		total += n;
		buf->offset += n;
		buf->len -= n;
		if (!buf->len) {
			put_page(pipe, buf->folio);
			pipe->tail++;
		}
	}
	return total;
}

/* 0 or -ERESTARTSYS.  => mutex held; dropped meanwhile */
static noinline int wait_for_data(struct pipe_inode_info *pipe)
{
	int err;

	mutex_unlock(&pipe->mutex);
	err = wait_event_interruptible_exclusive(&pipe->rd_wait, pipe_readable(pipe));
	mutex_lock(&pipe->mutex);
	return err;
}

static ssize_t pipe_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct pipe_inode_info *pipe = iocb->ki_filp->private_data;
	ssize_t result;
	bool was_full;

	if (!iov_iter_count(to))
		return 0;
	mutex_lock(&pipe->mutex);
	for (;;) {
		was_full = pipe_full(pipe);
		result = take_bytes(pipe, to);
		if (result || !pipe->writers)
			break;
		if (iocb->ki_filp->f_flags & O_NONBLOCK) {
			result = -EAGAIN;
			break;
		}
		result = wait_for_data(pipe);
		if (result)
			break;
	}
	unlock_and_wake(pipe, !pipe_empty(pipe), was_full && !pipe_full(pipe));
	return result;
}

/* --- writing --- */

/*
 * What is more than whole pages goes behind the bytes of the newest buffer if it fits.  Bytes, 0 if
 * there is no such buffer, or -EFAULT.  => mutex held
 */
static ssize_t append_bytes(struct pipe_inode_info *pipe, struct iov_iter *from)
{
	size_t n = iov_iter_count(from) % PAGE_SIZE;
	struct pipe_buffer *buf;

	if (!n || pipe_empty(pipe))
		return 0;
	buf = pipe_buf(pipe, pipe->head - 1);
	if (buf->offset + buf->len + n > PAGE_SIZE)
		return 0;
	if (copy_from_iter(buf_address(buf, buf->offset + buf->len), n, from) < n)
		return -EFAULT;
	buf->len += n;
	return n;
}

/* A buffer with up to a page of bytes.  Bytes, or -errno.  => mutex held, a buffer is free */
static ssize_t add_buffer(struct pipe_inode_info *pipe, struct iov_iter *from)
{
	size_t n = min_t(size_t, iov_iter_count(from), PAGE_SIZE);
	struct folio *folio = pipe->spare;

	if (folio)
		pipe->spare = NULL;
	else
		folio = alloc_folio(GFP_USER, 0);
	if (!folio)
		return -ENOMEM;
	if (copy_from_iter(folio_address(folio), n, from) < n) {
		put_page(pipe, folio);
		return -EFAULT;
	}
	*pipe_buf(pipe, pipe->head) = (struct pipe_buffer){ .folio = folio, .len = n };
	pipe->head++;
	return n;
}

/* Bytes moved (0: it is full), or -errno if not even one could be.  => mutex held */
static ssize_t put_bytes(struct pipe_inode_info *pipe, struct iov_iter *from)
{
	ssize_t total = append_bytes(pipe, from), n;

	while (total >= 0 && iov_iter_count(from) && !pipe_full(pipe)) {
		n = add_buffer(pipe, from);
		if (n < 0)
			return total ? total : n;
		total += n;
	}
	return total;
}

/* 0 or -ERESTARTSYS.  => mutex held; dropped meanwhile */
static noinline int wait_for_room(struct pipe_inode_info *pipe, bool was_empty)
{
	int err;

	unlock_and_wake(pipe, was_empty, false);
	err = wait_event_interruptible_exclusive(&pipe->wr_wait, pipe_writable(pipe));
	mutex_lock(&pipe->mutex);
	return err;
}

static ssize_t pipe_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct pipe_inode_info *pipe = iocb->ki_filp->private_data;
	ssize_t total = 0, result;
	bool was_empty = false;

	if (!iov_iter_count(from))
		return 0;
	mutex_lock(&pipe->mutex);
	for (;;) {
		if (!pipe->readers) {
			send_sig(SIGPIPE, current, false);
			result = -EPIPE;
			break;
		}
		was_empty = pipe_empty(pipe);
		result = put_bytes(pipe, from);
		if (result < 0)
			break;
		total += result;
		if (!iov_iter_count(from))
			break;
		if (iocb->ki_filp->f_flags & O_NONBLOCK) {
			result = -EAGAIN;
			break;
		}
		result = wait_for_room(pipe, was_empty);
		was_empty = false;
		if (result)
			break;
	}
	unlock_and_wake(pipe, was_empty && !pipe_empty(pipe), !pipe_full(pipe));
	return total ? total : result;
}

/* --- poll and ioctl --- */

static unsigned int pipe_poll(struct file *file, struct poll_table *pt)
{
	struct pipe_inode_info *pipe = file->private_data;
	unsigned int events = 0;

	if (file->f_mode & FMODE_READ) {
		poll_wait(file, &pipe->rd_wait, pt);
		if (!pipe_empty(pipe))
			events |= POLLIN | POLLRDNORM;
		/* f_pos: see fifo_open_read(). */
		if (!READ_ONCE(pipe->writers) && file->f_pos != READ_ONCE(pipe->w_counter))
			events |= POLLHUP;
	}
	if (file->f_mode & FMODE_WRITE) {
		poll_wait(file, &pipe->wr_wait, pt);
		if (!pipe_full(pipe))
			events |= POLLOUT | POLLWRNORM;
		if (!READ_ONCE(pipe->readers))
			events |= POLLERR;
	}
	return events;
}

static int bytes_in_pipe(struct pipe_inode_info *pipe)
{
	int bytes = 0;

	mutex_lock(&pipe->mutex);
	for (unsigned int n = pipe->tail; n != pipe->head; n++)
		bytes += pipe_buf(pipe, n)->len;
	mutex_unlock(&pipe->mutex);
	return bytes;
}

static long pipe_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (cmd != FIONREAD)
		return -ENOIOCTLCMD;
	return put_user(bytes_in_pipe(file->private_data), (int __user *)arg);
}

/* --- size --- */

/* The same buffers in a ring of @size.  => mutex held */
static int resize_ring(struct pipe_inode_info *pipe, unsigned int size)
{
	unsigned int used = pipe->head - pipe->tail;
	struct pipe_buffer *bufs;

	if (used > size)
		return -EBUSY;
	bufs = kcalloc(size, sizeof(*bufs), GFP_KERNEL);
	if (!bufs)
		return -ENOMEM;
	for (unsigned int n = 0; n < used; n++)
		bufs[n] = *pipe_buf(pipe, pipe->tail + n);
	kfree(pipe->bufs);
	pipe->bufs = bufs;
	pipe->ring_size = size;
	pipe->tail = 0;
	pipe->head = used;
	return 0;
}

static long set_pipe_size(struct pipe_inode_info *pipe, unsigned long bytes)
{
	unsigned long size = DIV_ROUND_UP(bytes ? bytes : 1, PAGE_SIZE);
	bool was_full;
	int err;

	if (bytes > INT_MAX)
		return -EINVAL;
	size = roundup_pow_of_two(size);
	if (size > pipe->ring_size && size * PAGE_SIZE > PIPE_MAX_SIZE &&
	    !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	mutex_lock(&pipe->mutex);
	was_full = pipe_full(pipe);
	err = resize_ring(pipe, size);
	mutex_unlock(&pipe->mutex);
	if (was_full)
		wake_up_interruptible(&pipe->wr_wait);
	return err ? err : (long)(size * PAGE_SIZE);
}

struct pipe_inode_info *get_pipe_info(struct file *file)
{
	return file->f_op == &pipefifo_fops ? file->private_data : NULL;
}

long pipe_fcntl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pipe_inode_info *pipe = get_pipe_info(file);

	if (!pipe)
		return -EBADF;
	if (cmd == F_SETPIPE_SZ)
		return set_pipe_size(pipe, arg);
	return (long)pipe->ring_size * PAGE_SIZE;
}

/* --- birth and end --- */

static struct pipe_inode_info *alloc_pipe_info(void)
{
	struct pipe_inode_info *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);

	if (!pipe)
		return NULL;
	pipe->bufs = kcalloc(PIPE_DEF_BUFFERS, sizeof(*pipe->bufs), GFP_KERNEL);
	if (!pipe->bufs) {
		kfree(pipe);
		return NULL;
	}
	pipe->ring_size = PIPE_DEF_BUFFERS;
	mutex_init(&pipe->mutex, RANK_TTY);
	init_waitqueue_head(&pipe->rd_wait);
	init_waitqueue_head(&pipe->wr_wait);
	return pipe;
}

static void free_pipe_info(struct pipe_inode_info *pipe)
{
	for (unsigned int n = pipe->tail; n != pipe->head; n++)
		folio_put(pipe_buf(pipe, n)->folio);
	if (pipe->spare)
		folio_put(pipe->spare);
	kfree(pipe->bufs);
	kfree(pipe);
}

/* One open file less; the last takes the pipe and what is in it along. */
static void put_pipe(struct inode *inode, struct pipe_inode_info *pipe)
{
	bool last;

	spin_lock(&inode->i_lock);
	last = !--pipe->files;
	if (last)
		inode->i_pipe = NULL;
	spin_unlock(&inode->i_lock);
	if (last)
		free_pipe_info(pipe);
}

/* Who waits for data, room or a partner sees that one side has changed. */
static void wake_all(struct pipe_inode_info *pipe)
{
	wake_up_interruptible_all(&pipe->rd_wait);
	wake_up_interruptible_all(&pipe->wr_wait);
}

static void leave_pipe(struct file *file, struct pipe_inode_info *pipe)
{
	bool one_sided;

	mutex_lock(&pipe->mutex);
	if (file->f_mode & FMODE_READ)
		pipe->readers--;
	if (file->f_mode & FMODE_WRITE)
		pipe->writers--;
	one_sided = !pipe->readers != !pipe->writers;
	mutex_unlock(&pipe->mutex);
	if (one_sided)
		wake_all(pipe);
}

static void pipe_release(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	leave_pipe(file, pipe);
	put_pipe(inode, pipe);
}

/* --- open: of FIFOs, and of pipes by /proc/PID/fd --- */

static struct pipe_inode_info *get_pipe(struct inode *inode)
{
	struct pipe_inode_info *fresh = alloc_pipe_info(), *pipe;

	if (!fresh)
		return NULL;
	spin_lock(&inode->i_lock);
	if (!inode->i_pipe)
		inode->i_pipe = fresh;
	pipe = inode->i_pipe;
	pipe->files++;
	spin_unlock(&inode->i_lock);
	if (pipe != fresh)
		free_pipe_info(fresh);
	return pipe;
}

/* Until the other end is opened, even if it is closed at once.  => mutex held; dropped meanwhile */
static int wait_for_partner(struct pipe_inode_info *pipe, unsigned int *counter)
{
	unsigned int before = *counter;
	int err;

	mutex_unlock(&pipe->mutex);
	err = wait_event_interruptible(&pipe->rd_wait, READ_ONCE(*counter) != before);
	mutex_lock(&pipe->mutex);
	return err;
}

/* => mutex held; we are counted in */
static int fifo_open_read(struct file *file, struct pipe_inode_info *pipe, bool may_wait)
{
	if (pipe->writers || !may_wait)
		return 0;
	if (!(file->f_flags & O_NONBLOCK))
		return wait_for_partner(pipe, &pipe->w_counter);
	/*
	 * Poll shall not report a hang-up before there ever was a writer: the number of writers at
	 * open is kept in f_pos, for which a stream has no other use.
	 */
	file->f_pos = pipe->w_counter;
	return 0;
}

/* => mutex held */
static int fifo_open_ends(struct file *file, struct pipe_inode_info *pipe, bool may_wait)
{
	bool rd = file->f_mode & FMODE_READ, wr = file->f_mode & FMODE_WRITE;

	if (wr && !rd && !pipe->readers && file->f_flags & O_NONBLOCK && may_wait)
		return -ENXIO;
	pipe->readers += rd;
	pipe->writers += wr;
	pipe->r_counter += rd;
	pipe->w_counter += wr;
	wake_up_interruptible_all(&pipe->rd_wait);
	if (rd && !wr)
		return fifo_open_read(file, pipe, may_wait);
	if (wr && !rd && !pipe->readers && may_wait)
		return wait_for_partner(pipe, &pipe->r_counter);
	return 0;
}

static int fifo_open(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = get_pipe(inode);
	int err;

	if (!pipe)
		return -ENOMEM;
	file->private_data = pipe;
	file->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	mutex_lock(&pipe->mutex);
	err = fifo_open_ends(file, pipe, inode->i_sb != pipe_mnt->mnt_sb);
	mutex_unlock(&pipe->mutex);
	if (!err)
		return 0;
	if (err != -ENXIO)		/* interrupted: we were counted in */
		leave_pipe(file, pipe);
	put_pipe(inode, pipe);
	return err;
}

const struct file_operations pipefifo_fops = {
	.open = fifo_open,
	.release = pipe_release,
	.read_iter = pipe_read,
	.write_iter = pipe_write,
	.poll = pipe_poll,
	.unlocked_ioctl = pipe_ioctl,
};

/* --- pipe2 --- */

static struct inode *new_pipe_inode(struct pipe_inode_info *pipe)
{
	struct inode *inode = new_inode(pipe_mnt->mnt_sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_mode = S_IFIFO | 0600;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_fop = &pipefifo_fops;
	inode->i_pipe = pipe;
	/* Taken for dirty, it is never put onto a list of inodes to be written. */
	inode->i_state = I_DIRTY;
	return inode;
}

static void set_pipe_end(struct file *file, struct pipe_inode_info *pipe)
{
	file->private_data = pipe;
	file->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
}

/* The reading end beside the writing one, on the same place. */
static struct file *open_read_end(struct file *writer, unsigned int flags)
{
	struct path path = writer->f_path;
	struct file *file;

	path_get(&path);
	file = alloc_file(&path, O_RDONLY | flags, &pipefifo_fops);
	if (IS_ERR(file))
		path_put(&path);
	return file;
}

int create_pipe_files(struct file *files[2], int flags)
{
	struct pipe_inode_info *pipe = alloc_pipe_info();
	struct inode *inode = pipe ? new_pipe_inode(pipe) : NULL;

	if (!inode) {
		if (pipe)
			free_pipe_info(pipe);
		return -ENFILE;
	}
	flags &= O_NONBLOCK;
	files[1] = alloc_file_pseudo(inode, pipe_mnt, "", O_WRONLY | flags, &pipefifo_fops);
	if (IS_ERR(files[1])) {
		free_pipe_info(pipe);
		return PTR_ERR(files[1]);
	}
	set_pipe_end(files[1], pipe);
	pipe->files = pipe->writers = pipe->w_counter = 1;
	files[0] = open_read_end(files[1], flags);
	if (IS_ERR(files[0])) {
		fput(files[1]);
		return PTR_ERR(files[0]);
	}
	set_pipe_end(files[0], pipe);
	pipe->files = 2;
	pipe->readers = pipe->r_counter = 1;
	return 0;
}

/* Two numbers, reserved.  0 or -errno. */
static int get_two_fds(int fds[2], int flags)
{
	fds[0] = get_unused_fd_flags(flags);
	if (fds[0] < 0)
		return fds[0];
	fds[1] = get_unused_fd_flags(flags);
	if (fds[1] >= 0)
		return 0;
	put_unused_fd(fds[0]);
	return fds[1];
}

SYSCALL_DEFINE2(pipe2, int __user *, user, int, flags)
{
	struct file *files[2];
	int fds[2], err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	err = create_pipe_files(files, flags);
	if (err)
		return err;
	err = get_two_fds(fds, flags);
	if (err)
		goto put_files;
	if (copy_to_user(user, fds, sizeof(fds))) {
		err = -EFAULT;
		goto put_fds;
	}
	fd_install(fds[0], files[0]);
	fd_install(fds[1], files[1]);
	return 0;

put_fds:
	put_unused_fd(fds[0]);
	put_unused_fd(fds[1]);
put_files:
	fput(files[0]);
	fput(files[1]);
	return err;
}

/* --- the internal file system --- */

static char *pipe_dname(struct dentry *dentry, char *buf, int len)
{
	int need = snprintf(buf, len, "pipe:[%lu]", d_inode(dentry)->i_ino);

	return need < len ? buf : ERR_PTR(-ENAMETOOLONG);
}

static const struct dentry_operations pipe_dops = { .d_dname = pipe_dname };
static const struct super_operations pipe_sops = { .statfs = simple_statfs };

static int pipe_fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *root;

	sb->s_op = &pipe_sops;
	sb->s_d_op = &pipe_dops;
	sb->s_magic = PIPEFS_MAGIC;
	root = new_inode(sb);
	if (root)
		root->i_mode = S_IFDIR | 0555;
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *pipe_mount(struct file_system_type *type, int flags, const char *dev_name,
				 void *data)
{
	return mount_nodev(type, flags, data, pipe_fill_super);
}

static struct file_system_type pipe_type = {
	.name = "pipefs",
	.mount = pipe_mount,
	.kill_sb = kill_anon_super,
};

static void pipe_init(void)
{
	pipe_mnt = kern_mount(&pipe_type);
	BUG_ON(IS_ERR(pipe_mnt));
}
fs_initcall(pipe_init);
