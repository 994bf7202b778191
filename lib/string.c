// SPDX-License-Identifier: MIT
/*
 * string.c - memory blocks by words, strings by bytes.
 *
 * Blocks are moved in aligned words of 8 bytes, 16 words a turn, since a misaligned access is
 * slow or a trap on many RISC-V processors. The ways of a copy:
 *
 *	dst and src equally aligned	bytes up to a word boundary, words, the rest in bytes
 *	otherwise, long enough		as before, but each word is joined from two of src
 *	otherwise			bytes
 *
 * I1  Each word read has at least one byte of the block in it, so it lies on a page that the
 *     block lies on; and none reaches over the block's end, so that ASan can watch the unit tests.
 *
 * The pragma keeps the compiler from recognising these loops as memcpy and memset and calling
 * the very function that it compiles. Words are read from memory of any type, which the
 * kernel's -fno-strict-aliasing allows.
 */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

#include "lib/string.h"

#include <linux/errno.h>

#include "lib/ctype.h"

#define WORD sizeof(unsigned long)
#define UNROLL 16

/* From here on, joining words costs less than copying bytes. */
#define MIN_SHIFTED_COPY 32

static size_t misalignment(const void *p)
{
	return (uintptr_t)p % WORD;
}

/* Bytes from p to the next word boundary, but at most n. */
static size_t head_bytes(const void *p, size_t n)
{
	return min(-(uintptr_t)p % WORD, n);
}

static inline void copy_bytes(u8 *dst, const u8 *src, size_t n)
{
	const u8 *end = src + n;

	while (src != end)
		*dst++ = *src++;
}

static inline void copy_words(unsigned long *dst, const unsigned long *src, size_t words)
{
	for (; words >= UNROLL; words -= UNROLL, dst += UNROLL, src += UNROLL) {
#pragma GCC unroll 16
		for (int i = 0; i < UNROLL; i++)
			dst[i] = src[i];
	}
	while (words--)
		*dst++ = *src++;
}

/*
 * Fills whole words at dst from a src that is not aligned: reads the word that src points into
 * and one more for each word filled, so that the last reaches over what is copied.
 */
static inline void copy_shifted(unsigned long *dst, const u8 *src, size_t words)
{
	const unsigned long *from = (const unsigned long *)(src - misalignment(src));
	unsigned int down = misalignment(src) * 8, up = BITS_PER_LONG - down;
	unsigned long low = *from++ >> down;

	for (; words >= 4; words -= 4, dst += 4, from += 4) {
		dst[0] = low | from[0] << up;
		dst[1] = from[0] >> down | from[1] << up;
		dst[2] = from[1] >> down | from[2] << up;
		dst[3] = from[2] >> down | from[3] << up;
		low = from[3] >> down;
	}
	while (words--) {
		*dst++ = low | *from << up;
		low = *from++ >> down;
	}
}

static void copy_backward(u8 *dst, const u8 *src, size_t n)
{
	if (misalignment(dst) == misalignment(src)) {
		for (; n && misalignment(dst + n); n--)
			dst[n - 1] = src[n - 1];
		for (; n >= WORD; n -= WORD)
			*(unsigned long *)(dst + n - WORD) =
				*(const unsigned long *)(src + n - WORD);
	}
	for (; n; n--)
		dst[n - 1] = src[n - 1];
}

/*
 * Always from lower to higher addresses, on which memmove() relies. The name is in parentheses
 * so that it is not taken for the macro of string.h.
 */
void *(memcpy)(void *dst_block, const void *src_block, size_t n)
{
	const u8 *src = src_block;
	u8 *dst = dst_block;
	size_t head, words;

	if (misalignment(dst) == misalignment(src)) {
		head = head_bytes(dst, n);
		words = (n - head) / WORD;
		copy_bytes(dst, src, head);
		copy_words((unsigned long *)(dst + head), (const unsigned long *)(src + head),
			   words);
	} else if (n >= MIN_SHIFTED_COPY) {
		head = head_bytes(dst, n);
		words = (n - head) / WORD - 1; /* I1: the last one as bytes */
		copy_bytes(dst, src, head);
		copy_shifted((unsigned long *)(dst + head), src + head, words);
	} else {
		head = 0;
		words = 0;
	}
	head += words * WORD;
	copy_bytes(dst + head, src + head, n - head);
	return dst_block;
}

void *memmove(void *dst, const void *src, size_t n)
{
	/* A dst below src gives a huge difference: no byte of src is overwritten too early. */
	if ((uintptr_t)dst - (uintptr_t)src >= n)
		return memcpy(dst, src, n);
	copy_backward(dst, src, n);
	return dst;
}

static inline void fill_bytes(u8 *dst, u8 c, size_t n)
{
	u8 *end = dst + n;

	while (dst != end)
		*dst++ = c;
}

static inline void fill_words(unsigned long *dst, unsigned long value, size_t words)
{
	for (; words >= UNROLL; words -= UNROLL, dst += UNROLL) {
#pragma GCC unroll 16
		for (int i = 0; i < UNROLL; i++)
			dst[i] = value;
	}
	while (words--)
		*dst++ = value;
}

void *(memset)(void *dst, int c, size_t n)
{
	size_t head = head_bytes(dst, n), words = (n - head) / WORD;
	u8 *p = dst;

	fill_bytes(p, c, head);
	fill_words((unsigned long *)(p + head), (u8)c * 0x0101010101010101UL, words);
	head += words * WORD;
	fill_bytes(p + head, c, n - head);
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	if (!misalignment(p) && !misalignment(q)) {
		for (; n >= WORD; n -= WORD, p += WORD, q += WORD)
			if (*(const unsigned long *)p != *(const unsigned long *)q)
				break;
	}
	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

void *memscan(void *s, int c, size_t n)
{
	u8 *p = s;

	for (; n && *p != (u8)c; n--)
		p++;
	return p;
}

void *memchr(const void *s, int c, size_t n)
{
	u8 *p = memscan((void *)(uintptr_t)s, c, n);

	return p == (const u8 *)s + n ? NULL : p;
}

void *memchr_inv(const void *s, int c, size_t n)
{
	unsigned long word = (u8)c * 0x0101010101010101UL;
	const u8 *p = s;

	if (!misalignment(p)) {
		for (; n >= WORD && *(const unsigned long *)p == word; n -= WORD)
			p += WORD;
	}
	for (; n; n--, p++)
		if (*p != (u8)c)
			return (void *)(uintptr_t)p;
	return NULL;
}

size_t(strlen)(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return p - s;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && *a == *b; n--, a++)
		b++;
	return n ? (u8)*a - (u8)*b : 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)(uintptr_t)s;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)(uintptr_t)last;
}

char *strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (;; s++) {
		if (strncmp(s, what, n) == 0)
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t n = strnlen(src, size);

	if (!size)
		return -E2BIG;
	if (n == size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = '\0';
		return -E2BIG;
	}
	memcpy(dst, src, n + 1);
	return n;
}

size_t str_has_prefix(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? n : 0;
}

static unsigned int digit_value(char c)
{
	if (isdigit(c))
		return c - '0';
	return isalpha(c) ? tolower(c) - 'a' + 10U : UINT_MAX;
}

/* Turns base 0 into the base that the prefix tells, and returns where the digits begin. */
static const char *skip_base_prefix(const char *s, unsigned int *base)
{
	bool hex = s[0] == '0' && tolower(s[1]) == 'x' && isxdigit(s[2]);

	if (*base == 0)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return hex && *base == 16 ? s + 2 : s;
}

/* Reads digits from s on. Returns where they end; *overflow tells if the value did not fit. */
static const char *parse_digits(const char *s, unsigned int base, unsigned long *value,
				bool *overflow)
{
	unsigned int digit;

	*value = 0;
	*overflow = false;
	for (; (digit = digit_value(*s)) < base; s++) {
		if (*value > (ULONG_MAX - digit) / base)
			*overflow = true;
		*value = *value * base + digit;
	}
	return s;
}

int kstrtoul(const char *s, unsigned int base, unsigned long *result)
{
	const char *digits, *end;
	unsigned long value;
	bool overflow;

	if (*s == '+')
		s++;
	digits = skip_base_prefix(s, &base);
	end = parse_digits(digits, base, &value, &overflow);
	if (end == digits)
		return -EINVAL;
	if (*end == '\n')
		end++;
	if (*end)
		return -EINVAL;
	if (overflow)
		return -ERANGE;
	*result = value;
	return 0;
}

int kstrtol(const char *s, unsigned int base, long *result)
{
	bool negative = *s == '-';
	unsigned long magnitude;
	int err;

	if (negative && s[1] == '+')
		return -EINVAL;
	err = kstrtoul(s + negative, base, &magnitude);
	if (err)
		return err;
	if (magnitude > (unsigned long)LONG_MAX + negative)
		return -ERANGE;
	*result = negative ? -magnitude : magnitude;
	return 0;
}

int kstrtoint(const char *s, unsigned int base, int *result)
{
	long value;
	int err = kstrtol(s, base, &value);

	if (err)
		return err;
	if (value != (int)value)
		return -ERANGE;
	*result = value;
	return 0;
}

int kstrtouint(const char *s, unsigned int base, unsigned int *result)
{
	unsigned long value;
	int err = kstrtoul(s, base, &value);

	if (err)
		return err;
	if (value != (unsigned int)value)
		return -ERANGE;
	*result = value;
	return 0;
}

unsigned long memparse(const char *s, const char **end)
{
	unsigned int base = 0, shift = 0;
	const char *p = skip_base_prefix(s, &base);
	unsigned long value;
	bool overflow;

	p = parse_digits(p, base, &value, &overflow);
	switch (p == s ? 0 : toupper(*p)) {
	case 'G':
		shift += 10;
		fallthrough;
	case 'M':
		shift += 10;
		fallthrough;
	case 'K':
		shift += 10;
		p++;
	}
	*end = p;
	if (overflow || value > ULONG_MAX >> shift)
		return ULONG_MAX;
	return value << shift;
}
