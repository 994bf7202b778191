// SPDX-License-Identifier: MIT
/* Swap areas as people see them: swapon(2), swapoff(2), /proc/swaps. */
#ifndef MM_SWAPON_H
#define MM_SWAPON_H

struct seq_file;

/* /proc/swaps, in Linux's format. */
void swaps_show(struct seq_file *m);

#endif
