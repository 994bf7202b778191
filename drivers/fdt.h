// SPDX-License-Identifier: MIT
/*
 * The flattened device tree (Devicetree Specification 0.4, chapter 5), read in place. A node is
 * named by the offset of its FDT_BEGIN_NODE token in the structure block; negative: none. All
 * functions may be called at any time after fdt_init(), sleep nowhere and check every bound: a
 * damaged tree gives "not found".
 */
#ifndef DRIVERS_FDT_H
#define DRIVERS_FDT_H

#include "lib/types.h"

/* False: there is no device tree of a known version at @blob. */
bool fdt_init(const void *blob);
u32 fdt_size(void);

/*
 * The next node in document order after @node (-1: the root); *depth (may be NULL) goes up and down
 * with it.
 */
int fdt_next_node(int node, int *depth);
/* The next node after @node whose "compatible" list has @compatible. */
int fdt_find_compatible(int node, const char *compatible);
/* By absolute path, unit addresses included where the tree has them: "/chosen". */
int fdt_find_path(const char *path);
const char *fdt_node_name(int node);
/* NULL: no such property.  *len in bytes (may be NULL). */
const void *fdt_prop(int node, const char *name, int *len);
/* A property of one cell; @missing if there is none. */
u32 fdt_prop_u32(int node, const char *name, u32 missing);
/* Entry @index of "reg", by the #address-cells and #size-cells of the node's parent. */
bool fdt_reg(int node, int index, u64 *base, u64 *size);
/* Entry @index of the memory reservation block. */
bool fdt_mem_rsv(int index, u64 *base, u64 *size);

#endif
