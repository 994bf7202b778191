// SPDX-License-Identifier: MIT
/*
 * The tree of mounts.
 *
 * M1  A mount that is in the tree is in the hash under (parent, mountpoint), and its mountpoint has
 *     DCACHE_MOUNTED.
 * M2  mnt_count: one for being in the tree, one for each path that refers to it.  A mount leaves
 * the tree by umount only if nothing but the tree and the caller refers to it; looked at and done
 * under dcache_lock, where walks take theirs. M3  mount_mutex serialises every change; dcache_lock
 * makes each single one visible at once.
 */
#include "fs/mount.h"
#include "drivers/block.h"
#include "fs/bdev.h"
#include "fs/dcache.h"
#include "fs/file.h"
#include "fs/fs_struct.h"
#include "fs/inode.h"
#include "fs/namei.h"
#include "fs/super.h"
#include "kernel/cred.h"
#include "kernel/init.h"
#include "kernel/mutex.h"
#include "kernel/param.h"
#include "kernel/printk.h"
#include "kernel/syscall.h"
#include "lib/err.h"
#include "lib/hash.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/slab.h"

#include <linux/mount.h>

#define MOUNT_HASH_BITS	5
#define UMOUNT_NOFOLLOW	8
#define MNT_FORCE	1
#define MNT_DETACH	2

static DEFINE_MUTEX(mount_mutex, RANK_MOUNT);
static struct hlist_head mount_hashtable[1 << MOUNT_HASH_BITS];	/* dcache_lock */
/* mount_mutex, in order of mounting */
static LIST_HEAD(mount_list);

void path_get(const struct path *path)
{
	mntget(path->mnt);
	dget(path->dentry);
}

void path_put(const struct path *path)
{
	dput(path->dentry);
	mntput(path->mnt);
}

static struct hlist_head *mount_hash(const struct vfsmount *mnt, const struct dentry *dentry)
{
	return &mount_hashtable[hash_64((unsigned long)mnt ^ (unsigned long)dentry >> 3,
					MOUNT_HASH_BITS)];
}

struct vfsmount *__lookup_mnt(struct vfsmount *mnt, struct dentry *dentry)
{
	struct vfsmount *child;

	hlist_for_each_entry(child, mount_hash(mnt, dentry), mnt_hash) {
		if (child->mnt_parent == mnt && child->mnt_mountpoint == dentry)
			return child;
	}
	return NULL;
}

/* --- making and freeing --- */

/* A mount of @type, in no place yet. */
static struct vfsmount *vfs_kern_mount(struct file_system_type *type, int flags, const char *name,
				       void *data)
{
	struct vfsmount *mnt = kzalloc(sizeof(*mnt), GFP_KERNEL);
	struct dentry *root;

	if (!mnt)
		return ERR_PTR(-ENOMEM);
	mnt->mnt_devname = kstrdup(name ?: "none", GFP_KERNEL);
	if (!mnt->mnt_devname) {
		kfree(mnt);
		return ERR_PTR(-ENOMEM);
	}
	root = type->mount(type, flags, name, data);
	if (IS_ERR(root)) {
		kfree(mnt->mnt_devname);
		kfree(mnt);
		return ERR_CAST(root);
	}
	mnt->mnt_root = root;
	mnt->mnt_sb = root->d_sb;
	mnt->mnt_parent = mnt;
	mnt->mnt_mountpoint = root;
	atomic_set(&mnt->mnt_count, 1);
	INIT_LIST_HEAD(&mnt->mnt_list);
	return mnt;
}

struct vfsmount *kern_mount(struct file_system_type *type)
{
	return vfs_kern_mount(type, SB_KERNMOUNT, type->name, NULL);
}

void mntput(struct vfsmount *mnt)
{
	struct super_block *sb;

	if (!mnt || !atomic_dec_and_test(&mnt->mnt_count))
		return;
	sb = mnt->mnt_sb;
	dput(mnt->mnt_root);
	deactivate_super(sb);
	kfree(mnt->mnt_devname);
	kfree(mnt);
}

int mnt_want_write(struct vfsmount *mnt)
{
	return mnt->mnt_flags & MNT_READONLY || sb_rdonly(mnt->mnt_sb) ? -EROFS : 0;
}

/* --- into the tree and out of it --- */

/* Steps up to what is mounted on top of @path.  => dcache_lock held */
static void topmost_mount(struct path *path)
{
	struct vfsmount *mnt;

	while ((mnt = __lookup_mnt(path->mnt, path->dentry)))
		*path = (struct path){ mnt, mnt->mnt_root };
}

/*
 * The tree takes over @mnt's first reference, and holds references to the place. => mount_mutex
 * held
 */
static int attach_mount(struct vfsmount *mnt, const struct path *where)
{
	struct path place = *where;
	int error = 0;

	spin_lock(&dcache_lock);
	topmost_mount(&place);
	if (d_unhashed(place.dentry) && !IS_ROOT(place.dentry)) {
		error = -ENOENT;
	} else {
		mnt->mnt_parent = mntget(place.mnt);
		mnt->mnt_mountpoint = place.dentry;
		dget_locked(place.dentry);
		place.dentry->d_flags |= DCACHE_MOUNTED;
		place.mnt->mnt_nr_children++;
		hlist_add_head(&mnt->mnt_hash, mount_hash(place.mnt, place.dentry));
	}
	spin_unlock(&dcache_lock);
	if (!error)
		list_add_tail(&mnt->mnt_list, &mount_list);
	return error;
}

static bool is_mounted_upon(const struct dentry *dentry)
{
	struct vfsmount *mnt;

	for (unsigned int i = 0; i < ARRAY_SIZE(mount_hashtable); i++) {
		hlist_for_each_entry(mnt, &mount_hashtable[i], mnt_hash) {
			if (mnt->mnt_mountpoint == dentry)
				return true;
		}
	}
	return false;
}

/*
 * Takes @mnt out of the tree if nobody but @own_refs callers uses it; *place gets the references
 * that it held.
 * => mount_mutex held
 */
static int detach_mount(struct vfsmount *mnt, int own_refs, bool lazy, struct path *place)
{
	int error = -EBUSY;

	spin_lock(&dcache_lock);
	if (mnt->mnt_parent == mnt) {
		error = -EINVAL;
	/* M2 */
	} else if (!mnt->mnt_nr_children &&
		   (lazy || atomic_read(&mnt->mnt_count) == 1 + own_refs)) {
		*place = (struct path){ mnt->mnt_parent, mnt->mnt_mountpoint };
		hlist_del_init(&mnt->mnt_hash);
		place->mnt->mnt_nr_children--;
		if (!is_mounted_upon(place->dentry))
			place->dentry->d_flags &= ~DCACHE_MOUNTED;
		mnt->mnt_parent = mnt;
		mnt->mnt_mountpoint = mnt->mnt_root;
		error = 0;
	}
	spin_unlock(&dcache_lock);
	if (!error)
		list_del_init(&mnt->mnt_list);
	return error;
}

/* --- mount(2) --- */

static int mnt_flags_of(unsigned long flags)
{
	int result = 0;

	if (flags & MS_RDONLY)
		result |= MNT_READONLY;
	if (flags & MS_NOSUID)
		result |= MNT_NOSUID;
	if (flags & MS_NODEV)
		result |= MNT_NODEV;
	if (flags & MS_NOEXEC)
		result |= MNT_NOEXEC;
	if (flags & MS_NOATIME)
		result |= MNT_NOATIME;
	return result;
}

static int do_remount(const struct path *path, unsigned long flags, void *data)
{
	struct super_block *sb = path->mnt->mnt_sb;
	int error;

	if (path->dentry != path->mnt->mnt_root)
		return -EINVAL;
	down_write_nested(&sb->s_umount);
	if (flags & SB_RDONLY && !sb_rdonly(sb) && sb_has_writers(sb))
		error = -EBUSY;
	else
		error = do_remount_sb(sb, flags & SB_REMOUNT_MASK, data);
	up_write(&sb->s_umount);
	if (!error)
		path->mnt->mnt_flags = mnt_flags_of(flags);
	return error;
}

static int do_new_mount(const struct path *path, const char *type_name, const char *dev,
			unsigned long flags, void *data)
{
	struct file_system_type *type = get_fs_type(type_name);
	struct vfsmount *mnt;
	int error;

	if (!type)
		return -ENODEV;
	if (!S_ISDIR(path->dentry->d_inode->i_mode))
		return -ENOTDIR;
	mnt = vfs_kern_mount(type, flags & (SB_REMOUNT_MASK | SB_SILENT), dev, data);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	mnt->mnt_flags = mnt_flags_of(flags);
	error = attach_mount(mnt, path);
	if (error)
		mntput(mnt);
	return error;
}

int do_mount(const char *dev_name, const char *dir_name, const char *type, unsigned long flags,
	     void *data)
{
	struct path path;
	int error;

	if (flags & (MS_BIND | MS_MOVE | MS_SHARED | MS_SLAVE | MS_UNBINDABLE))
		return -EINVAL;
	error = kern_path(dir_name, LOOKUP_FOLLOW, &path);
	if (error)
		return error;
	mutex_lock(&mount_mutex);
	if (flags & MS_REMOUNT)
		error = do_remount(&path, flags, data);
	else
		error = type ? do_new_mount(&path, type, dev_name, flags, data) : -EINVAL;
	mutex_unlock(&mount_mutex);
	path_put(&path);
	return error;
}

/* A string of the user's, NULL for NULL; at most a page. */
static char *copy_mount_string(const char __user *user)
{
	char *copy;
	long len;

	if (!user)
		return NULL;
	copy = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	len = strncpy_from_user(copy, user, PAGE_SIZE);
	if (len < 0 || len == PAGE_SIZE) {
		kfree(copy);
		return ERR_PTR(len < 0 ? len : -EINVAL);
	}
	return copy;
}

SYSCALL_DEFINE5(mount, const char __user *, dev, const char __user *, dir, const char __user *,
		type, unsigned long, flags, const void __user *, data)
{
	const char __user *user[4] = { dev, dir, type, data };
	char *s[4] = { NULL };
	int error = 0;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	for (int i = 0; i < 4 && !error; i++) {
		s[i] = copy_mount_string(user[i]);
		if (IS_ERR(s[i])) {
			error = PTR_ERR(s[i]);
			s[i] = NULL;
		}
	}
	if (!error)
		error = s[1] ? do_mount(s[0], s[1], s[2], flags, s[3]) : -EFAULT;
	for (int i = 0; i < 4; i++)
		kfree(s[i]);
	return error;
}

/* --- umount2(2) --- */

static int do_umount(const struct path *path, int flags)
{
	struct path place = { NULL, NULL };
	int error = -EINVAL;

	if (path->dentry != path->mnt->mnt_root)
		return -EINVAL;
	shrink_dcache_parent(path->dentry);
	mutex_lock(&mount_mutex);
	error = detach_mount(path->mnt, 1, flags & MNT_DETACH, &place);
	mutex_unlock(&mount_mutex);
	if (error)
		return error;
	path_put(&place);
	mntput(path->mnt);		/* the tree's */
	return 0;
}

SYSCALL_DEFINE2(umount2, const char __user *, name, int, flags)
{
	struct path path;
	int error;

	if (flags & ~(MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	error = user_path_at(AT_FDCWD, name, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	if (error)
		return error;
	error = do_umount(&path, flags);
	path_put(&path);
	return error;
}

/* --- what others ask --- */

int for_each_mount(int (*fn)(struct vfsmount *mnt, void *arg), void *arg)
{
	struct vfsmount *mnt;
	int result = 0;

	mutex_lock(&mount_mutex);
	list_for_each_entry(mnt, &mount_list, mnt_list) {
		result = fn(mnt, arg);
		if (result)
			break;
	}
	mutex_unlock(&mount_mutex);
	return result;
}

int mnt_show_options(struct vfsmount *mnt, char *buf, int size)
{
	static const struct {
		int flag;
		const char *name;
	} names[] = {
		{MNT_NOSUID, ",nosuid"},
		{MNT_NODEV, ",nodev"},
		{MNT_NOEXEC, ",noexec"},
		{MNT_NOATIME, ",noatime"},
	};
	struct super_block *sb = mnt->mnt_sb;
	int len = scnprintf(buf, size, "%s", mnt_want_write(mnt) ? "ro" : "rw");

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (mnt->mnt_flags & names[i].flag)
			len += scnprintf(buf + len, size - len, "%s", names[i].name);
	}
	if (!(mnt->mnt_flags & MNT_NOATIME))
		len += scnprintf(buf + len, size - len, ",relatime");
	if (sb->s_op->show_options)
		len += sb->s_op->show_options(sb, buf + len, size - len);
	return len;
}

/* --- the root --- */

static char *root_device = "/dev/vda";
KERNEL_PARAM("root", param_string, &root_device);
static bool root_read_only;

static int set_root_flag(const char *value, void *data)
{
	root_read_only = *(const bool *)data;
	return value ? -EINVAL : 0;
}
static const bool param_ro = true, param_rw = false;
KERNEL_PARAM("ro", set_root_flag, (void *)(uintptr_t)&param_ro);
KERNEL_PARAM("rw", set_root_flag, (void *)(uintptr_t)&param_rw);

static void become_root(struct vfsmount *mnt)
{
	struct path root = { mnt, mnt->mnt_root };

	mutex_lock(&mount_mutex);
	list_add_tail(&mnt->mnt_list, &mount_list);
	mutex_unlock(&mount_mutex);
	set_fs_root(&init_fs, &root);
	set_fs_pwd(&init_fs, &root);
}

int mount_root(void)
{
	struct file_system_type *type = get_fs_type("ext2");
	struct vfsmount *mnt;

	if (!bdev_find(root_device)) {
		pr_err("No root device: %s is not there (root=)\n", root_device);
		return -ENXIO;
	}
	mnt = vfs_kern_mount(type, root_read_only ? SB_RDONLY : 0, root_device, NULL);
	if (IS_ERR(mnt)) {
		pr_err("No root file system: %s cannot be mounted as ext2 (error %ld)\n",
		       root_device, -PTR_ERR(mnt));
		return PTR_ERR(mnt);
	}
	mnt->mnt_flags = root_read_only ? MNT_READONLY : 0;
	become_root(mnt);
	return 0;
}

static void remount_read_only(struct super_block *sb, void *arg)
{
	int error;

	if (!sb->s_bdev || sb_rdonly(sb))
		return;
	error = do_remount_sb(sb, SB_RDONLY, NULL);
	if (error)
		pr_err("%s: cannot be brought to rest (error %d)\n", sb->s_id, -error);
}

void shutdown_filesystems(void)
{
	ksys_sync();
	iterate_supers(remount_read_only, NULL);
	iterate_bdevs_sync();
}
