// SPDX-License-Identifier: MIT
// Words to fields: tilde, parameters, commands, arithmetic; then field splitting, file names and
// the removal of quotes, in POSIX's order.
//
// All steps but file names happen in one walk over the word, which emits characters into the
// field being built.
//
// I1  In a field being built, a character that was quoted and could mean something to glob(3) or
//     fnmatch(3) has a backslash before it, and no other character has one. So a field goes to
//     them as it is, and taking the backslashes away is the removal of quotes.
#define _GNU_SOURCE // TEMP_FAILURE_RETRY
#include "user/sh/sh.h"

#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct out {
	struct buf field;
	bool open;       // the field exists, even if it is empty
	bool after_blank; // a blank of IFS has just ended a field
	bool split;      // do field splitting (and "$@" makes fields)
	char **fields;
	int n, size;
};

// Where a character comes from decides what it can mean.
enum origin {
	WRITTEN,  // in the word itself, unquoted: may be a pattern
	QUOTED,   // may mean nothing
	RESULT,   // of an unquoted expansion: may split fields, may be a pattern
};

static void expand_text(struct out *o, const char *s, const char *end, bool quoted);

static void end_field(struct out *o)
{
	if (o->n == o->size) {
		int size = o->size ? 2 * o->size : 16;
		char **fields = alloc(size * sizeof(*fields));
		if (o->n)
			memcpy(fields, o->fields, o->n * sizeof(*fields));
		o->fields = fields;
		o->size = size;
	}
	o->fields[o->n++] = finish(&o->field);
	o->field = (struct buf){ 0 };
	o->open = false;
}

// POSIX 2.6.5: blanks in IFS separate as a run, any other character in IFS by itself.
static void split_at(struct out *o, char c)
{
	bool blank = c == ' ' || c == '\t' || c == '\n';

	if (o->open)
		end_field(o);
	else if (!blank && !o->after_blank)
		end_field(o);
	o->after_blank = blank && (o->n > 0);
}

static void emit(struct out *o, char c, enum origin origin)
{
	if (origin == RESULT && o->split) {
		const char *ifs = get_var("IFS");
		if (strchr(ifs ? ifs : " \t\n", c)) {
			split_at(o, c);
			return;
		}
	}
	bool escape = origin == QUOTED ? strchr("*?[]\\-!^", c) != NULL
				       : origin == RESULT && c == '\\';
	if (escape)
		put(&o->field, '\\');
	put(&o->field, c);
	o->open = true;
	o->after_blank = false;
}

static void emit_string(struct out *o, const char *s, bool quoted)
{
	while (*s)
		emit(o, *s++, quoted ? QUOTED : RESULT);
}

static char *remove_escapes(char *s)
{
	char *to = s;

	for (const char *from = s; *from; from++) {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from;
	}
	*to = '\0';
	return s;
}

// ---- parameters

// "$*" joins by the first character of IFS; "$@" makes a field of each; unquoted, both split.
static void expand_args(struct out *o, char which, bool quoted)
{
	const char *ifs = get_var("IFS");
	char joint = ifs && which == '*' ? *ifs : ' ';

	for (int i = 0; i < sh.nargs; i++) {
		if (i && quoted && which == '@' && o->split)
			end_field(o);
		else if (i && quoted && joint)
			emit(o, joint, QUOTED);
		else if (i && !quoted)
			split_at(o, ' ');
		emit_string(o, sh.args[i], quoted);
		if (quoted)
			o->open = true;
	}
}

static char *number(long n)
{
	char text[24];

	return save(text, snprintf(text, sizeof(text), "%ld", n));
}

// The value of a parameter other than @ and *, NULL when it is unset.
static const char *parameter(const char *name)
{
	switch (*name) {
	case '?': return number(sh.status);
	case '$': return number(sh.pid);
	case '!': return sh.background ? number(sh.background) : NULL;
	case '#': return number(sh.nargs);
	case '-': return sh.interactive ? "i" : "";
	}
	if (*name < '0' || *name > '9')
		return get_var(name);
	int i = atoi(name);
	if (i == 0)
		return sh.name;
	return i <= sh.nargs ? sh.args[i - 1] : NULL;
}

// The length of the parameter's name at s: a name, digits, or one special character.
static size_t parameter_length(const char *s, bool braces)
{
	if (name_length(s))
		return name_length(s);
	if (braces && strspn(s, "0123456789"))
		return strspn(s, "0123456789");
	return *s && strchr("?$!#-@*0123456789", *s) ? 1 : 0;
}

static char *expand_string(const char *s, const char *end, bool quoted, bool pattern)
{
	struct out o = { 0 };

	expand_text(&o, s, end, quoted);
	char *text = finish(&o.field);
	return pattern ? text : remove_escapes(text);
}

// ${NAME%pattern} and its three relatives: cuts the shortest or the longest match off an end.
static const char *cut(const char *value, const char *op, const char *end)
{
	bool longest = op[0] == op[1], suffix = *op == '%';
	const char *pattern = expand_string(op + 1 + longest, end, false, true);
	size_t length = strlen(value);

	for (size_t i = 0; i <= length; i++) {
		size_t off = longest ? length - i : i; // length of the part that is tried
		const char *part = suffix ? value + length - off : save(value, off);
		if (fnmatch(pattern, part, 0) == 0)
			return suffix ? save(value, length - off) : value + off;
	}
	return value;
}

static void __attribute__((noreturn)) unset_error(const char *name, const char *s, const char *end)
{
	const char *message = expand_string(s, end, true, false);

	complain("%s: %s", name, *message ? message : "parameter not set");
	throw(2);
}

// The operators that give a word in place of a value: - = ? +, each with or without a colon.
static void substitute(struct out *o, const char *name, const char *value, const char *op,
		       const char *end, bool quoted)
{
	bool colon = *op == ':', set = value && !(colon && !*value);

	op += colon;
	if (*op == '+') {
		if (set)
			expand_text(o, op + 1, end, quoted);
	} else if (set) {
		emit_string(o, value, quoted);
	} else if (*op == '-') {
		expand_text(o, op + 1, end, quoted);
	} else if (*op == '=' && name_length(name)) {
		set_var(name, expand_string(op + 1, end, quoted, false));
		emit_string(o, get_var(name), quoted);
	} else if (*op == '?') {
		unset_error(name, op + 1, end);
	} else {
		complain("%s: bad substitution", name);
		throw(2);
	}
}

// => s and end are inside the braces
static void expand_braces(struct out *o, const char *s, const char *end, bool quoted)
{
	bool length = *s == '#' && end > s + 1;
	size_t n = parameter_length(s + length, true);
	char *name = save(s + length, n);
	const char *op = s + length + n;
	bool args = *name == '@' || *name == '*';
	const char *value = args ? (sh.nargs ? "" : NULL) : parameter(name);

	if (n == 0 || (length && op != end)) {
		complain("${%s}: bad substitution", save(s, end - s));
		throw(2);
	}
	if (length)
		emit_string(o, number(args ? sh.nargs : value ? (long)strlen(value) : 0), quoted);
	else if (args && (op == end || (value && op[*op == ':'] != '+')))
		expand_args(o, *name, quoted);
	else if (op == end)
		emit_string(o, value ? value : "", quoted);
	else if (*op == '%' || *op == '#')
		emit_string(o, cut(value ? value : "", op, end), quoted);
	else
		substitute(o, name, value, op, end, quoted);
}

// ---- commands

// => in the child
static void __attribute__((noreturn)) substitution_child(const char *text, const int fds[2])
{
	close(fds[0]);
	if (fds[1] != 1) {
		dup2(fds[1], 1);
		close(fds[1]);
	}
	run_text(text, LAST);
	exit_shell(sh.status);
}

static void expand_command(struct out *o, const char *text, bool quoted)
{
	struct buf result = { 0 };
	char block[4096];
	ssize_t n;
	int fds[2], status = 0;

	if (pipe(fds)) {
		complain("pipe: %m");
		throw(2);
	}
	pid_t pid = job_fork(NULL, false);
	if (pid == 0)
		substitution_child(text, fds);
	close(fds[1]);
	while ((n = TEMP_FAILURE_RETRY(read(fds[0], block, sizeof(block)))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (block[i])
				put(&result, block[i]);
	close(fds[0]);
	if (TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) < 0)
		status = 0;
	sh.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	sh.substituted = true;
	while (result.n && result.s[result.n - 1] == '\n')
		result.n--;
	emit_string(o, finish(&result), quoted);
}

// A backslash inside `…` is there to protect a backslash, a backquote or a dollar.
static const char *unescape_backquotes(const char *s, size_t n)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\\' && i + 1 < n && strchr("\\`$", s[i + 1]))
			i++;
		put(&b, s[i]);
	}
	return finish(&b);
}

// ---- the walk

// => at a `$` or a backquote. Returns what follows the construct.
static const char *expand_dollar(struct out *o, const char *s, bool quoted)
{
	size_t n = parameter_length(s + 1, false);

	if (*s == '`') {
		n = scan_expansion(s, quoted);
		expand_command(o, unescape_backquotes(s + 1, n - 2), quoted);
	} else if (s[1] == '{') {
		n = scan_expansion(s, quoted);
		expand_braces(o, s + 2, s + n - 1, quoted);
	} else if (s[1] == '(' && s[2] == '(') {
		n = scan_expansion(s, quoted);
		emit_string(o, number(arith(expand_string(s + 3, s + n - 2, true, false))), quoted);
	} else if (s[1] == '(') {
		n = scan_expansion(s, quoted);
		expand_command(o, save(s + 2, n - 3), quoted);
	} else if (n) {
		const char *name = save(s + 1, n++);
		if (strchr("@*", *name))
			expand_args(o, *name, quoted);
		else if (parameter(name))
			emit_string(o, parameter(name), quoted);
	} else {
		emit(o, '$', quoted ? QUOTED : WRITTEN);
		n = 1;
	}
	return s + n;
}

// => after a backslash. In double quotes it protects only what would mean something there.
static const char *expand_backslash(struct out *o, const char *s, const char *end, bool quoted)
{
	if (s == end) {
		emit(o, '\\', QUOTED);
		return s;
	}
	if (*s == '\n')
		return s + 1;
	if (quoted && !strchr("$`\"\\", *s))
		emit(o, '\\', QUOTED);
	emit(o, *s, QUOTED);
	return s + 1;
}

// => after the opening quote. "$@" without arguments is no field, "" is an empty one.
static const char *expand_double_quotes(struct out *o, const char *s)
{
	const char *start = s;
	bool was_open = o->open;

	while (*s != '"') {
		if (*s == '\\')
			s += 2;
		else if (*s == '$' || *s == '`')
			s += scan_expansion(s, true);
		else
			s++;
	}
	expand_text(o, start, s, true);
	bool lone_args = s - start == 2 && !strncmp(start, "$@", 2);
	o->open = o->open || was_open || !lone_args;
	return s + 1;
}

static const char *expand_tilde(struct out *o, const char *s, const char *end)
{
	const char *home = get_var("HOME");

	if (s < end && *s == '~' && (s + 1 == end || s[1] == '/') && home) {
		emit_string(o, home, true);
		return s + 1;
	}
	return s;
}

static void expand_text(struct out *o, const char *s, const char *end, bool quoted)
{
	if (!quoted)
		s = expand_tilde(o, s, end);
	while (s < end) {
		char c = *s++;
		if (c == '\\') {
			s = expand_backslash(o, s, end, quoted);
		} else if (c == '$' || c == '`') {
			s = expand_dollar(o, s - 1, quoted);
		} else if (c == '\'' && !quoted) {
			for (o->open = true; *s != '\''; s++)
				emit(o, *s, QUOTED);
			s++;
		} else if (c == '"' && !quoted) {
			s = expand_double_quotes(o, s);
		} else if (c != '"') {
			emit(o, c, quoted ? QUOTED : WRITTEN);
		}
	}
}

// ---- what the rest of the shell calls

static bool has_pattern(const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' && s[1])
			s++;
		else if (strchr("*?[", *s))
			return true;
	}
	return false;
}

static void add_field(struct out *to, const char *text)
{
	put_string(&to->field, text);
	end_field(to);
}

// A pattern that matches no file stays as it was written.
static void add_files(struct out *to, char *field)
{
	glob_t g;

	if (!has_pattern(field) || glob(field, 0, NULL, &g)) {
		add_field(to, remove_escapes(field));
		return;
	}
	for (size_t i = 0; i < g.gl_pathc; i++)
		add_field(to, g.gl_pathv[i]);
	globfree(&g);
}

char **expand_words(struct word *words, int *count)
{
	struct out result = { 0 };

	for (; words; words = words->next) {
		struct out o = { .split = true };
		expand_text(&o, words->text, words->text + strlen(words->text), false);
		if (o.open)
			end_field(&o);
		for (int i = 0; i < o.n; i++)
			add_files(&result, o.fields[i]);
	}
	*count = result.n;
	end_field(&result);
	result.fields[result.n - 1] = NULL;
	return result.fields;
}

char *expand_one(const char *text)
{
	return expand_string(text, text + strlen(text), false, false);
}

char *expand_pattern(const char *text)
{
	return expand_string(text, text + strlen(text), false, true);
}

// A here-document's text: as in double quotes, but a double quote is nothing special.
char *expand_here(const char *text)
{
	const char *end = text + strlen(text);
	struct out o = { 0 };

	while (text < end) {
		if (*text == '$' || *text == '`') {
			text = expand_dollar(&o, text, true);
		} else if (*text == '\\' && text[1] != '"') {
			text = expand_backslash(&o, text + 1, end, true);
		} else {
			emit(&o, *text++, QUOTED);
		}
	}
	return remove_escapes(finish(&o.field));
}
