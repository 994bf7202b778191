// SPDX-License-Identifier: MIT
/*
 * Reading a directory: file_operations.iterate_shared hands one entry after the other to a
 * dir_context's actor, from ctx->pos on, and moves ctx->pos behind each entry that was taken.
 * Positions are the file system's own; 0 is the start.
 */
#ifndef FS_READDIR_H
#define FS_READDIR_H

#include "lib/types.h"

struct dir_context;
struct file;

/* False: no room for this entry, stop. */
typedef bool filldir_t(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
		       unsigned int type);

struct dir_context {
	filldir_t *actor;
	loff_t pos;
};

/* d_type of getdents64(2): the file type bits of a mode, shifted down. */
#define DT_UNKNOWN	0
#define DT_DIR		4
#define DT_REG		8
#define DT_LNK		10

static inline unsigned int mode_to_dtype(umode_t mode)
{
	return mode >> 12 & 15;
}

static inline bool dir_emit(struct dir_context *ctx, const char *name, int len, u64 ino,
			    unsigned int type)
{
	return ctx->actor(ctx, name, len, ctx->pos, ino, type);
}

/* Entries "." and "..", at positions 0 and 1; true when both are out (pos is then at least 2). */
bool dir_emit_dots(struct file *file, struct dir_context *ctx);

/* Takes the directory's i_rwsem shared.  0 or -errno. */
int iterate_dir(struct file *file, struct dir_context *ctx);

#endif
