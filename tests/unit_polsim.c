// SPDX-License-Identifier: MIT
/*
 * unit_polsim.c - the simulator's traces: each format as it should be, cut off, empty and foreign;
 * generated ones whose answers are known.
 */
#include "tests/unit.h"

#include "tools/polsim/core.h"
#include "tools/polsim/generate.h"
#include "tools/polsim/moments.h"
#include "tools/polsim/opt.h"
#include "tools/polsim/stack.h"
#include "tools/polsim/trace_file.h"

#define FILE_NAME	"build/tests/polsim.trace"

static char message[TRACE_MESSAGE];

static void write_file(const void *bytes, size_t size)
{
	FILE *out = fopen(FILE_NAME, "wb");

	EXPECT(out && fwrite(bytes, 1, size, out) == size, "%s cannot be written", FILE_NAME);
	fclose(out);
}

static bool load(struct trace *trace, const char *text)
{
	write_file(text, __builtin_strlen(text));
	return trace_load(trace, FILE_NAME, message);
}

static void expect_refs(const struct trace *trace, int n, const u64 *pages, const u32 *flags)
{
	EXPECT_EQ(trace->nr_refs, n);
	for (int i = 0; i < n; i++) {
		EXPECT(trace->pages[ref_page(trace->refs[i])] == pages[i] &&
		       (trace->refs[i] & ~REF_ID) == flags[i],
		       "reference %d: page %llu, flags %#x; expected %llu, %#x", i,
		       trace->pages[ref_page(trace->refs[i])], trace->refs[i] & ~REF_ID, pages[i],
		       flags[i]);
	}
}

static void expect_refused(const char *text, const char *what)
{
	struct trace trace;
	bool ok = load(&trace, text);

	trace_free(&trace);
	EXPECT(!ok, "\"%s\" was read", text);
	EXPECT(__builtin_strstr(message, what), "\"%s\": said: %s; expected: %s", text, message,
	       what);
}

UNIT_TEST(plain_numbers_are_read)
{
	struct trace trace;

	EXPECT(load(&trace, "# pages\n 7, 0x10 007w\n\n0"), "%s", message);
	expect_refs(&trace, 4, (u64[]){ 7, 16, 7, 0 }, (u32[]){ 0, 0, REF_STORE, 0 });
	EXPECT_EQ(trace.nr_pages, 3);
	trace_free(&trace);
}

UNIT_TEST(what_lackey_writes_is_read)
{
	struct trace trace;

	EXPECT(load(&trace, "==12== Lackey\nI  0400fff,2\n L 1ffe,4\n S 3000,8\n--12-- a remark\n"
		    " M deadb000,1\n==12== end\n"), "%s", message);
	expect_refs(&trace, 6, (u64[]){ 0x400, 0x401, 1, 2, 3, 0xdeadb },
		    (u32[]){ 0, 0, 0, 0, REF_STORE, REF_STORE });
	trace_free(&trace);
}

UNIT_TEST(the_compact_format_gives_back_what_was_saved)
{
	static const u32 kinds[] = { 0, REF_STORE, REF_GONE, REF_CALL, REF_FILE,
				     REF_FILE | REF_STORE | REF_CALL };
	struct trace saved, trace;
	FILE *out = fopen(FILE_NAME, "wb");

	trace_init(&saved);
	for (int i = 0; i < 5000; i++)
		trace_add(&saved, unit_random() >> (12 + unit_random_below(52)),
			  kinds[unit_random_below(ARRAY_SIZE(kinds))]);
	EXPECT(trace_save(&saved, out), "%s cannot be written", FILE_NAME);
	fclose(out);
	EXPECT(trace_load(&trace, FILE_NAME, message), "%s", message);
	EXPECT_EQ(trace.nr_refs, saved.nr_refs);
	for (size_t i = 0; i < trace.nr_refs; i++)
		EXPECT(trace.refs[i] == saved.refs[i] &&
		       trace.pages[ref_page(trace.refs[i])] == saved.pages[ref_page(saved.refs[i])],
		       "record %zu differs", i);
	trace_free(&saved);
	trace_free(&trace);
}

/* Three records and the end, byte by byte as the format is described. */
static const u8 compact[] = { 'F', 'L', 'T', 'R', 'A', 'C', 'E', '1',
			      0x80 | 0x00, 0x01,	/* load of page 4: 4 * 2 << 4 = 128 */
			      0x11,			/* store to page 3: -1 is 1 */
			      0x0c,			/* read() of a file's page 3 */
			      0x33 };			/* the end: 3 records */

UNIT_TEST(the_compact_format_is_as_described)
{
	struct trace trace;

	write_file(compact, sizeof(compact));
	EXPECT(trace_load(&trace, FILE_NAME, message), "%s", message);
	expect_refs(&trace, 3, (u64[]){ 4, 3, 3 }, (u32[]){ 0, REF_STORE, REF_FILE | REF_CALL });
	trace_free(&trace);
}

UNIT_TEST(a_compact_trace_that_is_cut_off_is_refused_at_every_byte)
{
	for (size_t size = 1; size < sizeof(compact); size++) {
		struct trace trace;
		bool ok;

		write_file(compact, size);
		ok = trace_load(&trace, FILE_NAME, message);
		trace_free(&trace);
		EXPECT(!ok, "%zu bytes were read", size);
		/* Of a few letters one cannot say what they would have become. */
		EXPECT(__builtin_strstr(message, "cut off"), "%zu bytes: %s", size, message);
	}
}

UNIT_TEST(bad_traces_are_refused_with_the_offset)
{
	static u8 bytes[sizeof(compact) + 1];
	struct trace trace;

	expect_refused("", "offset 0: the file is empty");
	expect_refused("# nothing\n", "offset 10: there is no reference");
	expect_refused("12 13 fourteen", "offset 6: no page number");
	expect_refused("12 13 14x", "offset 6: no page number");
	expect_refused("\177ELF", "offset 0: neither");
	expect_refused("I  04000,2\n L 1ffe", "offset 11: the file is cut off");
	expect_refused("I  04000,2\n L 1ffe,8", "offset 11: the file is cut off");
	expect_refused("I  04000,2\nhello\n", "offset 11: no line of lackey's");
	expect_refused(" L 1000,0\n", "offset 0: an access of 0 bytes");
	expect_refused("12345678901234567890", "offset 0: a number of more than 16 digits");
	__builtin_memcpy(bytes, compact, sizeof(compact));
	write_file(bytes, sizeof(bytes));
	EXPECT(!trace_load(&trace, FILE_NAME, message) && __builtin_strstr(message, "offset 13: "),
	       "a byte after the end: %s", message);
	trace_free(&trace);
	bytes[sizeof(compact) - 1] = 0x43;
	write_file(bytes, sizeof(compact));
	EXPECT(!trace_load(&trace, FILE_NAME, message) && __builtin_strstr(message, "offset 12: "),
	       "a wrong count: %s", message);
	trace_free(&trace);
}

UNIT_TEST(a_description_that_makes_no_sense_is_refused)
{
	static const char *const bad[] = { "", "lop", "loop,pages", "loop,pages=0", "loop,page=3",
					   "loop,pages=-1", "loop,stores=101", "loop,pages=3x" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct trace trace;
		bool ok = trace_generate(&trace, bad[i], message);

		trace_free(&trace);
		EXPECT(!ok, "\"%s\" was taken", bad[i]);
	}
}

UNIT_TEST(what_the_kernel_recorded_is_imported)
{
	static const char record[] =
		"1550158200 1 8 ref tgid=8 page=0x40 accessed=0x5 dirty=0x4\n"
		"1550158300 1 8 fault va=0x41000 access=r\n"
		"1550158400 1 8 task op=exit status=0 name=kv\n";
	const u64 process = 8ULL << 27;
	struct trace trace;

	write_file(record, sizeof(record) - 1);
	EXPECT(trace_import(&trace, FILE_NAME, message), "%s", message);
	expect_refs(&trace, 4, (u64[]){ process | 0x40, process | 0x42, process | 0x40,
					process | 0x42 },
		    (u32[]){ 0, REF_STORE, REF_GONE, REF_GONE });
	trace_free(&trace);
	write_file(record, 40);
	EXPECT(!trace_import(&trace, FILE_NAME, message) && __builtin_strstr(message, "offset 0: "),
	       "a record that is cut off: %s", message);
	trace_free(&trace);
}

/* --- answers that are known --- */

static bool no_shadows;

static void need(const char *policy)
{
	if (!sim_find_policy(policy))
		unit_skip("this tree has no policy of that name");
}

static u64 misses(const char *policy, const char *description, u32 frames)
{
	struct sim_config config = { .policy = sim_find_policy(policy), .frames = frames,
				     .no_shadows = no_shadows };
	struct sim_counts counts;
	struct trace trace;

	EXPECT(trace_generate(&trace, description, message), "%s", message);
	if (config.policy) {
		EXPECT(sim_run(&config, &trace, &counts, message), "%s", message);
	} else {
		struct opt *opt = opt_new(&trace);

		opt_run(opt, frames, &counts);
		opt_free(opt);
	}
	trace_free(&trace);
	return counts.misses;
}

UNIT_TEST(belady_anomaly)
{
	EXPECT_EQ(misses("fifo", "belady", 3), 9);
	EXPECT_EQ(misses("fifo", "belady", 4), 10);
	EXPECT_EQ(misses("opt", "belady", 3), 7);
	EXPECT_EQ(misses("opt", "belady", 4), 6);
}

/* 65 pages in 64 frames: who takes the oldest always takes what comes next; opt loses 1 in 64. */
UNIT_TEST(a_loop_a_little_larger_than_memory)
{
	EXPECT_EQ(misses("fifo", "loop,pages=65,refs=6500", 64), 6500);
	EXPECT_EQ(misses("clock", "loop,pages=65,refs=6500", 64), 6500);
	EXPECT_EQ(misses("opt", "loop,pages=65,refs=6500", 64), 64 + 101);
	EXPECT(misses("random", "loop,pages=65,refs=6500", 64) < 1000, "random is not better");
}

UNIT_TEST(what_fits_is_missed_once)
{
	for (unsigned int n = 0; sim_policy(n); n++)
		EXPECT_EQ(misses(sim_policy(n)->name, "zipf,pages=64", 64), 64);
}

UNIT_TEST(lru2_fails_on_the_loop)
{
	need("lru2");
	EXPECT_EQ(misses("lru2", "loop,pages=65,refs=6500", 64), 6500);
}

/* The old set fills the active list; the loop is longer than what is left, shorter than both. */
UNIT_TEST(refault_distance_rescues_a_shifted_working_set)
{
	const char *shift = "shift,hot=40,pages=48,refs=60000";
	u64 least = misses("opt", shift, 64), without;

	need("lru2");
	EXPECT(misses("lru2", shift, 64) < least + 1000, "lru2: %llu, opt: %llu",
	       misses("lru2", shift, 64), least);
	no_shadows = true;
	without = misses("lru2", shift, 64);
	no_shadows = false;
	EXPECT(without > 50000, "without shadows: %llu", without);
}

/* The hot set was used twice before the first run: lru2 keeps it, fifo cannot. */
UNIT_TEST(a_scan_does_not_push_out_what_is_used)
{
	const char *scan = "scan,hot=24,run=300,refs=60000";
	u64 least = misses("opt", scan, 64);

	need("lru2");
	EXPECT(misses("lru2", scan, 64) < least + 1200, "lru2: %llu, opt: %llu",
	       misses("lru2", scan, 64), least);
	EXPECT(misses("fifo", scan, 64) > least + 2000, "fifo: %llu, opt: %llu",
	       misses("fifo", scan, 64), least);
}

UNIT_TEST(moments_find_the_last)
{
	static bool there[5000];
	struct moments set;

	__builtin_memset(there, 0, sizeof(there));
	moments_init(&set, ARRAY_SIZE(there));
	for (int step = 0; step < 20000; step++) {
		size_t n = unit_random_below(ARRAY_SIZE(there)), last = ARRAY_SIZE(there);

		there[n] = unit_random_below(3) == 0;
		if (there[n])
			moments_add(&set, n);
		else
			moments_remove(&set, n);
		while (last && !there[last - 1])
			last--;
		EXPECT_EQ(moments_last(&set), last ? last - 1 : NO_MOMENT);
	}
	moments_free(&set);
}
