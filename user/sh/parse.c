// SPDX-License-Identifier: MIT
// Text to tree: a lexer that is one token ahead and a recursive descent. A word is kept as it was
// written; to know where it ends the lexer walks over what is quoted, and over `$(…)`.
//
// I1  After an error every token is the end, where each loop here ends; only the first is told.
#define _GNU_SOURCE // strchrnul
#include "user/sh/sh.h"

#include <ctype.h>
#include <string.h>

static struct {
	enum { END, OPERATOR, WORD, REDIRECTION } token;
	const char *start, *end; // of the token
	const char *before;      // where the one before ended
	bool failed, *incomplete;
} p;

size_t name_length(const char *s)
{
	size_t n = 0;

	while (isalpha((unsigned char)s[n]) || s[n] == '_' || (n && isdigit((unsigned char)s[n])))
		n++;
	return n;
}

bool is_assignment(const struct word *w)
{
	return w && !w->op && name_length(w->text) && w->text[name_length(w->text)] == '=';
}

// ---- the lexer

static const char *skip_to(const char *s, char end, bool quoted)
{
	while (s && *s != end)
		s = *s ? skip(s, quoted) : NULL;
	return s ? s + 1 : NULL;
}

const char *skip(const char *s, bool quoted)
{
	if (*s == '\\')
		return s[1] && (s[1] != '\n' || s[2]) ? s + 2 : NULL;
	if (*s == '$' && s[1] == '(')
		return skip_to(s + 2, ')', false);
	if (*s == '$' && s[1] == '{')
		return skip_to(s + 2, '}', quoted);
	if (*s == '$' && name_length(s + 1))
		return s + 1 + name_length(s + 1);
	if (*s == '$')
		return s + 1 + (s[1] && strchr("?$!#@*0123456789", s[1]));
	if (*s == '`' || (*s == '\'' && !quoted))
		return (s = strchr(s + 1, *s)) ? s + 1 : NULL;
	if (quoted || !strchr("\"(", *s))
		return s + 1;
	return skip_to(s + 1, *s == '(' ? ')' : '"', *s == '"');
}

static void expect(bool found)
{
	if (found || p.failed)
		return;
	p.failed = true;
	if (p.token == END && p.incomplete) {
		*p.incomplete = true;
		return;
	}
	complain("syntax error: unexpected %s", p.token == END ? "end" :
		 *p.start == '\n' ? "end of line" : save(p.start, p.end - p.start));
	give_up(2);
}

static bool ends_word(char c)
{
	return strchr(" \t\n;&|<>()", c); // as a NUL does
}

static void next(void)
{
	const char *s = p.before = p.end;

	while (*s == ' ' || *s == '\t' || (s[0] == '\\' && s[1] == '\n' && s[2]))
		s += 1 + (*s == '\\');
	p.start = s = *s == '#' ? strchrnul(s, '\n') : s;
	s += strspn(s, "0123456789");
	p.token = p.failed || !*p.start ? END : *s == '<' || *s == '>' ? REDIRECTION :
		  ends_word(*p.start) ? OPERATOR : WORD;
	if (p.token == REDIRECTION)
		s += 1 + (s[1] == '&' || (s[0] == '>' && s[1] == '>'));
	else if (p.token == OPERATOR)
		s += 1 + (s[0] == s[1] && strchr("&|", *s));
	while (p.token == WORD && s && !ends_word(*s))
		s = skip(s, false);
	p.end = s ? s : p.start;
	if (!s) // a quote without its end
		expect((p.token = END));
}

// ---- the grammar

static struct node *list_to(const char *end);

static bool at(const char *text)
{
	size_t n = strlen(text);

	return p.token != END && p.end == p.start + n && !strncmp(p.start, text, n);
}

static bool accept(const char *text)
{
	bool found = at(text);

	if (found)
		next();
	return found;
}

static void skip_newlines(void)
{
	while (accept("\n"))
		;
}

static bool at_list_end(void)
{
	static const char *const ends[] = { "then", "else", "elif", "fi", "do", "done", "}", ")" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (at(ends[i]))
			return true;
	return p.token == END;
}

static struct node *make(enum kind kind, struct node *left, struct node *right)
{
	struct node *n = alloc(sizeof(*n));

	*n = (struct node){ .kind = kind, .left = left, .right = right };
	return n;
}

// A word, or a redirection with its word.
static struct word **take_word(struct word **end)
{
	struct word *w = *end = alloc(sizeof(*w));

	if (p.token == REDIRECTION) {
		w->op = save(p.start, p.end - p.start);
		next();
	}
	expect(p.token == WORD);
	w->text = save(p.start, p.end - p.start);
	next();
	return &w->next;
}

static struct node *if_command(void)
{
	struct node *n = make(IF, list_to("then"), NULL);

	n->right = list_to(NULL);
	n->other = accept("elif") ? if_command() : accept("else") ? list_to("fi") : NULL;
	expect(n->other || accept("fi"));
	return n;
}

static struct node *while_command(bool until)
{
	struct node *n = make(WHILE, list_to("do"), NULL);

	n->left = until ? make(NOT, n->left, NULL) : n->left;
	n->right = list_to("done");
	return n;
}

static struct node *for_command(void)
{
	struct node *n = make(FOR, NULL, NULL);
	struct word **end = take_word(&n->words);

	expect(name_length(n->words->text) && accept("in"));
	while (p.token == WORD)
		end = take_word(end);
	expect(accept(";") || at("\n"));
	skip_newlines();
	expect(accept("do"));
	n->right = list_to("done");
	return n;
}

static struct node *command(void)
{
	struct node *n = accept("(") ? make(SUBSHELL, list_to(")"), NULL) :
			 accept("{") ? make(GROUP, list_to("}"), NULL) :
			 accept("if") ? if_command() : accept("for") ? for_command() :
			 accept("while") ? while_command(false) :
			 accept("until") ? while_command(true) : make(SIMPLE, NULL, NULL);
	struct word **end = &n->words;

	expect(n->kind != SIMPLE || (!at_list_end() && p.token != OPERATOR));
	while (*end)
		end = &(*end)->next;
	while (p.token == REDIRECTION || (p.token == WORD && n->kind == SIMPLE))
		end = take_word(end);
	return n;
}

// a | b | c is a | (b | c)
static struct node *pipeline(void)
{
	bool not = accept("!");
	const char *start = p.start;
	struct node *n = command();

	n->text = save(start, p.before - start);
	if (accept("|")) {
		skip_newlines();
		n = make(PIPE, n, pipeline());
		n->text = save(start, p.before - start);
	}
	return not ? make(NOT, n, NULL) : n;
}

static struct node *and_or(void)
{
	struct node *n = pipeline();

	while (at("&&") || at("||")) {
		enum kind kind = at("&&") ? AND : OR;
		next();
		skip_newlines();
		n = make(kind, n, pipeline());
	}
	return n;
}

static struct node *list(void)
{
	struct node *first = NULL, **end = &first;

	for (skip_newlines(); !at_list_end(); skip_newlines()) {
		const char *start = p.start;
		struct node *n = and_or();
		if (at("&")) {
			n = make(BACKGROUND, n, NULL);
			n->text = save(start, p.before - start);
		}
		expect(accept("&") || accept(";") || at("\n") || at_list_end());
		*end = make(LIST, n, NULL);
		end = &(*end)->right;
	}
	return first;
}

// => end NULL: whoever called looks at what ends it
static struct node *list_to(const char *end)
{
	struct node *n = list();

	expect(n && (!end || accept(end)));
	return n;
}

struct node *parse(const char *text, bool *incomplete)
{
	p = (typeof(p)){ .end = text, .incomplete = incomplete };
	next();
	struct node *n = list();
	expect(p.token == END);
	return p.failed ? NULL : n;
}
