// SPDX-License-Identifier: MIT
/*
 * unit_list.c - lib/list.h: what each function does to the order, and that links stay sound.
 */
#include "lib/list.h"

#include "lib/string.h"
#include "tests/unit.h"

struct item {
	int value;
	struct list_head link;
	struct hlist_node hash;
};

static struct item items[6] = { { .value = 0 }, { .value = 1 }, { .value = 2 },
				{ .value = 3 }, { .value = 4 }, { .value = 5 } };

/* The list holds exactly these digits in this order, seen from both ends. */
static void expect_list(struct list_head *head, const char *digits)
{
	char forward[16] = "", backward[16] = "";
	struct item *item;
	size_t n = 0, len = strlen(digits);

	list_for_each_entry(item, head, link) {
		EXPECT(n < len, "list longer than \"%s\"", digits);
		forward[n++] = '0' + item->value;
	}
	EXPECT_STR(forward, digits);
	list_for_each_entry_reverse(item, head, link) {
		EXPECT(n > 0, "list longer backwards than \"%s\"", digits);
		backward[--n] = '0' + item->value;
	}
	EXPECT_STR(backward, digits);
}

static void fill(struct list_head *head, int from, int to)
{
	INIT_LIST_HEAD(head);
	for (; from <= to; from++)
		list_add_tail(&items[from].link, head);
}

UNIT_TEST(list_add_is_a_stack_and_add_tail_a_queue)
{
	LIST_HEAD(head);

	EXPECT(list_empty(&head), "new list");
	list_add(&items[1].link, &head);
	EXPECT(list_is_singular(&head), "one entry");
	list_add(&items[0].link, &head);
	list_add_tail(&items[2].link, &head);
	expect_list(&head, "012");
	EXPECT(!list_is_singular(&head), "three entries");
	EXPECT(list_is_first(&items[0].link, &head), "entry 0");
	EXPECT(list_is_last(&items[2].link, &head), "entry 2");
}

UNIT_TEST(list_del_poisons_and_del_init_empties)
{
	LIST_HEAD(head);

	fill(&head, 0, 3);
	list_del(&items[1].link);
	EXPECT_EQ(items[1].link.next, LIST_POISON_NEXT);
	EXPECT_EQ(items[1].link.prev, LIST_POISON_PREV);
	list_del_init(&items[0].link);
	EXPECT(list_empty(&items[0].link), "entry 0 is alone");
	expect_list(&head, "23");
}

UNIT_TEST(list_move_and_replace)
{
	LIST_HEAD(head);

	fill(&head, 0, 3);
	list_move(&items[2].link, &head);
	expect_list(&head, "2013");
	list_move_tail(&items[2].link, &head);
	expect_list(&head, "0132");
	list_replace(&items[1].link, &items[4].link);
	expect_list(&head, "0432");
}

UNIT_TEST(list_splice_to_either_end)
{
	LIST_HEAD(head);
	LIST_HEAD(other);

	list_splice_init(&other, &head);
	expect_list(&head, "");
	fill(&head, 0, 1);
	list_splice_init(&other, &head);
	expect_list(&head, "01");
	fill(&other, 2, 3);
	list_splice_init(&other, &head);
	expect_list(&head, "2301");
	EXPECT(list_empty(&other), "spliced away");
	fill(&other, 4, 5);
	list_splice_tail_init(&other, &head);
	expect_list(&head, "230145");
	EXPECT(list_empty(&other), "spliced away");
}

UNIT_TEST(list_cut_position_takes_the_front)
{
	LIST_HEAD(head);
	LIST_HEAD(front);

	fill(&head, 0, 4);
	list_cut_position(&front, &head, &head);
	expect_list(&front, "");
	expect_list(&head, "01234");
	list_cut_position(&front, &head, &items[1].link);
	expect_list(&front, "01");
	expect_list(&head, "234");
	list_cut_position(&front, &head, &items[4].link);
	expect_list(&front, "234");
	expect_list(&head, "");
}

UNIT_TEST(list_first_and_last_or_null)
{
	LIST_HEAD(head);

	EXPECT_EQ(list_first_entry_or_null(&head, struct item, link), NULL);
	EXPECT_EQ(list_last_entry_or_null(&head, struct item, link), NULL);
	fill(&head, 1, 3);
	EXPECT_EQ(list_first_entry_or_null(&head, struct item, link), &items[1]);
	EXPECT_EQ(list_last_entry_or_null(&head, struct item, link), &items[3]);
	EXPECT_EQ(list_next_entry(&items[1], link), &items[2]);
	EXPECT_EQ(list_prev_entry(&items[2], link), &items[1]);
}

UNIT_TEST(list_walks_that_continue_or_delete)
{
	struct item *item, *tmp;
	int sum = 0;
	LIST_HEAD(head);

	fill(&head, 0, 5);
	item = &items[2];
	list_for_each_entry_continue(item, &head, link)
		sum = sum * 10 + item->value;
	EXPECT_EQ(sum, 345);
	item = &items[4];
	sum = 0;
	list_for_each_entry_from(item, &head, link)
		sum = sum * 10 + item->value;
	EXPECT_EQ(sum, 45);
	list_for_each_entry_safe(item, tmp, &head, link)
		if (item->value % 2)
			list_del(&item->link);
	expect_list(&head, "024");
	list_for_each_entry_safe_reverse(item, tmp, &head, link)
		list_del(&item->link);
	expect_list(&head, "");
}

static void expect_hlist(struct hlist_head *head, const char *digits)
{
	char seen[16] = "";
	struct item *item;
	size_t n = 0;

	hlist_for_each_entry(item, head, hash)
		seen[n++] = '0' + item->value;
	EXPECT_STR(seen, digits);
}

UNIT_TEST(hlist_adds_and_removes_anywhere)
{
	struct hlist_node *tmp;
	struct item *item;
	HLIST_HEAD(head);
	int i;

	for (i = 0; i < 6; i++)
		hlist_add_head(&items[i].hash, &head);
	expect_hlist(&head, "543210");
	hlist_del(&items[5].hash);
	hlist_del(&items[0].hash);
	hlist_del_init(&items[3].hash);
	expect_hlist(&head, "421");
	EXPECT(hlist_unhashed(&items[3].hash), "removed");
	hlist_del_init(&items[3].hash);
	EXPECT_EQ(items[5].hash.next, LIST_POISON_NEXT);
	hlist_for_each_entry_safe(item, tmp, &head, hash)
		hlist_del(&item->hash);
	EXPECT(hlist_empty(&head), "all removed");
}
