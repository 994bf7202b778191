// SPDX-License-Identifier: MIT
// Words to arguments: parameters, commands, arithmetic; splitting at blanks; file names;
// the removal of quotes. One walk over the word emits characters into the argument being built.
//
// I1  In an argument being built, a character that was quoted and could mean something to glob(3)
//     has a backslash before it, and no other character has one. So it goes to glob(3) as it is,
//     and taking the backslashes away is the removal of quotes.
#define _GNU_SOURCE // pipe2, TEMP_FAILURE_RETRY
#include "user/sh/sh.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct out {
	char *text;
	size_t length, size;
	bool open;  // there is an argument, even if it is empty
	bool split; // what is not quoted makes several
	char **args;
	int n;
};

static void expand_text(struct out *o, const char *s, const char *end, bool quoted);

static void put(struct out *o, char c)
{
	if (o->length + 1 >= o->size) { // room for the NUL
		char *text = alloc(o->size = 2 * o->size + 32);
		o->text = o->text ? memcpy(text, o->text, o->length) : text;
	}
	o->text[o->length++] = c;
	o->open = true;
}

static void put_quoted(struct out *o, char c)
{
	if (strchr("*?[]\\-!^", c))
		put(o, '\\');
	put(o, c);
}

static void add_arg(struct out *o, char *arg)
{
	if ((o->n & (o->n - 1)) == 0) { // full: it doubles
		char **args = alloc((2 * o->n + 1) * sizeof(*args));
		for (int i = 0; i < o->n; i++)
			args[i] = o->args[i];
		o->args = args;
	}
	o->args[o->n++] = arg;
}

static void end_arg(struct out *o)
{
	if (o->open)
		add_arg(o, o->text ? o->text : save("", 0));
	o->text = NULL;
	o->length = o->size = o->open = 0;
}

// What an expansion has given.
static void put_value(struct out *o, const char *s, bool quoted)
{
	for (; *s; s++) {
		if (quoted || *s == '\\')
			put_quoted(o, *s);
		else if (o->split && strchr(" \t\n", *s))
			end_arg(o);
		else
			put(o, *s);
	}
}

static char *remove_escapes(char *s)
{
	char *to = s;

	for (const char *from = s; *from; from++) {
		from += *from == '\\' && from[1];
		*to++ = *from;
	}
	*to = '\0';
	return s;
}

static char *expand_string(const char *s, const char *end, bool quoted)
{
	struct out o = { 0 };

	expand_text(&o, s, end, quoted);
	return o.text ? remove_escapes(o.text) : "";
}

// ---- what a dollar begins

static char *number(long n)
{
	char text[24];

	return save(text, snprintf(text, sizeof(text), "%ld", n));
}

static const char *value_of(const char *name)
{
	switch (*name) {
	case '?': return number(sh.status);
	case '$': return number(sh.pid);
	case '!': return number(sh.background);
	case '#': return number(sh.nargs);
	case '0' ... '9': return atoi(name) <= sh.nargs ? sh.args[atoi(name)] : "";
	default: return getenv(name) ? getenv(name) : "";
	}
}

// "$@" makes an argument of each.
static void expand_parameter(struct out *o, const char *name, bool quoted)
{
	if (*name != '@' && *name != '*')
		return put_value(o, value_of(name), quoted);
	for (int i = 1; i <= sh.nargs; i++) {
		if (i > 1 && o->split)
			end_arg(o);
		put_value(o, sh.args[i], quoted);
		o->open |= quoted;
	}
}

// => s to end is inside the braces: NAME or NAME:-WORD
static void expand_braces(struct out *o, const char *s, const char *end, bool quoted)
{
	const char *name = save(s, name_length(s) ? name_length(s) : 1), *op = s + strlen(name);
	bool alternative = !strncmp(op, ":-", 2);

	if (op == end || (alternative && *value_of(name))) {
		expand_parameter(o, name, quoted);
	} else if (alternative) {
		expand_text(o, op + 2, end, quoted);
	} else {
		complain("${%s}: only NAME and NAME:-WORD are known", save(s, end - s));
		give_up(2);
	}
}

static void expand_command(struct out *o, const char *text, bool quoted)
{
	struct out result = { 0 };
	char block[4096];
	int fds[2], status;
	ssize_t n;

	pid_t pid = pipe2(fds, O_CLOEXEC) ? -1 : fork_child(PART);
	if (pid == 0)
		exit(dup2(fds[1], 1) < 0 ? 2 : run_text(text, true));
	if (pid < 0) {
		complain("$(%s): %m", text);
		return give_up(2);
	}
	close(fds[1]);
	while ((n = read(fds[0], block, sizeof(block))) > 0)
		for (ssize_t i = 0; i < n; i++)
			put(&result, block[i]);
	close(fds[0]);
	sh.status = TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) == pid ? exit_status(status) : 130;
	sh.substituted = true;
	while (result.length && result.text[result.length - 1] == '\n')
		result.text[--result.length] = '\0';
	put_value(o, result.text ? result.text : "", quoted);
}

// => s to end is one construct, the dollar included
static void expand_dollar(struct out *o, const char *s, const char *end, bool quoted)
{
	if (end == s + 1)
		put(o, '$');
	else if (s[1] == '{')
		expand_braces(o, s + 2, end - 1, quoted);
	else if (s[1] == '(' && s[2] == '(' && end[-2] == ')')
		put_value(o, number(arith(expand_string(s + 3, end - 2, true))), quoted);
	else if (s[1] == '(')
		expand_command(o, save(s + 2, end - s - 3), quoted);
	else
		expand_parameter(o, save(s + 1, end - s - 1), quoted);
}

// ---- the walk

// => s to end is one character, quoted part or expansion
static void expand_part(struct out *o, const char *s, const char *end, bool quoted)
{
	if (*s == '$') {
		expand_dollar(o, s, end, quoted);
	} else if (*s == '`' && end > s + 1) {
		expand_command(o, save(s + 1, end - s - 2), quoted);
	} else if (*s == '\\' && s[1] != '\n') {
		if (quoted && !strchr("$`\"\\", s[1])) // where it protects nothing
			put_quoted(o, '\\');
		put_quoted(o, s[1]);
	} else if (*s == '"' && !quoted) {
		expand_text(o, s + 1, end - 1, true);
		o->open |= end - s != 4 || strncmp(s, "\"$@\"", 4); // which may be nothing
	} else if (*s == '\'' && !quoted) {
		for (o->open = true; ++s < end - 1;)
			put_quoted(o, *s);
	} else if (*s != '\\') {
		(quoted ? put_quoted : put)(o, *s);
	}
}

static void expand_text(struct out *o, const char *s, const char *end, bool quoted)
{
	for (const char *next; s < end; s = next) {
		next = skip(s, quoted);
		next = next ? next : s + 1;
		expand_part(o, s, next, quoted);
	}
}

// ---- what the rest of the shell calls

// A pattern that matches no file stays as it was written.
static void add_files(struct out *o, char *arg)
{
	glob_t g;

	if (!strpbrk(arg, "*?[") || glob(arg, 0, NULL, &g))
		return add_arg(o, remove_escapes(arg));
	for (size_t i = 0; i < g.gl_pathc; i++)
		add_arg(o, save(g.gl_pathv[i], strlen(g.gl_pathv[i])));
	globfree(&g);
}

char **expand_words(const struct word *words, int *count)
{
	struct out o = { .split = true }, result = { 0 };

	for (; words; words = words->next) {
		if (words->op)
			continue;
		expand_text(&o, words->text, words->text + strlen(words->text), false);
		end_arg(&o);
	}
	for (int i = 0; i < o.n; i++)
		add_files(&result, o.args[i]);
	*count = result.n;
	add_arg(&result, NULL);
	return result.args;
}

char *expand_one(const char *text, bool quoted)
{
	return expand_string(text, text + strlen(text), quoted);
}
