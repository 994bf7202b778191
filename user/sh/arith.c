// SPDX-License-Identifier: MIT
// $((…)): C's operators on 64-bit signed numbers, without assignments, by precedence climbing.
// Overflow wraps.
#include "user/sh/sh.h"

#include <stdlib.h>
#include <string.h>

// In the order in which they are tried: of two that begin alike, the longer one first.
static const struct {
	char text[3];
	char precedence;
} ops[] = {
	{ "||", 1 }, { "&&", 2 }, { "==", 6 }, { "!=", 6 }, { "<<", 8 }, { ">>", 8 },
	{ "<=", 7 }, { ">=", 7 }, { "<", 7 },  { ">", 7 },  { "|", 3 },  { "^", 4 },
	{ "&", 5 },  { "+", 9 },  { "-", 9 },  { "*", 10 }, { "/", 10 }, { "%", 10 },
};

static const char *at;

static long binary(int least);

static long fail(const char *why)
{
	if (sh.unwind != U_ALL)
		complain("arithmetic: %s at `%s'", why, at);
	give_up(2);
	return 0;
}

static long apply(const char *op, long a, long b)
{
	unsigned long ua = a, ub = b;
	bool twice = op[0] == op[1], equal = op[1] == '=';

	switch (*op) {
	case '+': return ua + ub;
	case '-': return ua - ub;
	case '*': return ua * ub;
	case '/': return b == 0 ? fail("division by zero") : b == -1 ? (long)-ua : a / b;
	case '%': return b == 0 ? fail("division by zero") : b == -1 ? 0 : a % b;
	case '^': return a ^ b;
	case '!': return a != b;
	case '=': return a == b;
	case '&': return twice ? a && b : a & b;
	case '|': return twice ? a || b : a | b;
	case '<': return twice ? (long)(ua << (b & 63)) : equal ? a <= b : a < b;
	default: return twice ? a >> (b & 63) : equal ? a >= b : a > b;
	}
}

static char next_character(void)
{
	at += strspn(at, " \t\n");
	return *at;
}

static long unary(void)
{
	char *end, c = next_character();
	const char *text = at;
	size_t n = name_length(at);

	at += strchr("+-!~(", c) && c;
	switch (c) {
	case '+': return unary();
	case '-': return -(unsigned long)unary();
	case '!': return !unary();
	case '~': return ~unary();
	}
	if (c == '(') {
		long value = binary(1);
		return next_character() == ')' ? at++, value : fail("expected )");
	}
	if (n)
		text = getenv(save(at, n));
	long value = text ? strtol(text, &end, 0) : 0;
	if (!n && end == at)
		return fail("expected a number");
	at = n ? at + n : end;
	return value;
}

static long binary(int least)
{
	long left = unary();

	for (size_t i = 0; next_character() && i < sizeof(ops) / sizeof(*ops); i++) {
		if (strncmp(at, ops[i].text, strlen(ops[i].text)))
			continue;
		if (ops[i].precedence < least)
			break;
		at += strlen(ops[i].text);
		left = apply(ops[i].text, left, binary(ops[i].precedence + 1));
		i = -1; // from the first operator again
	}
	return left;
}

long arith(const char *text)
{
	at = text;
	long value = binary(1);
	return next_character() ? fail("unexpected text") : value;
}
