// SPDX-License-Identifier: MIT
/*
 * The ring: slots tail .. head - 1 (mod ring_size) hold unread bytes, each in a page of its own.
 *
 *   tail ──> [ read | unread ] [ unread ] [ unread | room ] <── head - 1
 *
 * P1  Everything is done under pipe->mutex; only head, tail, readers and writers are looked at without it, to decide whether
 *     to sleep.
 * P2  A write of at most PIPE_BUF bytes goes into one slot, so no other write can come between.
 * P3  Only the change from empty to not empty wakes readers, and from full to not full writers.  Sleepers are exclusive:
 *     one is woken, and whoever leaves something for the next one passes the wake-up on.
 * P4  One emptied page is kept as `spare`: a pipe that goes back and forth allocates nothing.
 */
#include "fs/pipe.h"
#include "arch/riscv/uaccess.h"
#include "fs/dcache.h"
#include "fs/fcntl.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/libfs.h"
#include "fs/mount.h"
#include "fs/poll.h"
#include "fs/super.h"
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

static struct vfsmount *pipe_mnt;

/* --- the ring --- */

static unsigned int pipe_used(const struct pipe_inode_info *pipe)
{
	return READ_ONCE(pipe->head) - READ_ONCE(pipe->tail);
}

static bool pipe_empty(const struct pipe_inode_info *pipe)
{
	return !pipe_used(pipe);
}

static bool pipe_full(const struct pipe_inode_info *pipe)
{
	return pipe_used(pipe) >= READ_ONCE(pipe->ring_size);
}

static struct pipe_buffer *pipe_slot(struct pipe_inode_info *pipe, unsigned int n)
{
	return &pipe->bufs[n & (pipe->ring_size - 1)];
}

static struct folio *get_page(struct pipe_inode_info *pipe)
{
	struct folio *folio = pipe->spare;

	pipe->spare = NULL;
	return folio ?: alloc_folio(GFP_USER, 0);
}

static void put_page(struct pipe_inode_info *pipe, struct folio *folio)
{
	if (pipe->spare)
		folio_put(folio);
	else
		pipe->spare = folio;
}

static struct pipe_inode_info *alloc_pipe(void)
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
	pipe->r_counter = pipe->w_counter = 1;
	return pipe;
}

static void free_pipe(struct pipe_inode_info *pipe)
{
	for (; pipe->tail != pipe->head; pipe->tail++)
		folio_put(pipe_slot(pipe, pipe->tail)->folio);
	if (pipe->spare)
		folio_put(pipe->spare);
	kfree(pipe->bufs);
	kfree(pipe);
}

/* --- sleeping and waking --- */

static bool pipe_readable(const struct pipe_inode_info *pipe)
{
	return !pipe_empty(pipe) || !READ_ONCE(pipe->writers);
}

static bool pipe_writable(const struct pipe_inode_info *pipe)
{
	return !pipe_full(pipe) || !READ_ONCE(pipe->readers);
}

/* => what the sleepers wait for has become true */
static void wake_sleepers(struct wait_queue_head *wq)
{
	smp_mb();
	if (waitqueue_active(wq))
		wake_up_interruptible(wq);
}

/* --- reading --- */

/* Copies from the oldest slot: bytes or -EFAULT.  An emptied slot is given up. */
static ssize_t read_slot(struct pipe_inode_info *pipe, struct iov_iter *to)
{
	struct pipe_buffer *buf = pipe_slot(pipe, pipe->tail);
	size_t want = min_t(size_t, buf->len, iov_iter_count(to));
	size_t n = copy_folio_to_iter(buf->folio, buf->offset, want, to);

	buf->offset += n;
	buf->len -= n;
	if (!buf->len) {
		put_page(pipe, buf->folio);
		WRITE_ONCE(pipe->tail, pipe->tail + 1);
	}
	return n == want ? (ssize_t)n : -EFAULT;
}

/* Reads what is there: bytes so far, or -errno if none. */
static ssize_t read_available(struct pipe_inode_info *pipe, struct iov_iter *to)
{
	ssize_t done = 0, n;

	while (!pipe_empty(pipe) && iov_iter_count(to)) {
		n = read_slot(pipe, to);
		if (n < 0)
			return done ?: n;
		done += n;
	}
	return done;
}

static ssize_t pipe_read(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct pipe_inode_info *pipe = file->private_data;
	bool was_full, more;
	ssize_t result;

	if (unlikely(!iov_iter_count(to)))
		return 0;
	mutex_lock(&pipe->mutex);
	while (pipe_empty(pipe)) {
		result = 0;
		if (!pipe->writers)
			goto unlock;
		result = -EAGAIN;
		if (file->f_flags & O_NONBLOCK)
			goto unlock;
		mutex_unlock(&pipe->mutex);
		result = wait_event_interruptible_exclusive(&pipe->rd_wait, pipe_readable(pipe));
		if (result)
			return result;
		mutex_lock(&pipe->mutex);
	}
	was_full = pipe_full(pipe);
	result = read_available(pipe, to);
	more = !pipe_empty(pipe);
	mutex_unlock(&pipe->mutex);
	if (was_full)
		wake_sleepers(&pipe->wr_wait);
	if (unlikely(more))
		wake_sleepers(&pipe->rd_wait);
	return result;
unlock:
	mutex_unlock(&pipe->mutex);
	return result;
}

/* --- writing --- */

/* Adds to the youngest slot the bytes of @from that do not fill a page, if they fit: bytes or -EFAULT. */
static ssize_t append_to_last(struct pipe_inode_info *pipe, struct iov_iter *from)
{
	size_t chars = iov_iter_count(from) & (PAGE_SIZE - 1), n;
	struct pipe_buffer *buf;

	if (!chars || pipe_empty(pipe))
		return 0;
	buf = pipe_slot(pipe, pipe->head - 1);
	if (buf->offset + buf->len + chars > PAGE_SIZE)
		return 0;
	n = copy_folio_from_iter(buf->folio, buf->offset + buf->len, chars, from);
	if (n != chars) {
		iov_iter_revert(from, n);
		return -EFAULT;
	}
	buf->len += n;
	return n;
}

/* Fills a fresh slot: bytes or -errno. */
static ssize_t write_slot(struct pipe_inode_info *pipe, struct iov_iter *from)
{
	size_t want = min_t(size_t, iov_iter_count(from), PAGE_SIZE), n;
	struct folio *folio = get_page(pipe);

	if (!folio)
		return -ENOMEM;
	n = copy_folio_from_iter(folio, 0, want, from);
	if (n != want) {
		put_page(pipe, folio);
		iov_iter_revert(from, n);
		return -EFAULT;
	}
	*pipe_slot(pipe, pipe->head) = (struct pipe_buffer){ .folio = folio, .len = n };
	WRITE_ONCE(pipe->head, pipe->head + 1);
	return n;
}

/* Writes as long as there is room: bytes so far, or -errno if none. */
static ssize_t write_available(struct pipe_inode_info *pipe, struct iov_iter *from)
{
	ssize_t done = append_to_last(pipe, from), n;

	if (done < 0)
		return done;
	while (iov_iter_count(from) && !pipe_full(pipe)) {
		n = write_slot(pipe, from);
		if (n < 0)
			return done ?: n;
		done += n;
	}
	return done;
}

static ssize_t broken_pipe(void)
{
	send_sig(SIGPIPE, current, false);
	return -EPIPE;
}

/* One round under the mutex.  *@done grows; 0: all written, -EAGAIN: full, other -errno. */
static int write_round(struct pipe_inode_info *pipe, struct iov_iter *from, ssize_t *done)
{
	bool was_empty = pipe_empty(pipe), room;
	ssize_t n;

	if (unlikely(!pipe->readers)) {
		mutex_unlock(&pipe->mutex);
		return broken_pipe();
	}
	n = write_available(pipe, from);
	room = !pipe_full(pipe);
	mutex_unlock(&pipe->mutex);
	if (n > 0) {
		*done += n;
		if (was_empty)
			wake_sleepers(&pipe->rd_wait);
	}
	if (likely(!iov_iter_count(from))) {
		if (unlikely(room && waitqueue_active(&pipe->wr_wait)))
			wake_sleepers(&pipe->wr_wait);
		return 0;
	}
	return n < 0 ? n : room ? -EFAULT : -EAGAIN;
}

static ssize_t pipe_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct pipe_inode_info *pipe = file->private_data;
	ssize_t done = 0;
	int error;

	if (unlikely(!iov_iter_count(from)))
		return 0;
	for (;;) {
		mutex_lock(&pipe->mutex);
		error = write_round(pipe, from, &done);
		if (error != -EAGAIN || file->f_flags & O_NONBLOCK)
			break;
		error = wait_event_interruptible_exclusive(&pipe->wr_wait, pipe_writable(pipe));
		if (error)
			break;
	}
	return done ?: error;
}

/* --- poll, ioctl, fcntl --- */

static unsigned int pipe_poll(struct file *file, struct poll_table *pt)
{
	struct pipe_inode_info *pipe = file->private_data;
	unsigned int mask = 0;

	if (file->f_mode & FMODE_READ)
		poll_wait(file, &pipe->rd_wait, pt);
	if (file->f_mode & FMODE_WRITE)
		poll_wait(file, &pipe->wr_wait, pt);
	if (file->f_mode & FMODE_READ) {
		if (!pipe_empty(pipe))
			mask |= POLLIN | POLLRDNORM;
		/* A FIFO that no writer has opened since is not hung up, merely quiet. */
		if (!READ_ONCE(pipe->writers) && file->f_pos != pipe->w_counter)
			mask |= POLLHUP;
	}
	if (file->f_mode & FMODE_WRITE) {
		if (!pipe_full(pipe))
			mask |= POLLOUT | POLLWRNORM;
		if (!READ_ONCE(pipe->readers))
			mask |= POLLERR;
	}
	return mask;
}

static int unread_bytes(struct pipe_inode_info *pipe)
{
	int count = 0;

	mutex_lock(&pipe->mutex);
	for (unsigned int n = pipe->tail; n != pipe->head; n++)
		count += pipe_slot(pipe, n)->len;
	mutex_unlock(&pipe->mutex);
	return count;
}

static long pipe_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (cmd != FIONREAD)
		return -ENOIOCTLCMD;
	return put_user(unread_bytes(file->private_data), (int __user *)arg);
}

/* => pipe->mutex held; @nr is a power of two */
static int resize_ring(struct pipe_inode_info *pipe, unsigned int nr)
{
	struct pipe_buffer *bufs;
	unsigned int used = pipe_used(pipe);

	if (nr < used)
		return -EBUSY;
	bufs = kcalloc(nr, sizeof(*bufs), GFP_KERNEL);
	if (!bufs)
		return -ENOMEM;
	for (unsigned int i = 0; i < used; i++)
		bufs[i] = *pipe_slot(pipe, pipe->tail + i);
	kfree(pipe->bufs);
	pipe->bufs = bufs;
	pipe->tail = 0;
	pipe->head = used;
	WRITE_ONCE(pipe->ring_size, nr);
	return 0;
}

static long set_pipe_size(struct pipe_inode_info *pipe, unsigned long bytes)
{
	unsigned long nr = roundup_pow_of_two(max(DIV_ROUND_UP(bytes, PAGE_SIZE), 1UL));
	int error;

	if (bytes > INT_MAX)
		return -EINVAL;
	if (nr << PAGE_SHIFT > PIPE_MAX_SIZE && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	mutex_lock(&pipe->mutex);
	error = resize_ring(pipe, nr);
	mutex_unlock(&pipe->mutex);
	if (error)
		return error;
	wake_sleepers(&pipe->wr_wait);
	return (long)nr << PAGE_SHIFT;
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
	return cmd == F_SETPIPE_SZ ? set_pipe_size(pipe, arg) : (long)pipe->ring_size << PAGE_SHIFT;
}

/* --- the ends --- */

/* One file less uses the pipe; the last one frees it. */
static void put_pipe(struct inode *inode, struct pipe_inode_info *pipe)
{
	bool last;

	spin_lock(&inode->i_lock);
	last = !--pipe->files;
	if (last)
		inode->i_pipe = NULL;
	spin_unlock(&inode->i_lock);
	if (last)
		free_pipe(pipe);
}

static void pipe_release(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	mutex_lock(&pipe->mutex);
	if (file->f_mode & FMODE_READ)
		pipe->readers--;
	if (file->f_mode & FMODE_WRITE)
		pipe->writers--;
	mutex_unlock(&pipe->mutex);
	/* End of file, or no reader any more, concerns all sleepers. */
	smp_mb();
	if (waitqueue_active(&pipe->rd_wait))
		wake_up_interruptible_all(&pipe->rd_wait);
	if (waitqueue_active(&pipe->wr_wait))
		wake_up_interruptible_all(&pipe->wr_wait);
	put_pipe(inode, pipe);
}

/* The FIFO's ring, made by the first who opens it; counted. */
static struct pipe_inode_info *get_fifo(struct inode *inode)
{
	struct pipe_inode_info *pipe, *fresh = NULL;

	for (;;) {
		spin_lock(&inode->i_lock);
		pipe = inode->i_pipe;
		if (!pipe && fresh) {
			pipe = inode->i_pipe = fresh;
			fresh = NULL;
		}
		if (pipe)
			pipe->files++;
		spin_unlock(&inode->i_lock);
		if (pipe)
			break;
		fresh = alloc_pipe();
		if (!fresh)
			return NULL;
	}
	if (fresh)
		free_pipe(fresh);
	return pipe;
}

/* Waits until the other side's counter of opens has moved.  => mutex held, and on return */
static int wait_for_partner(struct pipe_inode_info *pipe, unsigned int *counter, struct wait_queue_head *wq)
{
	unsigned int seen = *counter;
	int error;

	mutex_unlock(&pipe->mutex);
	error = wait_event_interruptible(wq, READ_ONCE(*counter) != seen);
	mutex_lock(&pipe->mutex);
	return error;
}

static int open_for_reading(struct file *file, struct pipe_inode_info *pipe)
{
	pipe->r_counter++;
	if (!pipe->readers++)
		wake_up_interruptible_all(&pipe->wr_wait);
	if (pipe->writers)
		return 0;
	if (file->f_flags & O_NONBLOCK) {
		file->f_pos = pipe->w_counter;		/* no POLLHUP until a writer has come and gone */
		return 0;
	}
	if (!wait_for_partner(pipe, &pipe->w_counter, &pipe->rd_wait))
		return 0;
	if (!--pipe->readers)
		wake_up_interruptible_all(&pipe->wr_wait);
	return -ERESTARTSYS;
}

static int open_for_writing(struct file *file, struct pipe_inode_info *pipe)
{
	if (file->f_flags & O_NONBLOCK && !pipe->readers)
		return -ENXIO;
	pipe->w_counter++;
	if (!pipe->writers++)
		wake_up_interruptible_all(&pipe->rd_wait);
	if (pipe->readers || !wait_for_partner(pipe, &pipe->r_counter, &pipe->wr_wait))
		return 0;
	if (!--pipe->writers)
		wake_up_interruptible_all(&pipe->rd_wait);
	return -ERESTARTSYS;
}

/* POSIX leaves it open; as in Linux it never waits. */
static int open_for_both(struct pipe_inode_info *pipe)
{
	pipe->readers++;
	pipe->writers++;
	pipe->r_counter++;
	pipe->w_counter++;
	if (pipe->readers == 1 || pipe->writers == 1) {
		wake_up_interruptible_all(&pipe->rd_wait);
		wake_up_interruptible_all(&pipe->wr_wait);
	}
	return 0;
}

static int fifo_open(struct inode *inode, struct file *file)
{
	struct pipe_inode_info *pipe = get_fifo(inode);
	int error;

	if (!pipe)
		return -ENOMEM;
	file->private_data = pipe;
	file->f_pos = 0;
	file->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	mutex_lock(&pipe->mutex);
	switch (file->f_mode & (FMODE_READ | FMODE_WRITE)) {
	case FMODE_READ:
		error = open_for_reading(file, pipe);
		break;
	case FMODE_WRITE:
		error = open_for_writing(file, pipe);
		break;
	default:
		error = open_for_both(pipe);
	}
	mutex_unlock(&pipe->mutex);
	if (error)
		put_pipe(inode, pipe);
	return error;
}

const struct file_operations pipefifo_fops = {
	.open = fifo_open,
	.release = pipe_release,
	.llseek = no_llseek,
	.read_iter = pipe_read,
	.write_iter = pipe_write,
	.poll = pipe_poll,
	.unlocked_ioctl = pipe_ioctl,
};

/* --- pipe2(2) --- */

static struct inode *get_pipe_inode(void)
{
	struct pipe_inode_info *pipe = alloc_pipe();
	struct inode *inode = pipe ? new_inode(pipe_mnt->mnt_sb) : NULL;

	if (!inode) {
		if (pipe)
			free_pipe(pipe);
		return NULL;
	}
	pipe->files = 2;
	pipe->readers = pipe->writers = 1;
	inode->i_ino = get_next_ino();
	inode->i_pipe = pipe;
	inode->i_fop = &pipefifo_fops;
	inode->i_mode = S_IFIFO | S_IRUSR | S_IWUSR;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	return inode;
}

int create_pipe_files(struct file *files[2], int flags)
{
	struct inode *inode = get_pipe_inode();
	struct pipe_inode_info *pipe;
	struct file *file;

	if (!inode)
		return -ENFILE;
	pipe = inode->i_pipe;
	file = alloc_file_pseudo(inode, pipe_mnt, "", O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)), &pipefifo_fops);
	if (IS_ERR(file)) {
		free_pipe(pipe);
		return PTR_ERR(file);
	}
	file->private_data = pipe;
	files[1] = file;
	file = alloc_file(&file->f_path, O_RDONLY | (flags & O_NONBLOCK), &pipefifo_fops);
	if (IS_ERR(file)) {
		put_pipe(inode, pipe);		/* the reader's part; fput() gives back the writer's */
		fput(files[1]);
		return PTR_ERR(file);
	}
	path_get(&file->f_path);
	file->private_data = pipe;
	files[0] = file;
	for (int i = 0; i < 2; i++)
		files[i]->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	return 0;
}

/* 0 with two reserved descriptors, or -errno with none. */
static int reserve_two(int fd[2], int flags)
{
	fd[0] = get_unused_fd_flags(flags);
	if (fd[0] < 0)
		return fd[0];
	fd[1] = get_unused_fd_flags(flags);
	if (fd[1] >= 0)
		return 0;
	put_unused_fd(fd[0]);
	return fd[1];
}

SYSCALL_DEFINE2(pipe2, int __user *, user, int, flags)
{
	struct file *files[2];
	int fd[2], error;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	error = create_pipe_files(files, flags);
	if (error)
		return error;
	error = reserve_two(fd, flags);
	if (!error && copy_to_user(user, fd, sizeof(fd))) {
		put_unused_fd(fd[0]);
		put_unused_fd(fd[1]);
		error = -EFAULT;
	}
	for (int i = 0; i < 2; i++) {
		if (error)
			fput(files[i]);
		else
			fd_install(fd[i], files[i]);
	}
	return error;
}

/* --- the internal file system that pipes' inodes belong to --- */

static char *pipe_dname(struct dentry *dentry, char *buf, int len)
{
	int n = scnprintf(buf, len, "pipe:[%lu]", dentry->d_inode->i_ino);

	return n + 1 < len ? buf : ERR_PTR(-ENAMETOOLONG);
}

static const struct dentry_operations pipe_dentry_operations = {
	.d_dname = pipe_dname,
};

static const struct super_operations pipe_sops = {
	.statfs = simple_statfs,
};

static int pipe_fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *root;

	sb->s_op = &pipe_sops;
	sb->s_d_op = &pipe_dentry_operations;
	sb->s_magic = PIPEFS_MAGIC;
	root = new_inode(sb);
	if (root)
		root->i_mode = S_IFDIR | 0700;
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *pipe_mount(struct file_system_type *type, int flags, const char *dev_name, void *data)
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
