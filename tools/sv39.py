# SPDX-License-Identifier: MIT
"""Walks Sv39 page tables (privileged specification, 4.4), as the MMU does, from outside.

A table is a frame of 512 entries; an address has nine bits for each of the three levels, and twelve
within the page.  An entry with R, W or X is a leaf; one with V alone leads to the next table.
content(physical, size) reads memory; tables are physical addresses.
"""
import struct

PAGE = 4096
V, R, W, X, U, G, A, D, SPECIAL, SOFT_DIRTY = (1 << bit for bit in range(10))
LETTERS = "VRWXUGADns"  # n: not counted (special), s: soft-dirty; both are for software


def walk(content, table, address):
    """The entries on the way, from the top; the last one is a leaf, or not valid."""
    entries = []
    for shift in (30, 21, 12):
        place = table + (address >> shift & 511) * 8
        entries.append(struct.unpack("<Q", content(place, 8))[0])
        if not entries[-1] & V or entries[-1] & (R | W | X):
            break
        table = frame(entries[-1]) * PAGE
    return entries


def pages(content, table, start=0, end=1 << 38):
    """{address: leaf entry} of what is there in a range of user addresses; swapped pages, too."""
    found, pending = {}, [(table, 30, 0)]
    while pending:
        table, shift, base = pending.pop()
        for i, entry in enumerate(struct.unpack("<512Q", content(table, PAGE))):
            address = base + (i << shift)
            if not entry or address >= end or address + (1 << shift) <= start:
                continue
            if shift > 12 and entry & V and not entry & (R | W | X):
                pending.append((frame(entry) * PAGE, shift - 9, address))
            else:
                found[address] = entry
    return found


def frame(entry):
    """The number of the frame that an entry points to."""
    return entry >> 10


def flags(entry):
    return "".join(c if entry & 1 << bit else "-" for bit, c in enumerate(LETTERS))
