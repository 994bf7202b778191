// SPDX-License-Identifier: MIT
/*
 * The structure block is a sequence of big-endian 32-bit tokens:
 *
 *   BEGIN_NODE name\0  { PROP len nameoff value }  { nested nodes }  END_NODE  …  END
 *
 * everything padded to 4 bytes.  There are no parent links; who needs a parent walks from the root.
 */
#include "drivers/fdt.h"

#include "lib/byteorder.h"
#include "lib/string.h"

#define FDT_MAGIC	0xd00dfeed
#define FDT_BEGIN_NODE	1
#define FDT_END_NODE	2
#define FDT_PROP	3
#define FDT_NOP		4

struct fdt_header {
	u32 magic, totalsize, off_dt_struct, off_dt_strings, off_mem_rsvmap, version,
		last_comp_version;
	u32 boot_cpuid_phys, size_dt_strings, size_dt_struct;
};

static const char *fdt;
static u32 struct_offset, struct_size, strings_offset, strings_size, total_size, rsvmap_offset;

bool fdt_init(const void *blob)
{
	const struct fdt_header *h = blob;

	if (get_unaligned_be32(&h->magic) != FDT_MAGIC ||
	    get_unaligned_be32(&h->last_comp_version) > 17)
		return false;
	total_size = get_unaligned_be32(&h->totalsize);
	struct_offset = get_unaligned_be32(&h->off_dt_struct);
	struct_size = get_unaligned_be32(&h->size_dt_struct);
	strings_offset = get_unaligned_be32(&h->off_dt_strings);
	strings_size = get_unaligned_be32(&h->size_dt_strings);
	rsvmap_offset = get_unaligned_be32(&h->off_mem_rsvmap);
	if ((u64)struct_offset + struct_size > total_size ||
	    (u64)strings_offset + strings_size > total_size)
		return false;
	fdt = blob;
	return true;
}

u32 fdt_size(void)
{
	return total_size;
}

/*
 * The token at @offset; its end (the next token's offset) in *next. 0 past the end or where the
 * tree is damaged.
 */
static u32 token_at(u32 offset, u32 *next)
{
	const char *p = fdt + struct_offset + offset;
	u32 token, length;

	if (offset + 4 > struct_size)
		return 0;
	token = get_unaligned_be32(p);
	length = 4;
	if (token == FDT_BEGIN_NODE)
		length += strnlen(p + 4, struct_size - offset - 4) + 1;
	else if (token == FDT_PROP && offset + 12 <= struct_size)
		length += 8 + get_unaligned_be32(p + 4);
	else if (token != FDT_END_NODE && token != FDT_NOP)
		return 0;
	if (length > struct_size - offset)
		return 0;
	*next = offset + ALIGN(length, 4);
	return token;
}

int fdt_next_node(int node, int *depth)
{
	u32 offset = 0, token;

	if (node >= 0 && !token_at(node, &offset))
		return -1;
	for (;;) {
		u32 at = offset;

		token = token_at(at, &offset);
		if (!token)
			return -1;
		if (depth && token == FDT_BEGIN_NODE)
			++*depth;
		if (depth && token == FDT_END_NODE)
			--*depth;
		if (token == FDT_BEGIN_NODE)
			return at;
	}
}

const char *fdt_node_name(int node)
{
	return fdt + struct_offset + node + 4;
}

const void *fdt_prop(int node, const char *name, int *len)
{
	u32 offset, token, at;

	if (node < 0 || !token_at(node, &offset))
		return NULL;
	while (at = offset, (token = token_at(at, &offset)) == FDT_PROP || token == FDT_NOP) {
		const char *p = fdt + struct_offset + at;
		u32 name_offset = token == FDT_PROP ? get_unaligned_be32(p + 8) : strings_size;

		if (name_offset >= strings_size || strcmp(fdt + strings_offset + name_offset, name))
			continue;
		if (len)
			*len = get_unaligned_be32(p + 4);
		return p + 12;
	}
	return NULL;
}

u32 fdt_prop_u32(int node, const char *name, u32 missing)
{
	int len;
	const void *value = fdt_prop(node, name, &len);

	return value && len >= 4 ? get_unaligned_be32(value) : missing;
}

static bool is_compatible(int node, const char *compatible)
{
	int len, at = 0;
	const char *list = fdt_prop(node, "compatible", &len);

	while (list && at < len) {
		int n = strnlen(list + at, len - at);

		if (n < len - at && !strcmp(list + at, compatible))
			return true;
		at += n + 1;
	}
	return false;
}

int fdt_find_compatible(int node, const char *compatible)
{
	while ((node = fdt_next_node(node, NULL)) >= 0)
		if (is_compatible(node, compatible))
			return node;
	return -1;
}

int fdt_find_path(const char *path)
{
	int depth = 0, matched = 0, node = -1;
	const char *rest = path + 1;

	while ((node = fdt_next_node(node, &depth)) >= 0) {
		size_t n = 0;

		if (depth == 1 && !*rest)
			return node;
		if (depth == 1 || depth != matched + 2)
			continue;
		while (rest[n] && rest[n] != '/')
			n++;
		if (strncmp(fdt_node_name(node), rest, n) || fdt_node_name(node)[n])
			continue;
		if (!rest[n])
			return node;
		rest += n + 1;
		matched++;
	}
	return -1;
}

static int parent_of(int node)
{
	int depth = 0, at = -1, stack[16];

	while ((at = fdt_next_node(at, &depth)) >= 0 && at <= node) {
		if (depth < 1 || depth >= (int)ARRAY_SIZE(stack))
			return -1;
		stack[depth] = at;
		if (at == node)
			return depth > 1 ? stack[depth - 1] : -1;
	}
	return -1;
}

bool fdt_reg(int node, int index, u64 *base, u64 *size)
{
	int parent = parent_of(node), len;
	u32 ac = fdt_prop_u32(parent, "#address-cells", 2),
	    sc = fdt_prop_u32(parent, "#size-cells", 1);
	const char *reg = fdt_prop(node, "reg", &len);
	u32 entry = (ac + sc) * 4;

	if (!reg || ac < 1 || ac > 2 || sc > 2 || (u32)len < entry * (index + 1))
		return false;
	reg += entry * index;
	*base = ac == 2 ? get_unaligned_be64(reg) : get_unaligned_be32(reg);
	reg += ac * 4;
	*size = sc == 2 ? get_unaligned_be64(reg) : sc == 1 ? get_unaligned_be32(reg) : 0;
	return true;
}

bool fdt_mem_rsv(int index, u64 *base, u64 *size)
{
	u64 offset = rsvmap_offset + (u64)index * 16;

	if (offset + 16 > total_size)
		return false;
	*base = get_unaligned_be64(fdt + offset);
	*size = get_unaligned_be64(fdt + offset + 8);
	return *base || *size;
}
