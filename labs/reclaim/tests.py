# SPDX-License-Identifier: MIT
"""The tests of lab reclaim: what mm/policy/mine.c makes of reference strings.

The rules are in labs/reclaim/README.md.

Each is a function of t; t.tree is where the submission was built, t.seed seeds the string.
"""
import judge

# Of the Background in labs/reclaim/README.md.
SECOND_USE = "mm/policy/mine.c: does a second use count, and the first not?"
WORST = "OPEN in labs/reclaim/tests.py: a trace with less than 0 counts as 0"
DISTANCE = "mm/policy/mine.c: what do the two lists and the refault distance say to that?"
HOST = {"host": True}


def reach(t, trace, frames, wanted):
    """At least so much of the way from fifo to opt."""
    got, said = judge.gain(t.tree, frames, f"{trace},seed={t.seed % 100000}")
    t.at_least(f"part of the way from fifo to opt on {trace} with {frames} frames ({said})",
               wanted, round(got, 3), f"{t.look} To see it: make sim P=mine,fifo,opt "
               f"FRAMES={frames} TRACE=gen:{trace}")


def second_use(t):
    reach(t, "scan,refs=60000", 64, 0.40)


def scan_passes(t):
    reach(t, "scan,hot=40,run=300,refs=60000", 64, 0.45)


def refault_distance(t):
    reach(t, "shift,hot=40,pages=48,refs=60000", 64, 0.50)


def few_used_much(t):
    reach(t, "zipf,pages=512,refs=60000", 64, 0.22)


OPEN = [("scan,hot=44,run=150,refs=60000", 64), ("shift,hot=44,pages=56,refs=60000", 64),
        ("zipf,pages=1024,refs=60000", 128)]
FULL = 0.38     # mean gain for which all of the open points are given


def open_points(t):
    """Points in proportion to the mean gain over OPEN."""
    gains, each = [], []
    for trace, frames in OPEN:
        got, said = judge.gain(t.tree, frames, f"{trace},seed={t.seed % 100000}")
        gains.append(max(0.0, got))
        t.measured.append(f"{trace} with {frames} frames: gain {got:.3f} ({said})")
        each.append(f"{trace.partition(',')[0]} {got:.3f}")
    mean = sum(gains) / len(gains)
    t.give(min(1.0, mean / FULL), f"mean gain {mean:.3f} ({', '.join(each)}); all points from "
           f"{FULL}")


# name, points, function, where to look, options
TESTS = [
    ("second-use", 16, second_use, SECOND_USE, HOST),
    ("scan-passes", 12, scan_passes, SECOND_USE, HOST),
    ("refault-distance", 16, refault_distance, DISTANCE, HOST),
    ("few-used-much", 8, few_used_much, SECOND_USE, HOST),
    ("open", 24, open_points, WORST, HOST),
]
