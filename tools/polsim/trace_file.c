// SPDX-License-Identifier: MIT
#include "tools/polsim/trace_file.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "tools/polsim/alloc.h"

#define MAGIC		"FLTRACE1"
#define MAGIC_SIZE	8
#define BUFFER		65536
#define MAX_DIGITS	16
#define PAGE_BITS	12

enum { OP_LOAD, OP_STORE, OP_GONE, OP_END, OP_MASK = 3, OP_CALL = 4, OP_FILE = 8, OP_SHIFT = 4 };

struct input {
	FILE *file;
	const char *path;
	char *message;
	jmp_buf failed;
	u64 offset;			/* of buffer[0] */
	size_t at, have;
	unsigned char buffer[BUFFER];
};

/* @offset: where the thing that is wrong begins. */
static void __noreturn __printf(3, 4) fail(struct input *in, u64 offset, const char *fmt, ...)
{
	char what[TRACE_MESSAGE / 2];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	snprintf(in->message, TRACE_MESSAGE, "%.120s: offset %llu: %s", in->path, offset, what);
	longjmp(in->failed, 1);
}

static bool fill(struct input *in)
{
	in->offset += in->have;
	in->at = 0;
	in->have = fread(in->buffer, 1, BUFFER, in->file);
	if (ferror(in->file))
		fail(in, in->offset, "cannot be read: %s", strerror(errno));
	return in->have;
}

static inline int peek(struct input *in)
{
	if (in->at == in->have && !fill(in))
		return EOF;
	return in->buffer[in->at];
}

static inline int get(struct input *in)
{
	int c = peek(in);

	in->at += c != EOF;
	return c;
}

static u64 tell(const struct input *in)
{
	return in->offset + in->at;
}

static void add(struct input *in, struct trace *trace, u64 page, u32 flags)
{
	if (!trace_add(trace, page, flags))
		fail(in, tell(in), "more than %u different pages", MAX_PAGES);
}

/* Digits of @base, at least one and not too many. */
static u64 number(struct input *in, int base)
{
	u64 start = tell(in), value = 0;
	int digits = 0;

	while (isxdigit(peek(in)) && (base == 16 || isdigit(peek(in)))) {
		int c = get(in);

		value = value * base + (isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
		if (++digits > MAX_DIGITS)
			fail(in, start, "a number of more than %d digits", MAX_DIGITS);
	}
	if (!digits && peek(in) == EOF)
		fail(in, start, "cut off where a number should be");
	if (!digits)
		fail(in, start, "no number where one should be");
	return value;
}

static void skip_line(struct input *in)
{
	int c;

	do
		c = get(in);
	while (c != '\n' && c != EOF);
}

/* --- plain --- */

static u64 plain_number(struct input *in)
{
	if (peek(in) != '0')
		return number(in, 10);
	get(in);
	if (peek(in) == 'x') {
		get(in);
		return number(in, 16);
	}
	return isdigit(peek(in)) ? number(in, 10) : 0;
}

static void read_plain(struct input *in, struct trace *trace)
{
	int c;

	while ((c = peek(in)) != EOF) {
		u64 start = tell(in), page;

		if (c == '#') {
			skip_line(in);
			continue;
		}
		if (isspace(c) || c == ',') {
			get(in);
			continue;
		}
		if (!isdigit(c))
			fail(in, start, "no page number");
		page = plain_number(in);
		c = peek(in);
		if (c == 'w')
			get(in);
		if (peek(in) != EOF && !isspace(peek(in)) && peek(in) != ',')
			fail(in, start, "no page number");
		add(in, trace, page, c == 'w' ? REF_STORE : 0);
	}
}

/* --- lackey --- */

static void expect(struct input *in, int wanted, u64 line)
{
	int c = get(in);

	if (c == EOF)
		fail(in, line, "the file is cut off in this line");
	if (c != wanted)
		fail(in, line, "no line of lackey's");
}

static void read_access(struct input *in, struct trace *trace)
{
	u64 line = tell(in), address, size;
	int c = get(in), kind = c == 'I' ? 'I' : get(in);

	if (kind == EOF)
		fail(in, line, "the file is cut off in this line");
	if ((c != ' ' && c != 'I') || !strchr(c == 'I' ? "I" : "LSM", kind))
		fail(in, line, "no line of lackey's");
	expect(in, ' ', line);
	if (kind == 'I')
		expect(in, ' ', line);
	address = number(in, 16);
	expect(in, ',', line);
	size = number(in, 10);
	expect(in, '\n', line);
	if (!size || size > 4096 || address + size < address)
		fail(in, line, "an access of %llu bytes", size);
	for (u64 page = address >> PAGE_BITS; page <= (address + size - 1) >> PAGE_BITS; page++)
		add(in, trace, page, kind == 'S' || kind == 'M' ? REF_STORE : 0);
}

/* valgrind's own begin with "==pid== " or "--pid-- ". */
static void skip_valgrind(struct input *in)
{
	u64 line = tell(in);
	int first = get(in);

	if (get(in) != first || !isdigit(peek(in)))
		fail(in, line, "no line of lackey's");
	skip_line(in);
}

static void read_lackey(struct input *in, struct trace *trace)
{
	while (peek(in) != EOF)
		if (peek(in) == '=' || peek(in) == '-')
			skip_valgrind(in);
		else
			read_access(in, trace);
}

/* --- compact --- */

static u64 grouped_number(struct input *in, u64 start)
{
	u64 value = 0;

	for (int shift = 0; shift < 64; shift += 7) {
		int c = get(in);

		if (c == EOF)
			fail(in, start, "the file is cut off");
		if (shift == 63 && c > 1)
			break;
		value |= (u64)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return value;
	}
	fail(in, start, "a number of more than 64 bits");
}

static void read_end(struct input *in, const struct trace *trace, u64 start, u64 count)
{
	if (count != trace->nr_refs)
		fail(in, start, "the end speaks of %llu records, there are %zu", count,
		     trace->nr_refs);
	if (peek(in) != EOF)
		fail(in, tell(in), "something follows the end");
}

static void read_compact(struct input *in, struct trace *trace)
{
	u64 page = 0;

	for (;;) {
		u64 start = tell(in), record = grouped_number(in, start);
		u64 rest = record >> OP_SHIFT;
		int op = record & OP_MASK;

		if (op == OP_END) {
			read_end(in, trace, start, rest);
			return;
		}
		page += rest & 1 ? ~(rest >> 1) : rest >> 1;
		add(in, trace, page, (op == OP_STORE ? REF_STORE : 0) |
				     (op == OP_GONE ? REF_GONE : 0) |
				     (record & OP_CALL ? REF_CALL : 0) |
				     (record & OP_FILE ? REF_FILE : 0));
	}
}

static bool begins_compact(struct input *in)
{
	size_t n = min(in->have, (size_t)MAGIC_SIZE);

	if (memcmp(in->buffer, MAGIC, n))
		return false;
	if (n < MAGIC_SIZE)
		fail(in, n, "the file is cut off");
	in->at = MAGIC_SIZE;
	return true;
}

/* --- any --- */

static void read_any(struct input *in, struct trace *trace)
{
	int first = peek(in), second = in->have > 1 ? in->buffer[1] : '\n';

	if (first == EOF)
		fail(in, 0, "the file is empty");
	if (begins_compact(in))
		read_compact(in, trace);
	else if (first == '=' || first == '-' || first == 'I' ||
		 (first == ' ' && strchr("LSM", second)))
		read_lackey(in, trace);
	else if (isdigit(first) || isspace(first) || first == '#')
		read_plain(in, trace);
	else
		fail(in, 0, "neither a compact trace nor lackey's nor page numbers");
	for (size_t i = 0; i < trace->nr_refs; i++)
		if (!(trace->refs[i] & REF_GONE))
			return;
	fail(in, tell(in), "there is no reference before the end");
}

bool trace_load(struct trace *trace, const char *path, char message[TRACE_MESSAGE])
{
	struct input *in = sim_calloc(1, sizeof(*in));
	bool ok = false;

	trace_init(trace);
	*in = (struct input){ .path = path, .message = message };
	in->file = fopen(path, "rb");
	if (!in->file) {
		snprintf(message, TRACE_MESSAGE, "%.120s: %s", path, strerror(errno));
	} else if (!setjmp(in->failed)) {
		read_any(in, trace);
		ok = true;
	}
	if (in->file)
		fclose(in->file);
	free(in);
	return ok;
}

/* --- writing --- */

static void put_grouped(u64 value, FILE *out)
{
	while (value > 0x7f) {
		putc((value & 0x7f) | 0x80, out);
		value >>= 7;
	}
	putc(value, out);
}

static u64 record_of(u32 ref, s64 step)
{
	u64 zigzag = step < 0 ? ~((u64)step << 1) : (u64)step << 1;
	u64 op = ref & REF_GONE ? OP_GONE : ref & REF_STORE ? OP_STORE : OP_LOAD;

	return op | (ref & REF_CALL ? OP_CALL : 0) | (ref & REF_FILE ? OP_FILE : 0) |
	       zigzag << OP_SHIFT;
}

bool trace_save(const struct trace *trace, FILE *out)
{
	u64 before = 0;

	fwrite(MAGIC, 1, MAGIC_SIZE, out);
	for (size_t i = 0; i < trace->nr_refs; i++) {
		u64 page = trace->pages[ref_page(trace->refs[i])];

		put_grouped(record_of(trace->refs[i], page - before), out);
		before = page;
	}
	put_grouped(OP_END | (u64)trace->nr_refs << OP_SHIFT, out);
	return !fflush(out) && !ferror(out);
}
