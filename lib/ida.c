// SPDX-License-Identifier: MIT
/*
 * ida.c - a search for the next clear bit.
 */
#include "lib/ida.h"

#include <linux/errno.h>

int ida_alloc(struct ida *ida, unsigned int min)
{
	unsigned int id = find_next_zero_bit(ida->map, ida->limit, min);

	if (id >= ida->limit)
		return -ENOSPC;
	__set_bit(id, ida->map);
	return id;
}

int ida_alloc_cyclic(struct ida *ida, unsigned int min)
{
	int id = ida_alloc(ida, max(ida->next, min));

	if (id < 0)
		id = ida_alloc(ida, min);
	if (id >= 0)
		ida->next = id + 1;
	return id;
}

bool ida_alloc_at(struct ida *ida, unsigned int id)
{
	return id < ida->limit && !__test_and_set_bit(id, ida->map);
}

bool ida_free(struct ida *ida, unsigned int id)
{
	return id < ida->limit && __test_and_clear_bit(id, ida->map);
}
