// SPDX-License-Identifier: MIT
// $((…)): C's operators on 64-bit signed numbers, by precedence climbing. Overflow wraps.
// What && || ?: leave out is parsed but has no effect.
#include "user/sh/sh.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Longest first where one begins like another.
static const struct op {
	const char *text;
	int precedence;
} ops[] = {
	{ "||", 1 }, { "&&", 2 }, { "==", 6 }, { "!=", 6 }, { "<<", 8 }, { ">>", 8 },
	{ "<=", 7 }, { ">=", 7 }, { "<", 7 },  { ">", 7 },  { "|", 3 },  { "^", 4 },
	{ "&", 5 },  { "+", 9 },  { "-", 9 },  { "*", 10 }, { "/", 10 }, { "%", 10 },
};

static const char *at;
static int skipping; // inside a part that is not evaluated

static long assignment(void);

static void __attribute__((noreturn)) fail(const char *why)
{
	complain("arithmetic: %s at `%s'", why, at);
	throw(2);
}

static bool accept(const char *text)
{
	size_t n = strlen(text);

	at += strspn(at, " \t\n");
	if (strncmp(at, text, n))
		return false;
	at += n;
	return true;
}

static long value_of(const char *name)
{
	const char *text = get_var(name);
	char *end;

	if (!text || !*text)
		return 0;
	long n = strtol(text, &end, 0);
	if (end[strspn(end, " \t\n")]) {
		at = text;
		fail("bad number");
	}
	return n;
}

static long store(const char *name, long n)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", n);
	if (!skipping)
		set_var(name, text);
	return n;
}

static long apply(const char *op, long a, long b)
{
	unsigned long ua = a, ub = b;

	if ((*op == '/' || *op == '%') && b == 0 && !skipping)
		fail("division by zero");
	switch (*op) {
	case '+': return ua + ub;
	case '-': return ua - ub;
	case '*': return ua * ub;
	case '/': return b == 0 ? 0 : b == -1 ? (long)-ua : a / b;
	case '%': return b == 0 || b == -1 ? 0 : a % b;
	case '^': return a ^ b;
	case '!': return a != b;
	case '=': return a == b;
	case '&': return op[1] == '&' ? a && b : a & b;
	case '|': return op[1] == '|' ? a || b : a | b;
	case '<': return op[1] == '<' ? (long)(ua << (b & 63)) : op[1] == '=' ? a <= b : a < b;
	default: return op[1] == '>' ? a >> (b & 63) : op[1] == '=' ? a >= b : a > b;
	}
}

// The operator of `NAME op= …` here, "" for plain `=`, NULL for none.
static const char *assignment_operator(void)
{
	static const char *const assigning[] = { "<<=", ">>=", "+=", "-=", "*=", "/=",
						 "%=", "&=", "^=", "|=" };

	for (size_t i = 0; i < sizeof(assigning) / sizeof(*assigning); i++)
		if (accept(assigning[i]))
			return assigning[i];
	at += strspn(at, " \t\n");
	if (at[0] != '=' || at[1] == '=')
		return NULL;
	at++;
	return "";
}

static long variable(void)
{
	size_t n = name_length(at);
	const char *name = save(at, n), *op;

	at += n;
	if ((op = assignment_operator())) {
		long right = assignment();
		return store(name, *op ? apply(op, value_of(name), right) : right);
	}
	long old = value_of(name);
	if (accept("++"))
		store(name, old + 1);
	else if (accept("--"))
		store(name, old - 1);
	return old;
}

static long step(long by)
{
	at += strspn(at, " \t\n");
	size_t n = name_length(at);
	if (!n)
		fail("expected a variable");
	const char *name = save(at, n);
	at += n;
	return store(name, value_of(name) + by);
}

static long unary(void)
{
	char *end;
	long n;

	if (accept("++"))
		return step(1);
	if (accept("--"))
		return step(-1);
	if (accept("+"))
		return unary();
	if (accept("-"))
		return -(unsigned long)unary();
	if (accept("!"))
		return !unary();
	if (accept("~"))
		return ~unary();
	if (accept("(")) {
		n = assignment();
		if (!accept(")"))
			fail("expected )");
		return n;
	}
	if (name_length(at))
		return variable();
	if (!isdigit((unsigned char)*at))
		fail("expected a number");
	n = strtol(at, &end, 0);
	at = end;
	return n;
}

static const struct op *next_operator(int least)
{
	at += strspn(at, " \t\n");
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!strncmp(at, ops[i].text, strlen(ops[i].text)))
			return ops[i].precedence >= least ? &ops[i] : NULL;
	return NULL;
}

static long binary(int least)
{
	const struct op *op;
	long left = unary();

	while ((op = next_operator(least))) {
		at += strlen(op->text);
		bool skip = op->precedence == 1 ? left != 0 : op->precedence == 2 && left == 0;
		skipping += skip;
		long right = binary(op->precedence + 1);
		skipping -= skip;
		left = apply(op->text, left, right);
	}
	return left;
}

static long assignment(void)
{
	long condition = binary(1);

	if (!accept("?"))
		return condition;
	skipping += !condition;
	long yes = assignment();
	skipping -= !condition;
	if (!accept(":"))
		fail("expected :");
	skipping += !!condition;
	long no = assignment();
	skipping -= !!condition;
	return condition ? yes : no;
}

long arith(const char *text)
{
	at = text;
	skipping = 0;
	if (!text[strspn(text, " \t\n")])
		return 0;
	long n = assignment();
	if (at[strspn(at, " \t\n")])
		fail("trailing text");
	return n;
}
