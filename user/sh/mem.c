// SPDX-License-Identifier: MIT
// The shell's memory: an arena with marks, growing strings, variables.
#include "user/sh/sh.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 8192

struct chunk {
	struct chunk *before;
	size_t used, size;
	char data[] __attribute__((aligned(16)));
};

struct var {
	struct var *next;
	char *value; // NULL: exported but not set
	bool exported;
	char name[];
};

extern char **environ;
static struct chunk *top;
static struct var *vars;

static void out_of_memory(void)
{
	complain("out of memory");
	_exit(2);
}

struct mark arena_mark(void)
{
	return (struct mark){ top, top ? top->used : 0 };
}

void arena_release(struct mark m)
{
	while (top != m.chunk) {
		struct chunk *before = top->before;
		free(top);
		top = before;
	}
	if (top)
		top->used = m.used;
}

void *alloc(size_t size)
{
	size = (size + 15) & ~(size_t)15;
	if (!top || top->size - top->used < size) {
		size_t room = size > CHUNK ? size : CHUNK;
		struct chunk *c = malloc(sizeof(*c) + room);
		if (!c)
			out_of_memory();
		*c = (struct chunk){ .before = top, .size = room };
		top = c;
	}
	void *p = top->data + top->used;
	top->used += size;
	return memset(p, 0, size);
}

char *save(const char *s, size_t n)
{
	return memcpy(alloc(n + 1), s, n);
}

void put(struct buf *b, char c)
{
	if (b->n == b->size) {
		size_t size = b->size ? 2 * b->size : 32;
		char *s = alloc(size);
		if (b->n)
			memcpy(s, b->s, b->n);
		b->s = s;
		b->size = size;
	}
	b->s[b->n++] = c;
}

void put_string(struct buf *b, const char *s)
{
	while (*s)
		put(b, *s++);
}

char *finish(struct buf *b)
{
	put(b, '\0');
	return b->s;
}

size_t name_length(const char *s)
{
	size_t n = 0;

	if (isalpha((unsigned char)*s) || *s == '_')
		while (isalnum((unsigned char)s[n]) || s[n] == '_')
			n++;
	return n;
}

// On the first call, takes over the environment that the shell was given.
static void import_environment(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	for (char **e = environ; e && *e; e++) {
		size_t n = name_length(*e);
		if (n == 0 || (*e)[n] != '=')
			continue;
		char *name = strndup(*e, n);
		if (!name)
			out_of_memory();
		set_var(name, *e + n + 1);
		export_var(name);
		free(name);
	}
}

static struct var **find(const char *name)
{
	struct var **v = &vars;

	import_environment();
	while (*v && strcmp((*v)->name, name))
		v = &(*v)->next;
	return v;
}

static struct var *find_or_make(const char *name)
{
	struct var **v = find(name);

	if (!*v) {
		*v = calloc(1, sizeof(**v) + strlen(name) + 1);
		if (!*v)
			out_of_memory();
		strcpy((*v)->name, name);
	}
	return *v;
}

const char *get_var(const char *name)
{
	struct var *v = *find(name);

	return v ? v->value : NULL;
}

void set_var(const char *name, const char *value)
{
	char *copy = strdup(value); // before the free: `value` may point into the old one

	if (!copy)
		out_of_memory();
	struct var *v = find_or_make(name);
	free(v->value);
	v->value = copy;
}

void export_var(const char *name)
{
	find_or_make(name)->exported = true;
}

void unset_var(const char *name)
{
	struct var **at = find(name), *v = *at;

	if (!v)
		return;
	*at = v->next;
	free(v->value);
	free(v);
}

char **make_environment(void)
{
	size_t n = 0;

	import_environment();
	for (struct var *v = vars; v; v = v->next)
		n++;
	char **env = alloc((n + 1) * sizeof(*env));
	n = 0;
	for (struct var *v = vars; v; v = v->next) {
		if (!v->exported || !v->value)
			continue;
		struct buf b = { 0 };
		put_string(&b, v->name);
		put(&b, '=');
		put_string(&b, v->value);
		env[n++] = finish(&b);
	}
	return env;
}
