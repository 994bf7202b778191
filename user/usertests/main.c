// SPDX-License-Identifier: MIT
/*
 * main.c - the usertests command: which tests, and their verdicts as KTAP
 *
 * --where=NAME says on which system we are. The tests that skips.txt lists for it are not run
 * but reported with the reason given there, and a test that skips without being listed fails,
 * so that no check disappears unseen. Without --where a test may skip as it likes.
 */
#include "user/usertests/harness.h"
#include <fnmatch.h>
#include <getopt.h>
#include <termios.h>

#define DEFAULT_LIMIT 60	// seconds

extern const struct test *const __start_usertests[];
extern const struct test *const __stop_usertests[];

// The text of skips.txt, so that the binary needs no file beside it.
asm(".pushsection .rodata\n"
    "skips_text: .incbin \"user/usertests/skips.txt\"\n"
    ".byte 0\n"
    ".popsection\n");
extern const char skips_text[];

static const char usage[] =
	"usage: usertests [-l] [-r N] [-t seconds] [--where=NAME] [--seed=N]\n"
	"                 [pattern...]\n"
	"  -l            list the names of the tests\n"
	"  -r N          run each test N times\n"
	"  -t seconds    time limit of one test (default 60)\n"
	"  --seed=N      the first of the seeds of races, one for each time; ends with a failure\n"
	"  --where=NAME  environment whose skips are known: see skips.txt\n"
	"A pattern is a shell glob on whole names, as in 'pipe-*'.\n";

struct options {
	bool list;
	int repeat;
	int limit;
	int seed;		// 0: none
	const char *where;
	char **patterns;	// ends with NULL
};

struct score {
	int number, passed, failed, skipped;
};

static const char *test_name(const struct test *test)
{
	static char name[80];

	snprintf(name, sizeof(name), "%s", test->name);
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = '-';
	return name;
}

static bool selected(const struct options *options, const struct test *test)
{
	if (!*options->patterns)
		return true;
	for (char **pattern = options->patterns; *pattern; pattern++)
		if (fnmatch(*pattern, test_name(test), 0) == 0)
			return true;
	return false;
}

// Finds "name where reason" in skips.txt, where the name may be a glob. Returns true and fills in
// the reason.
static bool known_skip(const char *where, const char *name, char reason[200])
{
	const char *line = skips_text;
	char line_name[80], line_where[40];

	for (; where && *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (*line != '#' &&
		    sscanf(line, "%79s %39s %199[^\n]", line_name, line_where, reason) == 3 &&
		    fnmatch(line_name, name, 0) == 0 && strcmp(line_where, where) == 0)
			return true;
	return false;
}

// @time: how often it ran before.
static void decide(const struct options *options, const struct test *test, int time,
		   struct verdict *verdict)
{
	static struct leak_count before;
	// Many short runs: a leak of any shows at their end.
	bool first = !options->seed || time == 0;
	bool last = !options->seed || time == options->repeat - 1;

	if (known_skip(options->where, test_name(test), verdict->reason)) {
		verdict->outcome = SKIPPED;
		return;
	}
	if (first)
		leak_read(&before);
	if (options->seed)
		race_seed(options->seed + time);
	run_test(test, options->limit, verdict);
	// Before the checks fill the kernel's trace with their own.
	if (options->seed && verdict->outcome == FAILED)
		race_report(options->seed + time);
	if ((last && !leak_check(&before)) || !mm_check())
		verdict->outcome = FAILED;
	if (verdict->outcome == SKIPPED && options->where) {
		printf("# skipped (%s), but skips.txt does not list that for %s\n",
		       verdict->reason, options->where);
		verdict->outcome = FAILED;
	}
}

static void report(struct score *score, const struct test *test, const struct verdict *verdict)
{
	score->number++;
	score->passed += verdict->outcome == PASSED;
	score->failed += verdict->outcome == FAILED;
	score->skipped += verdict->outcome == SKIPPED;
	printf("%sok %d - %s", verdict->outcome == FAILED ? "not " : "", score->number,
	       test_name(test));
	if (verdict->outcome == SKIPPED)
		printf(" # SKIP %s", verdict->reason);
	printf("\n");
	fflush(stdout);
}

static int count_selected(const struct options *options)
{
	int count = 0;

	for (const struct test *const *t = __start_usertests; t < __stop_usertests; t++)
		count += selected(options, *t);
	return count;
}

static void list_tests(const struct options *options)
{
	for (const struct test *const *t = __start_usertests; t < __stop_usertests; t++)
		if (selected(options, *t))
			puts(test_name(*t));
}

static void do_nothing(void)
{
}

static int end(const struct score *score)
{
	printf("%d passed, %d failed, %d skipped\n", score->passed, score->failed, score->skipped);
	fflush(stdout);
	tcdrain(1);	// the session's end hangs up its terminal, and what was not sent is lost
	return score->failed != 0;
}

static int run_all(const struct options *options)
{
	static const struct test warm_up = { "warm_up", do_nothing };
	struct score score = {};
	struct verdict verdict;

	printf("KTAP version 1\n1..%d\n", count_selected(options) * options->repeat);
	run_test(&warm_up, options->limit, &verdict);	// the harness's own pages, once
	for (const struct test *const *t = __start_usertests; t < __stop_usertests; t++) {
		for (int i = 0; i < options->repeat && selected(options, *t); i++) {
			decide(options, *t, i, &verdict);
			report(&score, *t, &verdict);
			if (options->seed && verdict.outcome == FAILED)
				return end(&score);
		}
	}
	return end(&score);
}

static void parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "where", required_argument, NULL, 'w' },
		{},
	};
	int option;

	while ((option = getopt_long(argc, argv, "lr:t:", longs, NULL)) != -1) {
		if (option == 'l')
			options->list = true;
		else if (option == 'r')
			options->repeat = atoi(optarg);
		else if (option == 't')
			options->limit = atoi(optarg);
		else if (option == 's')
			options->seed = atoi(optarg);
		else if (option == 'w')
			options->where = optarg;
		else
			exit(fputs(usage, stderr) < 0 ? 3 : 2);
	}
	options->patterns = argv + optind;
}

// What the caller left open, ignored or blocked is not for the tests.
static void start_clean(void)
{
	sigset_t none;

	for (int fd = 3; fd < 1024; fd++)
		close(fd);
	for (int sig = 1; sig <= 64; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int main(int argc, char **argv)
{
	struct options options = { .repeat = 1, .limit = DEFAULT_LIMIT };

	start_clean();
	parse(argc, argv, &options);
	if (options.repeat < 1 || options.limit < 1 || !count_selected(&options)) {
		fprintf(stderr, "usertests: nothing to run; -l lists the tests\n");
		return 2;
	}
	if (options.list) {
		list_tests(&options);
		return 0;
	}
	if (geteuid() != 0) {
		fprintf(stderr, "usertests: needs to be root, to become others\n");
		return 2;
	}
	programs_init(argv[0]);
	return run_all(&options);
}
