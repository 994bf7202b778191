// SPDX-License-Identifier: MIT
// small_blocks.h - a file system on which a page of a file has four blocks
#pragma once

// Makes a small one (1 MiB, ext2) on the scratch disk, and its root the working directory; it goes
// with the process.  Skips the test where there is no scratch disk.
void enter_small_blocks(void);
