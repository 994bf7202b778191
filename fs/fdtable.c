// SPDX-License-Identifier: MIT
/*
 * Descriptor tables.
 *
 * F1  fd[n] is not NULL only if bit n of open_fds is set; a set bit with NULL is a reserved number.
 * F2  next_fd is not above the lowest clear bit of open_fds.
 * F3  The arrays of a table with one owner are replaced only by that owner, so his reads need no
 *     lock; a table with several owners is read under file_lock.
 */
#include "fs/fdtable.h"
#include "fs/locks.h"
#include "kernel/init.h"
#include "kernel/resource.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

#include <linux/close_range.h>
#include <linux/fcntl.h>

static struct kmem_cache *files_cache;

struct files_struct init_files = {
	.count = ATOMIC_INIT(1),
	.file_lock = SPINLOCK_INIT(RANK_FILES),
	.max_fds = NR_OPEN_DEFAULT,
	.fd = init_files.fd_array,
	.open_fds = init_files.open_fds_init,
	.close_on_exec = init_files.close_on_exec_init,
};

/* --- looking up --- */

struct fd __fdget_shared(unsigned int fd)
{
	struct files_struct *files = current->files;
	struct file *file = NULL;

	spin_lock(&files->file_lock);
	if (fd < files->max_fds && files->fd[fd])
		file = get_file(files->fd[fd]);
	spin_unlock(&files->file_lock);
	return (struct fd){ file, file ? FDPUT_FPUT : 0 };
}

struct fd fdget_pos(unsigned int fd)
{
	struct fd f = fdget(fd);

	if (f.file && f.file->f_mode & FMODE_ATOMIC_POS && file_count(f.file) > 1) {
		mutex_lock(&f.file->f_pos_lock);
		f.flags |= FDPUT_POS_UNLOCK;
	}
	return f;
}

void __f_unlock_pos(struct file *file)
{
	mutex_unlock(&file->f_pos_lock);
}

struct file *fget_raw(unsigned int fd)
{
	struct fd f = fdget_raw(fd);

	if (f.file && !(f.flags & FDPUT_FPUT))
		get_file(f.file);
	return f.file;
}

struct file *fget(unsigned int fd)
{
	struct fd f = fdget(fd);

	if (f.file && !(f.flags & FDPUT_FPUT))
		get_file(f.file);
	return f.file;
}

/* Another task's table, with a reference.  NULL: it is exiting. */
static struct files_struct *get_files_struct(struct task_struct *task)
{
	struct files_struct *files;

	spin_lock(&task_files_lock);
	files = task->files;
	if (files)
		atomic_inc(&files->count);
	spin_unlock(&task_files_lock);
	return files;
}

struct file *task_lookup_next_fd(struct task_struct *task, unsigned int *fd)
{
	struct files_struct *files = get_files_struct(task);
	struct file *file = NULL;

	if (!files)
		return NULL;
	spin_lock(&files->file_lock);
	for (; *fd < files->max_fds; ++*fd) {
		if (files->fd[*fd]) {
			file = get_file(files->fd[*fd]);
			break;
		}
	}
	spin_unlock(&files->file_lock);
	put_files_struct(files);
	return file;
}

unsigned int task_max_fds(struct task_struct *task)
{
	unsigned int max;

	spin_lock(&task_files_lock);
	max = task->files ? READ_ONCE(task->files->max_fds) : 0;
	spin_unlock(&task_files_lock);
	return max;
}

struct file *fget_task(struct task_struct *task, unsigned int fd)
{
	unsigned int found = fd;
	struct file *file = task_lookup_next_fd(task, &found);

	if (file && found != fd) {
		fput(file);
		return NULL;
	}
	return file;
}

/* --- growing --- */

/*
 * The arrays of @files get room for @nr descriptors; the old ones are freed. => no lock held,
 * @files is our own
 */
static void install_arrays(struct files_struct *files, struct file **fd, unsigned long *maps,
			   unsigned int nr)
{
	unsigned int old = files->max_fds, words = BITS_TO_LONGS(nr);

	memcpy(fd, files->fd, old * sizeof(*fd));
	memcpy(maps, files->open_fds, old / 8);
	memcpy(maps + words, files->close_on_exec, old / 8);
	files->fd = fd;
	files->open_fds = maps;
	files->close_on_exec = maps + words;
	files->max_fds = nr;
}

static void free_arrays(struct files_struct *files, struct file **fd, unsigned long *maps)
{
	if (fd == files->fd_array)
		return;
	kvfree(fd);
	kvfree(maps);
}

/* Makes room for descriptor @fd: 0, -EMFILE, -ENOMEM.  => file_lock held; dropped meanwhile */
static int expand_files(struct files_struct *files, unsigned int fd)
{
	unsigned int nr = max_t(unsigned int, roundup_pow_of_two(fd + 1), 2 * NR_OPEN_DEFAULT);
	struct file **fds, **old_fds;
	unsigned long *maps, *old_maps;

	if (fd >= NR_OPEN_MAX)
		return -EMFILE;
	spin_unlock(&files->file_lock);
	fds = kvmalloc(nr * sizeof(*fds), GFP_KERNEL | __GFP_ZERO);
	maps = kvmalloc(2 * nr / 8, GFP_KERNEL | __GFP_ZERO);
	spin_lock(&files->file_lock);
	if (fds && maps && nr > files->max_fds) {
		old_fds = files->fd;
		old_maps = files->open_fds;
		install_arrays(files, fds, maps, nr);
		fds = old_fds;
		maps = old_maps;
	}
	spin_unlock(&files->file_lock);
	free_arrays(files, fds, maps);
	spin_lock(&files->file_lock);
	return fd < files->max_fds ? 0 : -ENOMEM;
}

/* --- reserving, installing, closing --- */

/* The lowest free number from @from on, below @end.  => file_lock held */
static int alloc_fd(struct files_struct *files, unsigned int from, unsigned long end,
		    unsigned int flags)
{
	unsigned int start, fd;
	int error;

	for (;;) {
		start = max(from, files->next_fd);
		fd = start < files->max_fds
			     ? find_next_zero_bit(files->open_fds, files->max_fds, start)
			     : start;
		if (fd >= end)
			return -EMFILE;
		if (fd < files->max_fds)
			break;
		error = expand_files(files, fd);
		if (error)
			return error;
	}
	if (start <= files->next_fd)
		files->next_fd = fd + 1;
	__set_bit(fd, files->open_fds);
	if (flags & O_CLOEXEC)
		__set_bit(fd, files->close_on_exec);
	else
		__clear_bit(fd, files->close_on_exec);
	return fd;
}

int get_unused_fd_flags(unsigned int flags)
{
	struct files_struct *files = current->files;
	int fd;

	spin_lock(&files->file_lock);
	fd = alloc_fd(files, 0, rlimit(RLIMIT_NOFILE), flags);
	spin_unlock(&files->file_lock);
	return fd;
}

static void free_number(struct files_struct *files, unsigned int fd)
{
	__clear_bit(fd, files->open_fds);
	__clear_bit(fd, files->close_on_exec);
	files->next_fd = min(files->next_fd, fd);
}

void put_unused_fd(unsigned int fd)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	free_number(files, fd);
	spin_unlock(&files->file_lock);
}

void fd_install(unsigned int fd, struct file *file)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	files->fd[fd] = file;
	spin_unlock(&files->file_lock);
}

/* What each close(2) does beyond dropping the reference. */
static int filp_close(struct file *file, struct files_struct *files)
{
	int error = 0;

	if (file->f_op->flush)
		error = file->f_op->flush(file, files);
	if (file->f_inode->i_flctx && !(file->f_mode & FMODE_PATH))
		locks_remove_posix(file, files);
	fput(file);
	return error;
}

/* => file_lock held */
static struct file *take_out(struct files_struct *files, unsigned int fd)
{
	struct file *file = fd < files->max_fds ? files->fd[fd] : NULL;

	if (file) {
		files->fd[fd] = NULL;
		free_number(files, fd);
	}
	return file;
}

int close_fd(unsigned int fd)
{
	struct files_struct *files = current->files;
	struct file *file;

	spin_lock(&files->file_lock);
	file = take_out(files, fd);
	spin_unlock(&files->file_lock);
	return file ? filp_close(file, files) : -EBADF;
}

int replace_fd(unsigned int fd, struct file *file, unsigned int flags)
{
	struct files_struct *files = current->files;
	struct file *old;
	int error = 0;

	if (fd >= rlimit(RLIMIT_NOFILE))
		return -EBADF;
	spin_lock(&files->file_lock);
	if (fd >= files->max_fds)
		error = expand_files(files, fd);
	if (!error && !files->fd[fd] && test_bit(fd, files->open_fds))
		/* somebody has reserved the number and is about to install a file */
		error = -EBUSY;
	if (error) {
		spin_unlock(&files->file_lock);
		return error;
	}
	old = files->fd[fd];
	files->fd[fd] = get_file(file);
	__set_bit(fd, files->open_fds);
	if (flags & O_CLOEXEC)
		__set_bit(fd, files->close_on_exec);
	else
		__clear_bit(fd, files->close_on_exec);
	spin_unlock(&files->file_lock);
	if (old)
		filp_close(old, files);
	return fd;
}

int f_dupfd(unsigned int from, struct file *file, unsigned int flags)
{
	struct files_struct *files = current->files;
	unsigned long end = rlimit(RLIMIT_NOFILE);
	int fd;

	if (from >= end)
		return -EINVAL;
	spin_lock(&files->file_lock);
	fd = alloc_fd(files, from, end, flags);
	if (fd >= 0)
		files->fd[fd] = file;
	spin_unlock(&files->file_lock);
	return fd;
}

/* --- fork, exec, exit --- */

struct files_struct *alloc_files(void)
{
	struct files_struct *files = kmem_cache_zalloc(files_cache, GFP_KERNEL);

	if (!files)
		return NULL;
	atomic_set(&files->count, 1);
	spin_lock_init(&files->file_lock, RANK_FILES);
	files->max_fds = NR_OPEN_DEFAULT;
	files->fd = files->fd_array;
	files->open_fds = files->open_fds_init;
	files->close_on_exec = files->close_on_exec_init;
	return files;
}

/* One more than the highest number in use. */
static unsigned int count_open(const struct files_struct *files)
{
	unsigned long last = find_last_bit(files->open_fds, files->max_fds);

	return last < files->max_fds ? last + 1 : 0;
}

/* => both tables hold still: @from locked, @to not yet visible */
static void copy_files(struct files_struct *to, struct files_struct *from, unsigned int nr)
{
	bitmap_copy(to->open_fds, from->open_fds, nr);
	bitmap_copy(to->close_on_exec, from->close_on_exec, nr);
	for (unsigned int fd = 0; fd < nr; fd++) {
		struct file *file = from->fd[fd];

		if (file)
			to->fd[fd] = get_file(file);
		else
			__clear_bit(fd, to->open_fds);	/* merely reserved: the parent's affair */
	}
	to->next_fd = min(from->next_fd, nr);
}

struct files_struct *dup_fd(struct files_struct *from)
{
	struct files_struct *to = alloc_files();
	unsigned int nr;
	int error;

	if (!to)
		return ERR_PTR(-ENOMEM);
	spin_lock(&from->file_lock);
	while ((nr = count_open(from)) > to->max_fds) {
		spin_unlock(&from->file_lock);
		spin_lock(&to->file_lock);
		error = expand_files(to, nr - 1);
		spin_unlock(&to->file_lock);
		if (error) {
			put_files_struct(to);
			return ERR_PTR(error);
		}
		spin_lock(&from->file_lock);
	}
	copy_files(to, from, nr);
	spin_unlock(&from->file_lock);
	return to;
}

/* Closes what @which marks.  => nobody else changes the table, or he holds numbers of his own */
static void close_marked(struct files_struct *files, bool only_close_on_exec)
{
	for (unsigned int fd = 0; fd < files->max_fds; fd++) {
		unsigned long word = files->open_fds[BIT_WORD(fd)];
		struct file *file;

		if (only_close_on_exec)
			word &= files->close_on_exec[BIT_WORD(fd)];
		if (!(word >> fd % BITS_PER_LONG)) {
			fd |= BITS_PER_LONG - 1;	/* nothing more in this word */
			continue;
		}
		if (!(word & BIT_MASK(fd)))
			continue;
		spin_lock(&files->file_lock);
		file = take_out(files, fd);
		spin_unlock(&files->file_lock);
		if (file)
			filp_close(file, files);
	}
}

void do_close_on_exec(struct files_struct *files)
{
	close_marked(files, true);
}

void put_files_struct(struct files_struct *files)
{
	if (!atomic_dec_and_test(&files->count))
		return;
	close_marked(files, false);
	free_arrays(files, files->fd, files->open_fds);
	if (files != &init_files)
		kmem_cache_free(files_cache, files);
}

DEFINE_SPINLOCK(task_files_lock, RANK_FILES);

/* Puts @files in the place of current's table, which is returned. */
static struct files_struct *switch_files(struct files_struct *files)
{
	struct files_struct *old = current->files;

	spin_lock(&task_files_lock);
	current->files = files;
	spin_unlock(&task_files_lock);
	return old;
}

void exit_files(struct task_struct *task)
{
	struct files_struct *files = switch_files(NULL);

	if (files)
		put_files_struct(files);
}

int unshare_files(void)
{
	struct files_struct *copy;

	if (atomic_read(&current->files->count) == 1)
		return 0;
	copy = dup_fd(current->files);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	put_files_struct(switch_files(copy));
	return 0;
}

/* --- system calls --- */

SYSCALL_DEFINE1(close, unsigned int, fd)
{
	int error = close_fd(fd);

	/* The descriptor is gone whatever flush says: the call must not be restarted. */
	return error == -ERESTARTSYS || error == -ERESTARTNOINTR ? -EINTR : error;
}

static void mark_range(struct files_struct *files, unsigned int first, unsigned int last)
{
	spin_lock(&files->file_lock);
	last = min(last, files->max_fds - 1);
	if (first <= last)
		bitmap_set(files->close_on_exec, first, last - first + 1);
	spin_unlock(&files->file_lock);
}

SYSCALL_DEFINE3(close_range, unsigned int, first, unsigned int, last, unsigned int, flags)
{
	int error = 0;

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE)
		error = unshare_files();
	if (error)
		return error;
	if (flags & CLOSE_RANGE_CLOEXEC) {
		mark_range(current->files, first, last);
		return 0;
	}
	last = min(last, current->files->max_fds - 1);
	for (unsigned int fd = first; fd <= last; fd++) {
		close_fd(fd);
		cond_resched();
	}
	return 0;
}

SYSCALL_DEFINE1(dup, unsigned int, fd)
{
	struct file *file = fget_raw(fd);
	int new;

	if (!file)
		return -EBADF;
	new = f_dupfd(0, file, 0);
	if (new < 0)
		fput(file);
	return new;
}

SYSCALL_DEFINE3(dup3, unsigned int, old, unsigned int, new, int, flags)
{
	struct file *file;
	int result;

	if (flags & ~O_CLOEXEC || old == new)
		return -EINVAL;
	file = fget_raw(old);
	if (!file)
		return -EBADF;
	result = replace_fd(new, file, flags);
	fput(file);
	return result;
}

static void fdtable_init(void)
{
	files_cache = kmem_cache_create("files_cache", sizeof(struct files_struct), 0, NULL);
}
core_initcall(fdtable_init);
