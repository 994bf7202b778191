// SPDX-License-Identifier: MIT
/*
 * Reference strings in files.  Three formats are read, told apart by how they begin:
 *
 * plain     page numbers, decimal or 0x…, between blanks, commas or ends of lines; "7w": a store;
 *           "#" begins a comment
 * lackey    what valgrind --tool=lackey --trace-mem=yes writes: "I  addr,size", " L addr,size",
 *           " S addr,size", " M addr,size", with lines of valgrind's own between them; pages of
 *           4096 bytes
 * compact   ours, also written:
 *             bytes 0–7   "FLTRACE1"
 *             then one number for each record, in groups of seven bits, the lowest first, the
 *             eighth bit set in all bytes of a number but its last:
 *               bits 0, 1   0 load, 1 store, 2 the page is given up by its owner, 3 the end
 *               bit 2       by read() or write(), so that no page table shows it
 *               bit 3       the page's store is a file, not swap
 *               bits 4–63   the page's number less that of the record before (of the first: less
 *                           0), n ≥ 0 as 2n, n < 0 as −2n − 1; at the end: how many records
 *                           came before it
 *             Nothing follows the end.
 */
#ifndef POLSIM_TRACE_FILE_H
#define POLSIM_TRACE_FILE_H

#include <stdio.h>

#include "tools/polsim/trace.h"

#define TRACE_MESSAGE	300

/*
 * Fills @trace, which the caller frees, whatever is returned.  False: it cannot be read; @message
 * is one line with the offset in bytes.
 */
bool trace_load(struct trace *trace, const char *path, char message[TRACE_MESSAGE]);
/*
 * Fills @trace from the kernel's trace ring: its `ref` records, and `task` records of processes
 * that end.  A page is a process and an address: shared memory counts once for each process.
 */
bool trace_import(struct trace *trace, const char *path, char message[TRACE_MESSAGE]);
/* In the compact format.  False: errno says why. */
bool trace_save(const struct trace *trace, FILE *out);

#endif
