// SPDX-License-Identifier: MIT
// A bookkeeper of some five hundred lines, as an ordinary program: it posts random transfers
// between accounts while timer signals interrupt it, keeps a journal in a file, has clerks (child
// processes) check it over pipes, survives a null pointer, and at the end every way of adding up
// must give the same sums.
//
// Money is in cents.  Each transfer takes from one account what it gives to another, so all
// balances add up to 0.
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ACCOUNTS 500
#define TRANSFERS 20000
#define CLERKS 4
#define FIRST_BUCKETS 16
#define LONGEST_NOTE 200

static const char journal_name[] = "/tmp/ledger.journal";

// ---- failing

static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "ledger: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, " (errno: %s)\n", strerror(errno));
	va_end(args);
	exit(1);
}

static void *get(void *p)
{
	if (!p)
		fail("out of memory");
	return p;
}

// ---- random numbers that are the same on every machine

static uint64_t seed = 42;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33) % limit;
}

// ---- accounts: a hash table that grows

struct entry {
	int64_t cents; // positive: came in
	uint32_t number;
	struct entry *next;
};

struct account {
	char *name;
	int64_t balance;
	uint32_t entries;
	struct entry *first; // newest first
	struct account *next;
};

struct ledger {
	struct account **buckets;
	size_t bucket_count, account_count;
};

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return h;
}

static void grow(struct ledger *l)
{
	size_t count = l->bucket_count ? l->bucket_count * 2 : FIRST_BUCKETS;
	struct account **buckets = get(calloc(count, sizeof(*buckets)));

	for (size_t i = 0; i < l->bucket_count; i++) {
		struct account *a = l->buckets[i];
		while (a) {
			struct account *next = a->next;
			size_t to = hash(a->name) % count;
			a->next = buckets[to];
			buckets[to] = a;
			a = next;
		}
	}
	free(l->buckets);
	l->buckets = buckets;
	l->bucket_count = count;
}

static struct account *find(const struct ledger *l, const char *name)
{
	if (!l->bucket_count)
		return NULL;
	for (struct account *a = l->buckets[hash(name) % l->bucket_count]; a; a = a->next)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

static struct account *find_or_open(struct ledger *l, const char *name)
{
	struct account *a = find(l, name);

	if (a)
		return a;
	if (l->account_count >= l->bucket_count)
		grow(l);
	a = get(calloc(1, sizeof(*a)));
	a->name = get(strdup(name));
	struct account **bucket = &l->buckets[hash(name) % l->bucket_count];
	a->next = *bucket;
	*bucket = a;
	l->account_count++;
	return a;
}

static void post(struct account *a, uint32_t number, int64_t cents)
{
	struct entry *e = get(malloc(sizeof(*e)));

	e->cents = cents;
	e->number = number;
	e->next = a->first;
	a->first = e;
	a->entries++;
	a->balance += cents;
}

static void close_ledger(struct ledger *l)
{
	for (size_t i = 0; i < l->bucket_count; i++) {
		struct account *a = l->buckets[i];
		while (a) {
			struct account *next = a->next;
			for (struct entry *e = a->first; e;) {
				struct entry *older = e->next;
				free(e);
				e = older;
			}
			free(a->name);
			free(a);
			a = next;
		}
	}
	free(l->buckets);
	memset(l, 0, sizeof(*l));
}

// ---- the journal, a line a transfer:  number from to cents "note"

static char *random_note(uint32_t number)
{
	size_t len = random_below(LONGEST_NOTE);
	char *note = get(malloc(len + 1));

	for (size_t i = 0; i < len; i++)
		note[i] = "abcdefghijklmnopqrstuvwxyz ,."[(number + i * 7) % 29];
	note[len] = '\0';
	return note;
}

static void transfer(struct ledger *l, FILE *journal, uint32_t number)
{
	char from[32], to[32];
	int64_t cents = 1 + random_below(1000000);

	snprintf(from, sizeof(from), "account-%03" PRIu32, random_below(ACCOUNTS));
	snprintf(to, sizeof(to), "account-%03" PRIu32, random_below(ACCOUNTS));
	char *note = random_note(number);
	post(find_or_open(l, from), number, -cents);
	post(find_or_open(l, to), number, cents);
	if (fprintf(journal, "%" PRIu32 " %s %s %" PRId64 " \"%s\"\n", number, from, to, cents,
		    note) < 0)
		fail("journal");
	free(note);
}

static void read_line(struct ledger *l, char *line, uint32_t expected)
{
	uint32_t number;
	int64_t cents;
	char from[32], to[32];
	int used = 0;

	if (sscanf(line, "%" SCNu32 " %31s %31s %" SCNd64 " %n", &number, from, to, &cents,
		   &used) != 4)
		fail("journal: line %u is not one: %s", expected, line);
	if (number != expected)
		fail("journal: number %u where %u was due", number, expected);
	size_t len = strlen(line);
	if (line[used] != '"' || len < 2 || line[len - 1] != '\n' || line[len - 2] != '"')
		fail("journal: note of %u is torn", number);
	post(find_or_open(l, from), number, -cents);
	post(find_or_open(l, to), number, cents);
}

static uint32_t read_journal(struct ledger *l, const char *name)
{
	FILE *f = fopen(name, "r");
	char *line = NULL;
	size_t size = 0;
	uint32_t lines = 0;

	if (!f)
		fail("%s", name);
	while (getline(&line, &size, f) > 0)
		read_line(l, line, lines++);
	if (ferror(f))
		fail("reading %s", name);
	free(line);
	fclose(f);
	return lines;
}

// ---- adding up

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct account *const *)a)->name, (*(struct account *const *)b)->name);
}

static struct account **sorted(const struct ledger *l)
{
	struct account **all = get(malloc(l->account_count * sizeof(*all)));
	size_t n = 0;

	for (size_t i = 0; i < l->bucket_count; i++)
		for (struct account *a = l->buckets[i]; a; a = a->next)
			all[n++] = a;
	if (n != l->account_count)
		fail("%zu accounts in the table, %zu opened", n, l->account_count);
	qsort(all, n, sizeof(*all), by_name);
	return all;
}

static int64_t add_entries(const struct account *a)
{
	int64_t sum = 0;
	uint32_t count = 0, last = UINT32_MAX;

	for (const struct entry *e = a->first; e; e = e->next, count++) {
		if (e->number > last)
			fail("%s: entries out of order", a->name);
		last = e->number;
		sum += e->cents;
	}
	if (count != a->entries)
		fail("%s: %u entries, expected %u", a->name, count, a->entries);
	return sum;
}

static void check_balances(const struct ledger *l)
{
	struct account **all = sorted(l);
	int64_t total = 0;

	for (size_t i = 0; i < l->account_count; i++) {
		if (add_entries(all[i]) != all[i]->balance)
			fail("%s: entries and balance differ", all[i]->name);
		total += all[i]->balance;
	}
	free(all);
	if (total)
		fail("the books are off by %" PRId64, total);
}

// The whole ledger as one string, the same for equal ledgers.
static char *statement(const struct ledger *l)
{
	struct account **all = sorted(l);
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		fail("open_memstream");
	for (size_t i = 0; i < l->account_count; i++)
		fprintf(f, "%-12s %6" PRIu32 " %14.2f\n", all[i]->name, all[i]->entries,
			all[i]->balance / 100.0);
	fclose(f);
	free(all);
	return get(text);
}

// ---- signals while the work goes on

static volatile sig_atomic_t ticks, requests, children_gone;
static sigjmp_buf after_fault;
static volatile uintptr_t fault_address;

static void on_signal(int sig)
{
	int saved = errno;

	if (sig == SIGALRM)
		ticks++;
	else if (sig == SIGUSR1)
		requests++;
	else
		children_gone++;
	errno = saved;
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	fault_address = (uintptr_t)info->si_addr;
	siglongjmp(after_fault, 1);
}

static void catch_signals(void)
{
	static char stack[32768];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction plain = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct sigaction fault = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigemptyset(&plain.sa_mask);
	sigemptyset(&fault.sa_mask);
	if (sigaltstack(&alternate, NULL) || sigaction(SIGALRM, &plain, NULL) ||
	    sigaction(SIGUSR1, &plain, NULL) || sigaction(SIGCHLD, &plain, NULL) ||
	    sigaction(SIGSEGV, &fault, NULL))
		fail("sigaction");
}

static void set_timer(long microseconds)
{
	struct itimerval t = {
		.it_interval = { .tv_usec = microseconds },
		.it_value = { .tv_usec = microseconds },
	};

	if (setitimer(ITIMER_REAL, &t, NULL))
		fail("setitimer");
}

static void survive_a_wild_pointer(uintptr_t address)
{
	if (sigsetjmp(after_fault, 1) == 0) {
		*(volatile int *)address = 1;
		fail("a write to %#lx went through", (unsigned long)address);
	}
	if (fault_address != address)
		fail("the fault was at %#lx, not %#lx", (unsigned long)fault_address,
		     (unsigned long)address);
}

// ---- clerks

struct clerk {
	pid_t pid;
	int answer; // read end of its pipe
};

// A clerk has a copy of the ledger by fork, and of the journal by reading it; both must tell the
// same.
static void work_as_clerk(struct ledger *l, int number, int answer)
{
	struct ledger copy = { 0 };

	set_timer(0);
	read_journal(&copy, journal_name);
	check_balances(&copy);
	char *mine = statement(l), *theirs = statement(&copy);
	int same = !strcmp(mine, theirs);
	free(mine);
	free(theirs);
	close_ledger(&copy);
	kill(getppid(), SIGUSR1);
	dprintf(answer, "clerk %d: %s\n", number, same ? "agrees" : "differs");
	_exit(same ? 0 : 1);
}

static struct clerk hire(struct ledger *l, int number)
{
	int fd[2];

	if (pipe(fd))
		fail("pipe");
	pid_t pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		close(fd[0]);
		work_as_clerk(l, number, fd[1]);
	}
	close(fd[1]);
	return (struct clerk){ .pid = pid, .answer = fd[0] };
}

static void hear(struct clerk clerk, int number)
{
	char line[100], expected[100];
	int status;
	FILE *f = fdopen(clerk.answer, "r");

	if (!f || !fgets(line, sizeof(line), f))
		fail("clerk %d said nothing", number);
	fclose(f);
	snprintf(expected, sizeof(expected), "clerk %d: agrees\n", number);
	if (strcmp(line, expected))
		fail("heard: %s", line);
	if (waitpid(clerk.pid, &status, 0) != clerk.pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status))
		fail("clerk %d ended with status %#x", number, status);
}

static void consult_clerks(struct ledger *l)
{
	struct clerk clerks[CLERKS];

	for (int i = 0; i < CLERKS; i++)
		clerks[i] = hire(l, i);
	for (int i = CLERKS - 1; i >= 0; i--)
		hear(clerks[i], i);
	// Several signals of a kind may arrive as one, but never none.
	if (!requests || requests > CLERKS || !children_gone || children_gone > CLERKS)
		fail("%d requests and %d children by signals", (int)requests, (int)children_gone);
}

// ---- words: realloc and ctype, on a text of our own

static size_t count_words(const char *text, char ***words)
{
	size_t count = 0, room = 0;
	char **list = NULL;

	while (*text) {
		while (isspace((unsigned char)*text))
			text++;
		size_t len = strcspn(text, " \t\n");
		if (!len)
			break;
		if (count == room) {
			room = room ? room * 2 : 4;
			list = get(realloc(list, room * sizeof(*list)));
		}
		list[count++] = get(strndup(text, len));
		text += len;
	}
	*words = list;
	return count;
}

static void check_statement(const struct ledger *l)
{
	char **words, *text = statement(l);
	size_t n = count_words(text, &words);
	double total = 0;

	if (n != l->account_count * 3)
		fail("the statement has %zu words", n);
	for (size_t i = 0; i < n; i++) {
		if (i % 3 == 2)
			total += strtod(words[i], NULL);
		free(words[i]);
	}
	free(words);
	free(text);
	if (total > 0.01 || total < -0.01)
		fail("the statement is off by %f", total);
}

// ---- the day's work

static void keep_journal(struct ledger *l)
{
	struct stat st;
	FILE *journal = fopen(journal_name, "w");

	if (!journal)
		fail("%s", journal_name);
	for (uint32_t i = 0; i < TRANSFERS; i++)
		transfer(l, journal, i);
	long size = ftell(journal);
	if (fflush(journal) || fsync(fileno(journal)) || fclose(journal))
		fail("closing the journal");
	if (stat(journal_name, &st) || st.st_size != size)
		fail("the journal has %ld bytes, written were %ld", (long)st.st_size, size);
}

static void wait_for_tick(void)
{
	sigset_t alarm_only, before;

	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm_only, &before);
	while (!ticks)
		sigsuspend(&before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

int main(void)
{
	struct ledger l = { 0 };

	catch_signals();
	set_timer(5000);
	keep_journal(&l);
	check_balances(&l);
	consult_clerks(&l);
	survive_a_wild_pointer(0);
	survive_a_wild_pointer(8);
	check_statement(&l);
	wait_for_tick();
	set_timer(0);
	close_ledger(&l);
	if (unlink(journal_name) || !access(journal_name, F_OK))
		fail("removing the journal");
	printf("ledger: all books balance\n");
	return 0;
}
