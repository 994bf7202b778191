// SPDX-License-Identifier: MIT
/*
 * Scripts: a first line `#! interpreter [argument]`.  The argument is the rest of the line, blanks
 * inside included. The line must end within the bytes that were read, or at least the interpreter's
 * name must.
 */
#include "kernel/exec.h"

#include "fs/file.h"
#include "fs/namei.h"
#include "kernel/errno.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mm/slab.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *s, const char *end)
{
	while (s < end && is_blank(*s))
		s++;
	return s;
}

static const char *find_blank(const char *s, const char *end)
{
	while (s < end && *s && !is_blank(*s))
		s++;
	return s;
}

static int push_argument(struct linux_binprm *bprm, const char *s, size_t len)
{
	char *copy;

	if (bprm->nr_shebang == ARRAY_SIZE(bprm->shebang))
		return -ELOOP;
	copy = kmalloc(len + 1, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, s, len);
	copy[len] = '\0';
	bprm->shebang[bprm->nr_shebang++] = copy;
	return 0;
}

/* The line's parts, as [begin, end) in bprm->buf; an empty argument is none. */
struct shebang_line {
	const char *name, *name_end, *arg, *arg_end;
};

/* 0 or -ENOEXEC. */
static int parse_line(const char *buf, struct shebang_line *line)
{
	const char *begin = buf + 2, *end = buf + BINPRM_BUF_SIZE;
	const char *eol = memchr(begin, '\n', end - begin);
	bool cut = !eol;

	if (cut)
		eol = end;
	while (eol > begin && is_blank(eol[-1]))
		eol--;
	line->name = skip_blanks(begin, eol);
	line->name_end = find_blank(line->name, eol);
	/* A name without an end may be a part of a longer one. */
	if (line->name == line->name_end || !*line->name || (cut && line->name_end == end))
		return -ENOEXEC;
	line->arg = skip_blanks(line->name_end, eol);
	line->arg_end = line->arg + strnlen(line->arg, eol - line->arg);
	return 0;
}

static int push_line(struct linux_binprm *bprm, const struct shebang_line *line)
{
	int err = 0;

	/*
	 * The outermost script's own name replaces argv[0]; an inner one's has been put there as an
	 * interpreter.
	 */
	if (!bprm->nr_shebang)
		err = push_argument(bprm, bprm->filename, strlen(bprm->filename));
	if (!err && line->arg < line->arg_end)
		err = push_argument(bprm, line->arg, line->arg_end - line->arg);
	return err ? err : push_argument(bprm, line->name, line->name_end - line->name);
}

int load_script(struct linux_binprm *bprm)
{
	struct shebang_line line;
	struct file *file;
	int err;

	if (bprm->buf[0] != '#' || bprm->buf[1] != '!')
		return -ENOEXEC;
	err = parse_line(bprm->buf, &line);
	if (!err)
		err = push_line(bprm, &line);
	if (err)
		return err;
	bprm->interp = bprm->shebang[bprm->nr_shebang - 1];
	file = open_exec(bprm->interp);
	if (IS_ERR(file))
		return PTR_ERR(file);
	bprm->interpreter = file;
	return 0;
}
