// SPDX-License-Identifier: MIT
/*
 * Every call into the policy goes through here, so that two things can be said of all of them.
 *
 * They are checked: that next() gives a folio that is held, and NULL only if none is (P2), always;
 * in debug builds, that a folio that is not held is left alone (P1), that a call ends (P4), what
 * judge() and evicted() say (P5), and that a folio is on a list exactly while it is held (P6).  A
 * broken promise is a panic that names it.  Links of a folio that the policy gave up are poison:
 * who follows them faults, and the panic says in which function.
 *
 * They are recorded: with the trace event `policy` on, each call is a record of what the policy was
 * told and what it said, numbered in the order of the calls, with the instructions that it took.
 * `polsim replay` plays them to the same policy on the host and compares.
 */
#include "mm/reclaim_policy.h"

#include "arch/riscv/csr.h"
#include "fs/seq_file.h"
#include "kernel/errno.h"
#include "kernel/panic.h"
#include "kernel/param.h"
#include "kernel/printk.h"
#include "kernel/trace.h"
#include "kernel/watchdog.h"
#include "lib/string.h"
#include "lib/vsnprintf.h"
#include "mm/vmalloc.h"
#include "mm/vmstat.h"

extern const struct reclaim_policy *const __start_policies[], *const __stop_policies[];

static const struct reclaim_policy *policy;
static struct lruvec lruvec;
static unsigned long held[NR_KINDS];
static u64 nr_calls, nr_instructions;		/* the latter while they are recorded */

/* LAB reclaim begin */
#define DEFAULT_POLICY	"lru2"
/* LAB reclaim starter */
//#define DEFAULT_POLICY	"clock"
/* LAB reclaim end */
static char *boot_policy = DEFAULT_POLICY;
KERNEL_PARAM("reclaim", param_string, &boot_policy);
/* For policies that draw random numbers. */
static int reclaim_seed = 1;
KERNEL_PARAM("reclaim_seed", param_int, &reclaim_seed);

/* --- promises --- */

#define BROKEN(promise, fmt, ...)							\
	panic("reclaim policy %s breaks P%d: " fmt, policy->name, promise, ##__VA_ARGS__)

#ifdef CONFIG_DEBUG
/* By frame: folio->policy[] as the policy left it when it gave the folio up. */
static u8 (*words_left)[sizeof(((struct folio *)NULL)->policy)];

static void promises_init(void)
{
	words_left = vzalloc((max_pfn - min_pfn) * sizeof(*words_left));
	BUG_ON(!words_left);
}

static bool is_linked(const struct list_head *entry)
{
	return entry->next != LIST_POISON_NEXT && entry->next != entry;
}

static bool is_folio(const struct folio *folio)
{
	unsigned long offset = (unsigned long)folio - (unsigned long)pfn_folio(min_pfn);

	return offset < (max_pfn - min_pfn) * sizeof(*folio) && !(offset % sizeof(*folio));
}

static void remember_words(const struct folio *folio)
{
	memcpy(words_left[folio_pfn(folio) - min_pfn], folio->policy, sizeof(*words_left));
}

static void check_untouched(const struct folio *folio)
{
	if (is_linked(&folio->lru))
		BROKEN(1, "it wrote folio->lru of frame 0x%lx, which it did not hold",
		       folio_pfn(folio));
	if (memcmp(words_left[folio_pfn(folio) - min_pfn], folio->policy, sizeof(*words_left)))
		BROKEN(1, "it wrote folio->policy of frame 0x%lx, which it did not hold",
		       folio_pfn(folio));
}

static void check_linked(const struct folio *folio)
{
	const struct list_head *lru = &folio->lru;

	if (!is_linked(lru) || lru->next->prev != lru || lru->prev->next != lru)
		BROKEN(6, "add() did not put frame 0x%lx on a list", folio_pfn(folio));
}

/* The policy gives @folio up. */
static void check_given(struct folio *folio, const char *function)
{
	if (is_linked(&folio->lru))
		BROKEN(6, "%s() left frame 0x%lx on its list", function, folio_pfn(folio));
	folio->lru = (struct list_head){ LIST_POISON_NEXT, LIST_POISON_PREV };
	remember_words(folio);
}

static void check_fate(enum fate fate)
{
	if (fate != KEEP && fate != EVICT)
		BROKEN(5, "judge() said %d", fate);
}

static void check_word(unsigned long word)
{
	if (word >> 62)
		BROKEN(5, "evicted() gave a word of more than 62 bits");
}
#else
static inline void promises_init(void) { }
static inline bool is_folio(const struct folio *folio) { return true; }
static inline void remember_words(const struct folio *folio) { }
static inline void check_untouched(const struct folio *folio) { }
static inline void check_linked(const struct folio *folio) { }
static inline void check_given(struct folio *folio, const char *function) { }
static inline void check_fate(enum fate fate) { }
static inline void check_word(unsigned long word) { }
#endif

/* --- records --- */

struct call {
	const char *name;
	u64 begin;			/* instructions retired, if it is recorded */
};

/* For the watchdog: "reclaim policy NAME". */
static char policy_title[32];

static inline struct call begin_call(const char *name)
{
	watchdog_enter(policy_title, name);
	return (struct call){ name, trace_is_on(TRACE_POLICY) ? csr_read(instret) : 0 };
}

/* @a, @b, @c: as TRACE_POLICY has them. */
static noinline __cold void record_call(struct call call, u64 instructions,
					const struct folio *folio, u64 kind, u64 a, u64 b, u64 c)
{
	u64 arg[TRACE_ARGS] = { (u64)call.name, nr_calls, folio ? folio_pfn(folio) : 0, kind, a, b,
				c, instructions };

	nr_instructions += instructions;
	strscpy((char *)&arg[TRACE_NAME], policy->name, TRACE_NAME_LEN);
	trace_write_args(TRACE_POLICY, arg);
}

static inline void end_call(struct call call, const struct folio *folio, enum folio_kind kind,
			    u64 a, u64 b, u64 c)
{
	watchdog_leave();
	if (unlikely(call.begin))
		record_call(call, csr_read(instret) - call.begin, folio, kind, a, b, c);
	nr_calls++;
}

static u64 pack_facts(const struct folio_facts *facts)
{
	return min(facts->referenced, 0xffffU) | min(facts->touched, 2U) << 16 |
	       facts->mapped << 20 | facts->executable << 21 | facts->dirty << 22;
}

/* --- calls --- */

void policy_add(struct folio *folio, enum folio_kind kind, enum add_why why, unsigned long shadow)
{
	struct call call;

	check_untouched(folio);
	if (why == ADD_NEW || why == ADD_REFAULT || why == ADD_MOVED)
		memset(folio->policy, 0, sizeof(folio->policy));
	held[kind]++;
	call = begin_call("add");
	policy->add(&lruvec, folio, kind, why, shadow);
	end_call(call, folio, kind, why, shadow, 0);
	check_linked(folio);
}

void policy_del(struct folio *folio, enum folio_kind kind)
{
	struct call call = begin_call("del");

	policy->del(&lruvec, folio, kind);
	end_call(call, folio, kind, 0, 0, 0);
	check_given(folio, "del");
	held[kind]--;
}

struct folio *policy_next(const struct policy_scan *scan)
{
	struct call call = begin_call("next");
	struct folio *folio = policy->next(&lruvec, scan);

	end_call(call, folio, scan->kind, scan->priority, 0, 0);
	if (unlikely(!folio)) {
		if (held[scan->kind])
			BROKEN(2, "next() gave none, but it holds %lu", held[scan->kind]);
		return NULL;
	}
	if (!is_folio(folio))
		BROKEN(2, "next() gave a pointer to no folio");
	if (unlikely(!folio_test_lru(folio) || folio->flags >> NURSERY_SHIFT))
		BROKEN(2, "next() gave frame 0x%lx, which it does not hold", folio_pfn(folio));
	if (unlikely(folio_test_swapbacked(folio) != (scan->kind == KIND_ANON)))
		BROKEN(2, "next() gave frame 0x%lx of the other kind", folio_pfn(folio));
	check_given(folio, "next");
	held[scan->kind]--;
	return folio;
}

enum fate policy_judge(struct folio *folio, const struct folio_facts *facts,
		       const struct policy_scan *scan)
{
	struct call call;
	enum fate fate;

	check_untouched(folio);
	call = begin_call("judge");
	fate = policy->judge(&lruvec, folio, facts, scan);
	end_call(call, folio, facts->kind, scan->priority, pack_facts(facts), fate);
	check_fate(fate);
	/* The words are its own while it judges, the links are not. */
	remember_words(folio);
	check_untouched(folio);
	return fate;
}

unsigned long policy_shadow(struct folio *folio, enum folio_kind kind)
{
	struct call call;
	unsigned long word;

	if (!policy->evicted)
		return 0;
	call = begin_call("evicted");
	word = policy->evicted(&lruvec, folio, kind);
	end_call(call, folio, kind, word, 0, 0);
	check_word(word);
	check_untouched(folio);
	return word;
}

void policy_age(void)
{
	struct call call;

	if (!policy->age)
		return;
	call = begin_call("age");
	policy->age(&lruvec);
	end_call(call, NULL, 0, 0, 0, 0);
}

bool policy_flush_counts(void)
{
	static const enum vm_item items[NR_POLICY_COUNTS] = {
		[COUNT_ACTIVATE] = PGACTIVATE,
		[COUNT_DEACTIVATE] = PGDEACTIVATE,
		[COUNT_REFILL] = PGREFILL,
		[COUNT_REFAULT_ACTIVATE + KIND_FILE] = WORKINGSET_ACTIVATE_FILE,
		[COUNT_REFAULT_ACTIVATE + KIND_ANON] = WORKINGSET_ACTIVATE_ANON,
		[COUNT_REFAULT_RESTORE + KIND_FILE] = WORKINGSET_RESTORE_FILE,
		[COUNT_REFAULT_RESTORE + KIND_ANON] = WORKINGSET_RESTORE_ANON,
	};
	bool restored = false;

	for (int i = 0; i < NR_POLICY_COUNTS; i++) {
		if (!lruvec.count[i])
			continue;
		count_vm_events(items[i], lruvec.count[i]);
		lruvec.count[i] = 0;
		restored |= i >= COUNT_REFAULT_RESTORE;
	}
	return restored;
}

unsigned int policy_age_ms(void)
{
	const struct reclaim_policy *now = READ_ONCE(policy);

	return now->age ? max(now->age_ms, 1U) : 0;
}

unsigned long policy_held(enum folio_kind kind)
{
	return READ_ONCE(held[kind]);
}

unsigned long policy_active(enum folio_kind kind)
{
	unsigned long active;

	if (!policy->active)
		return 0;
	watchdog_enter(policy_title, "active");
	active = policy->active(&lruvec, kind);
	watchdog_leave();
	return active;
}

/* --- which policy --- */

static void say_which_there_are(const char *name)
{
	char names[128];
	size_t n = 0;

	for (const struct reclaim_policy *const *p = __start_policies; p < __stop_policies; p++)
		n += scnprintf(names + n, sizeof(names) - n, " %s", (*p)->name);
	pr_err("reclaim: no policy is called \"%s\"; there are%s\n", name, names);
}

const struct reclaim_policy *policy_find(const char *name)
{
	const struct reclaim_policy *const *p = __start_policies;
	const char *lacking;

	while (p < __stop_policies && strcmp((*p)->name, name))
		p++;
	if (p == __stop_policies) {
		say_which_there_are(name);
		return NULL;
	}
	lacking = policy_lacks(*p);
	if (lacking)
		pr_err("reclaim: policy %s has no function %s()\n", name, lacking);
	return lacking ? NULL : *p;
}

static void start(const struct reclaim_policy *to)
{
	struct call call;

	lruvec = (struct lruvec){ };
	for (int i = 0; i < POLICY_LISTS; i++)
		INIT_LIST_HEAD(&lruvec.list[i]);
	WRITE_ONCE(policy, to);
	snprintf(policy_title, sizeof(policy_title), "reclaim policy %s", to->name);
	call = begin_call("init");
	if (to->init)
		to->init(&lruvec, reclaim_seed);
	end_call(call, NULL, 0, reclaim_seed, 0, 0);
}

/*
 * All at once under the lock: a folio that is freed meanwhile must find one policy that holds it.
 * Who waits for the lock spins, so this is for people, not for programs.
 */
void policy_switch(const struct reclaim_policy *to)
{
	struct folio *folio, *next;
	LIST_HEAD(moving);

	if (to == policy)
		return;
	policy_flush_counts();
	for (enum folio_kind kind = 0; kind < NR_KINDS; kind++) {
		struct policy_scan scan = { .kind = kind };

		while ((folio = policy_next(&scan)))
			list_add_tail(&folio->lru, &moving);
	}
	start(to);
	list_for_each_entry_safe(folio, next, &moving, lru) {
		list_del(&folio->lru);
		policy_add(folio, folio_test_swapbacked(folio) ? KIND_ANON : KIND_FILE, ADD_MOVED,
			   0);
	}
}

void policy_names_show(struct seq_file *m)
{
	for (const struct reclaim_policy *const *p = __start_policies; p < __stop_policies; p++)
		seq_printf(m, *p == policy ? "[%s]%s" : "%s%s", (*p)->name,
			   p + 1 < __stop_policies ? " " : "\n");
}

/* Where show() prints to; lru_lock. */
static struct seq_file *show_to;

static void print_number(const char *name, unsigned long n)
{
	seq_printf(show_to, "%s %lu\n", name, n);
}

void policy_show(struct seq_file *m)
{
	seq_printf(m, "policy %s\ncalls %llu\ninstructions %llu\n", policy->name, nr_calls,
		   nr_instructions);
	if (!policy->show)
		return;
	show_to = m;
	watchdog_enter(policy_title, "show");
	policy->show(&lruvec, print_number);
	watchdog_leave();
}

void policy_init(void)
{
	const struct reclaim_policy *boot = policy_find(boot_policy);

	promises_init();
	if (!boot)
		pr_err("reclaim: " DEFAULT_POLICY " is used instead\n");
	start(boot ? boot : policy_find(DEFAULT_POLICY));
}
