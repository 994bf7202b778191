// SPDX-License-Identifier: MIT
/*
 * list.h - linked lists whose links are members of the objects on them.
 *
 * struct list_head is a ring: the head is a link like the others, so that adding and removing
 * needs no special case. An object sits on as many lists as it has links.
 * struct hlist_head has one pointer, for hash tables; a node knows the pointer that points to
 * it, so that it can leave without the head.
 *
 * The lock is the caller's. list_del() poisons the links of what it takes off, so that a second
 * list_del() or a walk over a removed object faults at an address that gives it away; use
 * list_del_init() where list_empty() of the object itself is asked later.
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include "lib/types.h"

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

/* Not canonical under Sv39 (nor on the host): any access through one of these faults. */
#define LIST_POISON_NEXT ((void *)0xdead000000000100)
#define LIST_POISON_PREV ((void *)0xdead000000000122)

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void __list_link(struct list_head *prev, struct list_head *next)
{
	prev->next = next;
	next->prev = prev;
}

static inline void __list_insert(struct list_head *entry, struct list_head *prev,
				 struct list_head *next)
{
	__list_link(entry, next);
	__list_link(prev, entry);
}

/* Right after the head: a stack. */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
	__list_insert(entry, head, head->next);
}

/* Right before the head, which is the end: a queue. */
static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	__list_insert(entry, head->prev, head);
}

static inline void list_del(struct list_head *entry)
{
	__list_link(entry->prev, entry->next);
	entry->next = LIST_POISON_NEXT;
	entry->prev = LIST_POISON_PREV;
}

static inline void list_del_init(struct list_head *entry)
{
	__list_link(entry->prev, entry->next);
	INIT_LIST_HEAD(entry);
}

static inline void list_replace(struct list_head *old, struct list_head *entry)
{
	__list_insert(entry, old->prev, old->next);
}

static inline void list_replace_init(struct list_head *old, struct list_head *entry)
{
	list_replace(old, entry);
	INIT_LIST_HEAD(old);
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	__list_link(entry->prev, entry->next);
	list_add(entry, head);
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
	__list_link(entry->prev, entry->next);
	list_add_tail(entry, head);
}

static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

/*
 * For an entry that one other hart may be taking off its list at this moment, without the list's
 * lock: true only when that is finished, if the other side uses list_del_init_careful().
 */
static inline bool list_empty_careful(const struct list_head *head)
{
	struct list_head *next = __atomic_load_n(&head->next, __ATOMIC_ACQUIRE);

	return next == head && next == READ_ONCE(head->prev);
}

static inline void list_del_init_careful(struct list_head *entry)
{
	__list_link(entry->prev, entry->next);
	WRITE_ONCE(entry->prev, entry);
	__atomic_store_n(&entry->next, entry, __ATOMIC_RELEASE);
}

static inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

static inline bool list_is_first(const struct list_head *entry, const struct list_head *head)
{
	return entry->prev == head;
}

static inline bool list_is_last(const struct list_head *entry, const struct list_head *head)
{
	return entry->next == head;
}

static inline bool list_is_head(const struct list_head *entry, const struct list_head *head)
{
	return entry == head;
}

static inline void __list_splice(struct list_head *list, struct list_head *prev,
				 struct list_head *next)
{
	struct list_head *first = list->next, *last = list->prev;

	if (list_empty(list))
		return;
	__list_link(prev, first);
	__list_link(last, next);
}

/* Everything on `list` to the front of `head`; `list` itself is left stale. */
static inline void list_splice(struct list_head *list, struct list_head *head)
{
	__list_splice(list, head, head->next);
}

static inline void list_splice_tail(struct list_head *list, struct list_head *head)
{
	__list_splice(list, head->prev, head);
}

static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	list_splice(list, head);
	INIT_LIST_HEAD(list);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	list_splice_tail(list, head);
	INIT_LIST_HEAD(list);
}

/* The entries of `head` up to and with `entry` become `list`, which was empty. */
static inline void list_cut_position(struct list_head *list, struct list_head *head,
				     struct list_head *entry)
{
	struct list_head *rest = entry->next;

	INIT_LIST_HEAD(list);
	if (entry == head)
		return;
	__list_link(list, head->next);
	__list_link(entry, list);
	__list_link(head, rest);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) list_entry((head)->prev, type, member)
#define list_next_entry(pos, member) list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_prev_entry(pos, member) list_entry((pos)->member.prev, __typeof__(*(pos)), member)
#define list_entry_is_head(pos, head, member) (&(pos)->member == (head))

#define list_first_entry_or_null(head, type, member)                                             \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_last_entry_or_null(head, type, member)                                              \
	(list_empty(head) ? NULL : list_last_entry(head, type, member))

#define list_for_each(pos, head) for (pos = (head)->next; pos != (head); pos = pos->next)

#define list_for_each_safe(pos, tmp, head)                                                       \
	for (pos = (head)->next, tmp = pos->next; pos != (head); pos = tmp, tmp = pos->next)

/*
 * Walks over the objects on a list. After a walk that ran to its end, `pos` is no object.
 * The _safe forms allow taking `pos` itself off inside the loop, and nothing else.
 * _continue begins after `pos`, _from at `pos`.
 */
#define list_for_each_entry_from(pos, head, member)                                              \
	for (; !list_entry_is_head(pos, head, member); pos = list_next_entry(pos, member))

#define list_for_each_entry(pos, head, member)                                                   \
	for (pos = list_first_entry(head, __typeof__(*pos), member);                             \
	     !list_entry_is_head(pos, head, member); pos = list_next_entry(pos, member))

#define list_for_each_entry_continue(pos, head, member)                                          \
	for (pos = list_next_entry(pos, member); !list_entry_is_head(pos, head, member);         \
	     pos = list_next_entry(pos, member))

#define list_for_each_entry_reverse(pos, head, member)                                           \
	for (pos = list_last_entry(head, __typeof__(*pos), member);                              \
	     !list_entry_is_head(pos, head, member); pos = list_prev_entry(pos, member))

#define list_for_each_entry_continue_reverse(pos, head, member)                                  \
	for (pos = list_prev_entry(pos, member); !list_entry_is_head(pos, head, member);         \
	     pos = list_prev_entry(pos, member))

#define list_for_each_entry_safe(pos, tmp, head, member)                                         \
	for (pos = list_first_entry(head, __typeof__(*pos), member),                             \
	    tmp = list_next_entry(pos, member);                                                  \
	     !list_entry_is_head(pos, head, member);                                             \
	     pos = tmp, tmp = list_next_entry(tmp, member))

#define list_for_each_entry_safe_reverse(pos, tmp, head, member)                                 \
	for (pos = list_last_entry(head, __typeof__(*pos), member),                              \
	    tmp = list_prev_entry(pos, member);                                                  \
	     !list_entry_is_head(pos, head, member);                                             \
	     pos = tmp, tmp = list_prev_entry(tmp, member))

#define HLIST_HEAD_INIT { NULL }
#define HLIST_HEAD(name) struct hlist_head name = HLIST_HEAD_INIT

static inline void INIT_HLIST_HEAD(struct hlist_head *head)
{
	head->first = NULL;
}

static inline void INIT_HLIST_NODE(struct hlist_node *node)
{
	node->next = NULL;
	node->pprev = NULL;
}

static inline bool hlist_empty(const struct hlist_head *head)
{
	return !READ_ONCE(head->first);
}

/* True for a node that was initialised or removed by hlist_del_init(). */
static inline bool hlist_unhashed(const struct hlist_node *node)
{
	return !node->pprev;
}

static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	node->next = head->first;
	if (node->next)
		node->next->pprev = &node->next;
	node->pprev = &head->first;
	head->first = node;
}

static inline void __hlist_unlink(struct hlist_node *node)
{
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
}

static inline void hlist_del(struct hlist_node *node)
{
	__hlist_unlink(node);
	node->next = LIST_POISON_NEXT;
	node->pprev = LIST_POISON_PREV;
}

static inline void hlist_del_init(struct hlist_node *node)
{
	if (hlist_unhashed(node))
		return;
	__hlist_unlink(node);
	INIT_HLIST_NODE(node);
}

#define hlist_entry(ptr, type, member) container_of(ptr, type, member)

#define hlist_entry_safe(ptr, type, member)                                                      \
	({                                                                                       \
		__typeof__(ptr) _ptr = (ptr);                                                    \
		_ptr ? hlist_entry(_ptr, type, member) : NULL;                                   \
	})

#define hlist_for_each_entry(pos, head, member)                                                  \
	for (pos = hlist_entry_safe((head)->first, __typeof__(*pos), member); pos;               \
	     pos = hlist_entry_safe(pos->member.next, __typeof__(*pos), member))

/* `tmp` is a struct hlist_node *. */
#define hlist_for_each_entry_safe(pos, tmp, head, member)                                        \
	for (pos = hlist_entry_safe((head)->first, __typeof__(*pos), member);                    \
	     pos && ({ tmp = pos->member.next; true; });                                         \
	     pos = hlist_entry_safe(tmp, __typeof__(*pos), member))

#endif
