// SPDX-License-Identifier: MIT
/*
 * vsnprintf.c - formatted text, character by character into a bounded sink.
 *
 * A conversion is read into a struct spec first and printed then. Every field has the form
 *
 *	blanks  prefix (sign, 0x)  zeros  body  blanks
 *
 * where blanks and zeros fill it up to its width, so numbers, strings and characters end in
 * one function, put_field().
 */
#include "lib/vsnprintf.h"

#include "lib/ctype.h"
#include "lib/string.h"

struct sink {
	char *buf;
	size_t size;
	size_t len; /* of the whole text, what did not fit included */
};

struct spec {
	bool left;  /* - */
	bool zero;  /* 0 */
	bool plus;  /* + */
	bool space; /* blank */
	bool alt;   /* # */
	int width;
	int precision; /* -1: none given */
	unsigned int bits;
	char conversion;
};

/* A va_list that can be handed on by reference, which as a parameter it cannot everywhere. */
struct arguments {
	va_list list;
};

static void put_char(struct sink *out, char c)
{
	if (out->len + 1 < out->size)
		out->buf[out->len] = c;
	out->len++;
}

static void put_chars(struct sink *out, const char *s, size_t n)
{
	while (n--)
		put_char(out, *s++);
}

static void put_repeated(struct sink *out, char c, long n)
{
	while (n-- > 0)
		put_char(out, c);
}

static void put_field(struct sink *out, const struct spec *spec, const char *prefix,
		      size_t zeros, const char *body, size_t len)
{
	size_t prefix_len = strlen(prefix);
	long blanks = spec->width - (long)(prefix_len + zeros + len);

	if (!spec->left)
		put_repeated(out, ' ', blanks);
	put_chars(out, prefix, prefix_len);
	put_repeated(out, '0', zeros);
	put_chars(out, body, len);
	if (spec->left)
		put_repeated(out, ' ', blanks);
}

/* Writes the digits so that they end at `end`; returns where they begin. None for 0. */
static char *format_digits(char *end, u64 value, unsigned int base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	for (; value; value /= base)
		*--end = digits[value % base];
	return end;
}

static void put_number(struct sink *out, const struct spec *spec, u64 value, unsigned int base,
		       const char *prefix)
{
	char buf[24], *end = buf + sizeof(buf);
	char *digits = format_digits(end, value, base, spec->conversion == 'X');
	long len = end - digits;
	long wanted = spec->precision >= 0 ? spec->precision : 1;

	if (spec->alt && base == 8)
		wanted = max(wanted, len + 1);
	if (spec->zero && !spec->left && spec->precision < 0)
		wanted = max(wanted, spec->width - (long)strlen(prefix));
	put_field(out, spec, prefix, max(wanted - len, 0L), digits, len);
}

static void put_signed(struct sink *out, const struct spec *spec, s64 value)
{
	if (value < 0)
		put_number(out, spec, -(u64)value, 10, "-");
	else
		put_number(out, spec, value, 10, spec->plus ? "+" : spec->space ? " " : "");
}

static void put_hex(struct sink *out, const struct spec *spec, u64 value)
{
	const char *prefix = spec->conversion == 'X' ? "0X" : "0x";

	put_number(out, spec, value, 16, spec->alt && value ? prefix : "");
}

static void put_pointer(struct sink *out, struct spec *spec, const void *ptr)
{
	spec->precision = 16;
	put_number(out, spec, (unsigned long)ptr, 16, "0x");
}

static void put_string(struct sink *out, const struct spec *spec, const char *s)
{
	size_t max_len = spec->precision >= 0 ? (size_t)spec->precision : SIZE_MAX;

	if (!s)
		s = "(null)";
	put_field(out, spec, "", 0, s, strnlen(s, max_len));
}

/* Arguments shorter than int arrive as int; they are cut to their size here. */
static s64 next_signed(struct arguments *args, unsigned int bits)
{
	s64 value = bits > 32 ? va_arg(args->list, long) : va_arg(args->list, int);
	unsigned int unused = 64 - bits;

	return (s64)((u64)value << unused) >> unused;
}

static u64 next_unsigned(struct arguments *args, unsigned int bits)
{
	u64 value = bits > 32 ? va_arg(args->list, unsigned long) :
				va_arg(args->list, unsigned int);

	return value & (U64_MAX >> (64 - bits));
}

static const char *parse_flags(const char *fmt, struct spec *spec)
{
	for (;; fmt++) {
		switch (*fmt) {
		case '-':
			spec->left = true;
			break;
		case '0':
			spec->zero = true;
			break;
		case '+':
			spec->plus = true;
			break;
		case ' ':
			spec->space = true;
			break;
		case '#':
			spec->alt = true;
			break;
		default:
			return fmt;
		}
	}
}

static const char *parse_int(const char *fmt, int *value, struct arguments *args)
{
	if (*fmt == '*') {
		*value = va_arg(args->list, int);
		return fmt + 1;
	}
	for (*value = 0; isdigit(*fmt); fmt++)
		*value = *value * 10 + (*fmt - '0');
	return fmt;
}

static const char *parse_length(const char *fmt, struct spec *spec)
{
	spec->bits = 32;
	switch (*fmt) {
	case 'h':
		spec->bits = fmt[1] == 'h' ? 8 : 16;
		return fmt + (fmt[1] == 'h' ? 2 : 1);
	case 'l':
		spec->bits = 64;
		return fmt + (fmt[1] == 'l' ? 2 : 1);
	case 'z':
	case 't':
	case 'j':
		spec->bits = 64;
		return fmt + 1;
	}
	return fmt;
}

/* Reads what is behind a %, up to and without the conversion's letter. */
static const char *parse_spec(const char *fmt, struct spec *spec, struct arguments *args)
{
	*spec = (struct spec){ .precision = -1 };
	fmt = parse_flags(fmt, spec);
	fmt = parse_int(fmt, &spec->width, args);
	if (spec->width < 0) {
		spec->left = true;
		spec->width = -spec->width;
	}
	if (*fmt == '.')
		fmt = parse_int(fmt + 1, &spec->precision, args);
	return parse_length(fmt, spec);
}

/* Prints one conversion; false if its letter is none that we know. */
static bool put_conversion(struct sink *out, struct spec *spec, struct arguments *args)
{
	char c;

	switch (spec->conversion) {
	case 'd':
	case 'i':
		put_signed(out, spec, next_signed(args, spec->bits));
		return true;
	case 'u':
		put_number(out, spec, next_unsigned(args, spec->bits), 10, "");
		return true;
	case 'x':
	case 'X':
		put_hex(out, spec, next_unsigned(args, spec->bits));
		return true;
	case 'o':
		put_number(out, spec, next_unsigned(args, spec->bits), 8, "");
		return true;
	case 'c':
		c = va_arg(args->list, int);
		put_field(out, spec, "", 0, &c, 1);
		return true;
	case 's':
		put_string(out, spec, va_arg(args->list, const char *));
		return true;
	case 'p':
		put_pointer(out, spec, va_arg(args->list, const void *));
		return true;
	case '%':
		put_char(out, '%');
		return true;
	}
	return false;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list list)
{
	struct sink out = { .buf = buf, .size = size };
	struct arguments args;
	struct spec spec;
	const char *percent;

	va_copy(args.list, list);
	while (*fmt) {
		if (*fmt != '%') {
			put_char(&out, *fmt++);
			continue;
		}
		percent = fmt;
		fmt = parse_spec(fmt + 1, &spec, &args);
		spec.conversion = *fmt;
		if (*fmt)
			fmt++;
		if (!put_conversion(&out, &spec, &args))
			put_chars(&out, percent, fmt - percent);
	}
	va_end(args.list);
	if (size)
		buf[min(out.len, size - 1)] = '\0';
	return out.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	size_t len = vsnprintf(buf, size, fmt, args);

	return size ? min(len, size - 1) : 0;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}
