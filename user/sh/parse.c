// SPDX-License-Identifier: MIT
// Text to tree: a lexer that reads one token ahead and a recursive descent over POSIX's grammar.
//
// A word is kept as it was written; quotes and `$` are for expand.c. To know where a word ends
// the lexer has to walk over what is quoted, and over the commands of a `$(…)` by parsing them.
//
// I1  Positions in the source are offsets: its text moves when more() appends a line.
// I2  A here-document's body is read when the newline after its `<<` is, so a newline token
//     is never looked at before the redirections of its line are known.
#include "user/sh/sh.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum token { T_END, T_NEWLINE = '\n', T_WORD = 'w', T_AND = 256, T_OR, T_DSEMI, T_REDIR };

static struct {
	int kind; // enum token, or the operator's character
	char *text;
	int fd; // of T_REDIR: as written, or -1
	size_t start;
} token;

struct here {
	struct here *next;
	struct redir *redir;
	const char *end;
	bool strip_tabs;
};

static struct source *src;
static size_t last_end; // of the token before
static struct here *heres;

static struct node *list(void);
static struct node *and_or(void);
static struct node *command(void);

void source_append(struct source *s, const char *text, size_t n)
{
	if (s->length + n + 1 > s->size) {
		s->size = 2 * (s->length + n + 1);
		s->text = realloc(s->text, s->size);
		if (!s->text)
			throw(2);
	}
	memcpy(s->text + s->length, text, n);
	s->length += n;
	s->text[s->length] = '\0';
}

struct source *source_push(struct source *s)
{
	struct source *before = src;

	src = s;
	return before;
}

static int peek(void)
{
	while (src->at == src->length)
		if (!src->more || !src->more(src))
			return '\0';
	return (unsigned char)src->text[src->at];
}

static int next(void)
{
	int c = peek();

	if (c)
		src->at++;
	if (c == '\n')
		src->line++;
	return c;
}

static void __attribute__((noreturn)) syntax_error(const char *what)
{
	complain("line %d: syntax error: %s", src->line, what);
	throw(2);
}

// ---- the lexer

static void advance(void);

static void skip_to(char end)
{
	int c;

	while ((c = next()) != end) {
		if (!c)
			syntax_error("quote without its end");
		if (c == '\\' && end != '\'')
			next();
	}
}

static void skip_dollar(bool quoted);

static void skip_double_quotes(void)
{
	int c;

	while ((c = next()) != '"') {
		if (!c)
			syntax_error("\" without its end");
		if (c == '\\')
			next();
		else if (c == '`')
			skip_to('`');
		else if (c == '$')
			skip_dollar(true);
	}
}

// => after the first character c of a quoted or expanded part of a word
static void skip_part(int c)
{
	if (c == '\\')
		next();
	else if (c == '\'' || c == '`')
		skip_to(c);
	else if (c == '"')
		skip_double_quotes();
	else if (c == '$')
		skip_dollar(false);
}

// A single quote is an ordinary character where double quotes are around the braces.
static void skip_braces(bool quoted)
{
	int c;

	while ((c = next()) != '}') {
		if (!c)
			syntax_error("${ without }");
		if (c != '\'' || !quoted)
			skip_part(c);
	}
}

static void skip_arithmetic(void)
{
	int c, depth = 2;

	while (depth) {
		c = next();
		if (!c)
			syntax_error("$(( without ))");
		depth += c == '(' ? 1 : c == ')' ? -1 : 0;
	}
}

// Walks over the commands of $(…) by parsing them, since a `)` may be in a case or a comment.
static void skip_commands(void)
{
	typeof(token) outer = token;
	size_t end = last_end;

	advance();
	list();
	if (token.kind != ')')
		syntax_error("$( without )");
	token = outer;
	last_end = end;
}

// => after a `$`
static void skip_dollar(bool quoted)
{
	int c = peek();

	if (c == '{') {
		next();
		skip_braces(quoted);
	} else if (c == '(') {
		next();
		if (peek() == '(') {
			next();
			skip_arithmetic();
		} else {
			skip_commands();
		}
	}
}

size_t scan_expansion(const char *s, bool quoted)
{
	struct source inner = { .text = (char *)s, .length = strlen(s) };
	struct source *outer = source_push(&inner);

	int c = next();
	if (c == '$')
		skip_dollar(quoted);
	else
		skip_part(c);
	source_push(outer);
	return inner.at;
}

static void skip_blanks(void)
{
	for (;;) {
		int c = peek();
		if (c == '\\' && src->at + 1 < src->length && src->text[src->at + 1] == '\n') {
			next();
			next();
		} else if (c == ' ' || c == '\t') {
			next();
		} else if (c == '#') {
			while (peek() && peek() != '\n')
				next();
		} else {
			return;
		}
	}
}

// The next line of a here-document, without its newline; NULL at the end of the source.
static char *here_line(void)
{
	struct buf line = { 0 };
	int c;

	if (!peek())
		return NULL;
	while ((c = next()) && c != '\n')
		put(&line, c);
	return finish(&line);
}

static void read_here(struct here *h)
{
	struct buf body = { 0 };
	char *line;

	while ((line = here_line())) {
		if (h->strip_tabs)
			line += strspn(line, "\t");
		if (!strcmp(line, h->end))
			break;
		put_string(&body, line);
		put(&body, '\n');
	}
	h->redir->text = finish(&body);
}

static void read_heres(void)
{
	while (heres) {
		struct here *h = heres;
		heres = h->next;
		read_here(h);
	}
}

// The kinds of redirection are told apart by the characters alone.
static void lex_redirection(void)
{
	int first = next(), second = peek();

	if (second == '&' || second == first || (first == '<' && second == '>') ||
	    (first == '>' && second == '|'))
		next();
	if (first == '<' && second == '<' && peek() == '-')
		next();
	token.kind = T_REDIR;
	token.text = save(src->text + token.start, src->at - token.start);
}

static bool ends_word(int c)
{
	return c == '\0' || strchr(" \t\n;&|<>()", c);
}

static void lex_word(void)
{
	bool digits = true;
	int c;

	while (!ends_word(c = peek())) {
		digits = digits && isdigit(c);
		next();
		skip_part(c);
	}
	token.text = save(src->text + token.start, src->at - token.start);
	token.kind = T_WORD;
	if (digits && (c == '<' || c == '>')) {
		token.fd = atoi(token.text);
		token.start = src->at;
		lex_redirection();
	}
}

static void lex_operator(int c)
{
	next();
	int second = c == '\n' ? 0 : peek();

	token.kind = c;
	if (c == second && strchr("&|;", c)) {
		token.kind = c == '&' ? T_AND : c == '|' ? T_OR : T_DSEMI;
		next();
	}
	if (c == '\n')
		read_heres();
}

static void advance(void)
{
	last_end = src->at;
	skip_blanks();
	token.start = src->at;
	token.text = NULL;
	token.fd = -1;
	int c = peek();
	if (!c)
		token.kind = T_END;
	else if (!ends_word(c))
		lex_word();
	else if (c == '<' || c == '>')
		lex_redirection();
	else
		lex_operator(c);
	if (token.kind != T_NEWLINE)
		src->continued = true;
}

// ---- the grammar

static struct node *make(enum kind kind, struct node *left, struct node *right)
{
	struct node *n = alloc(sizeof(*n));

	n->kind = kind;
	n->left = left;
	n->right = right;
	return n;
}

static void __attribute__((noreturn)) unexpected(void)
{
	struct buf b = { 0 };

	if (token.kind == T_END)
		syntax_error("unexpected end of file");
	put_string(&b, "unexpected ");
	if (token.kind == T_NEWLINE)
		put_string(&b, "newline");
	else if (token.text)
		put_string(&b, token.text);
	else
		put_string(&b, save(src->text + token.start, src->at - token.start));
	syntax_error(finish(&b));
}

static bool at_word(const char *word)
{
	return token.kind == T_WORD && !strcmp(token.text, word);
}

static bool accept(const char *word)
{
	if (!at_word(word))
		return false;
	advance();
	return true;
}

static void expect(const char *word)
{
	if (!accept(word))
		unexpected();
}

static void skip_newlines(void)
{
	while (token.kind == T_NEWLINE)
		advance();
}

static bool at_list_end(void)
{
	static const char *const closing[] = { "then", "else", "elif", "fi", "do", "done",
					       "esac", "}" };

	for (size_t i = 0; i < sizeof(closing) / sizeof(*closing); i++)
		if (at_word(closing[i]))
			return true;
	return token.kind == T_END || token.kind == ')' || token.kind == T_DSEMI;
}

// One and-or list with its `;` or `&`. A newline stays for the caller.
static struct node *list_item(void)
{
	size_t start = token.start;
	struct node *n = and_or();

	if (token.kind == '&') {
		n = make(BACKGROUND, n, NULL);
		n->text = save(src->text + start, last_end - start);
		advance();
	} else if (token.kind == ';') {
		advance();
	} else if (token.kind != T_NEWLINE && !at_list_end()) {
		unexpected();
	}
	return n;
}

// Leans to the right, so that a script's length costs no stack.
static struct node *list(void)
{
	struct node *first = NULL, **end = &first;

	for (skip_newlines(); !at_list_end(); skip_newlines()) {
		struct node *n = list_item();
		*end = *end ? make(SEQUENCE, *end, n) : n;
		if ((*end)->kind == SEQUENCE)
			end = &(*end)->right;
	}
	return first;
}

static struct node *needed_list(void)
{
	struct node *n = list();

	if (!n)
		unexpected();
	return n;
}

static struct node *pipeline(void)
{
	size_t start = token.start;
	bool not = accept("!");
	struct node *n = command();

	if (token.kind == '|') {
		advance();
		skip_newlines();
		// The rest of the pipeline is its right side: a | (b | c)
		struct node *rest = pipeline();
		if (rest->kind == NOT)
			unexpected();
		n = make(PIPE, n, rest);
	}
	n->text = save(src->text + start, last_end - start);
	return not ? make(NOT, n, NULL) : n;
}

static struct node *and_or(void)
{
	struct node *n = pipeline();

	while (token.kind == T_AND || token.kind == T_OR) {
		enum kind kind = token.kind == T_AND ? AND : OR;
		advance();
		skip_newlines();
		n = make(kind, n, pipeline());
	}
	return n;
}

static struct word *make_word(const char *text)
{
	struct word *w = alloc(sizeof(*w));

	w->text = text;
	return w;
}

static void queue_here(struct redir *r, const char *end, bool strip_tabs)
{
	struct here **at = &heres, *h = alloc(sizeof(*h));

	while (*at)
		at = &(*at)->next;
	*h = (struct here){ .redir = r, .end = expand_one(end), .strip_tabs = strip_tabs };
	if (strpbrk(end, "'\"\\"))
		r->kind = R_HERE_QUOTED;
	*at = h;
}

static enum redir_kind redirection_kind(const char *op)
{
	if (op[1] == '&')
		return R_DUP;
	if (op[0] == '>')
		return op[1] == '>' ? R_APPEND : R_WRITE;
	return op[1] == '<' ? R_HERE : op[1] == '>' ? R_BOTH : R_READ;
}

static struct redir *redirection(void)
{
	struct redir *r = alloc(sizeof(*r));
	const char *op = token.text;

	r->kind = redirection_kind(op);
	r->fd = token.fd >= 0 ? token.fd : op[0] == '>';
	advance();
	if (token.kind != T_WORD)
		unexpected();
	r->text = token.text;
	// Before the lexer goes on: the body may begin right after this word's newline (I2).
	if (r->kind == R_HERE)
		queue_here(r, token.text, op[2] == '-');
	advance();
	return r;
}

static struct redir *redirections(void)
{
	struct redir *first = NULL, **end = &first;

	while (token.kind == T_REDIR) {
		*end = redirection();
		end = &(*end)->next;
	}
	return first;
}

// => at the `(` after a function's name
static struct node *function(const char *name)
{
	struct node *n = make(FUNCTION, NULL, NULL);

	advance();
	if (token.kind != ')')
		unexpected();
	advance();
	skip_newlines();
	size_t start = token.start;
	if (command()->kind == SIMPLE)
		syntax_error("a function's body needs { }");
	n->name = name;
	n->body = save(src->text + start, last_end - start);
	return n;
}

static bool is_assignment(const char *s)
{
	size_t n = name_length(s);

	return n && s[n] == '=';
}

static struct node *simple_command(void)
{
	struct node *n = make(SIMPLE, NULL, NULL);
	struct word **assign = &n->assigns, **word = &n->words;
	struct redir **redir = &n->redirs;

	for (;;) {
		if (token.kind == T_REDIR) {
			*redir = redirection();
			redir = &(*redir)->next;
		} else if (token.kind == T_WORD) {
			bool assigns = !n->words && is_assignment(token.text);
			struct word ***end = assigns ? &assign : &word;
			**end = make_word(token.text);
			*end = &(**end)->next;
			advance();
		} else {
			break;
		}
		if (token.kind == '(' && n->words && !n->words->next && !n->redirs)
			return function(n->words->text);
	}
	if (!n->words && !n->assigns && !n->redirs)
		unexpected();
	return n;
}

// => after `if` or `elif`
static struct node *if_command(void)
{
	struct node *n = make(IF, needed_list(), NULL);

	expect("then");
	n->right = needed_list();
	if (accept("elif")) {
		n->other = if_command();
		return n;
	}
	if (accept("else"))
		n->other = needed_list();
	expect("fi");
	return n;
}

static struct node *loop_body(void)
{
	expect("do");
	struct node *n = needed_list();
	expect("done");
	return n;
}

// Words up to the end of a line or up to the mark `stop`.
static struct word *words_until(int stop)
{
	struct word *first = NULL, **end = &first;

	while (token.kind == T_WORD) {
		*end = make_word(token.text);
		end = &(*end)->next;
		advance();
		if (stop == ')' && token.kind == '|')
			advance();
	}
	return first;
}

static const char *take_name(void)
{
	const char *name = token.text;

	if (token.kind != T_WORD || !name_length(name) || name[name_length(name)])
		unexpected();
	advance();
	return name;
}

// => after `for`
static struct node *for_command(void)
{
	struct node *n = make(FOR, NULL, NULL);

	n->name = take_name();
	skip_newlines();
	if (accept("in"))
		n->words = words_until('\n');
	else
		n->words = make_word("\"$@\"");
	if (token.kind == ';')
		advance();
	skip_newlines();
	n->right = loop_body();
	return n;
}

static struct node *case_item(void)
{
	struct node *n = make(CASE_ITEM, NULL, NULL);

	if (token.kind == '(')
		advance();
	n->words = words_until(')');
	if (!n->words || token.kind != ')')
		unexpected();
	advance();
	n->right = list();
	if (token.kind == T_DSEMI)
		advance();
	else if (!at_word("esac"))
		unexpected();
	skip_newlines();
	return n;
}

// => after `case`
static struct node *case_command(void)
{
	struct node *n = make(CASE, NULL, NULL), **end = &n->other;

	if (token.kind != T_WORD)
		unexpected();
	n->words = make_word(token.text);
	advance();
	skip_newlines();
	expect("in");
	for (skip_newlines(); !at_word("esac"); end = &(*end)->other)
		*end = case_item();
	advance();
	return n;
}

// Returns NULL if no compound command begins here.
static struct node *compound_command(void)
{
	struct node *n;

	if (token.kind == '(') {
		advance();
		n = make(SUBSHELL, needed_list(), NULL);
		if (token.kind != ')')
			unexpected();
		advance();
	} else if (accept("{")) {
		n = make(GROUP, needed_list(), NULL);
		expect("}");
	} else if (accept("if")) {
		n = if_command();
	} else if (at_word("while") || at_word("until")) {
		enum kind kind = at_word("while") ? WHILE : UNTIL;
		advance();
		n = make(kind, needed_list(), NULL);
		n->right = loop_body();
	} else if (accept("for")) {
		n = for_command();
	} else if (accept("case")) {
		n = case_command();
	} else {
		n = NULL;
	}
	return n;
}

static struct node *command(void)
{
	if (at_list_end())
		unexpected();
	struct node *n = compound_command();
	if (!n)
		return simple_command();
	n->redirs = redirections();
	return n;
}

struct node *parse_command(bool *end)
{
	struct node *first = NULL, **tail = &first;

	heres = NULL;
	src->continued = false;
	for (advance(); token.kind != T_NEWLINE && token.kind != T_END;) {
		if (at_list_end())
			unexpected();
		struct node *n = list_item();
		*tail = *tail ? make(SEQUENCE, *tail, n) : n;
		if ((*tail)->kind == SEQUENCE)
			tail = &(*tail)->right;
	}
	if (token.kind == T_END)
		read_heres();
	*end = token.kind == T_END;
	return first;
}

bool source_empty(void)
{
	return src->at + strspn(src->text + src->at, " \t\n") == src->length && !src->more;
}
