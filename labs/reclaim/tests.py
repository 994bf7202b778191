# SPDX-License-Identifier: MIT
"""The tests of lab reclaim: what mm/policy/mine.c makes of reference strings.

The rules are in labs/reclaim/README.md.

Each is a function of t; t.tree is where the submission was built, t.seed seeds the string.
"""
import judge

LINUX = "mm/policy/mine.c; what it should do: Background in labs/reclaim/README.md"
HOST = {"host": True}


def reach(t, trace, frames, wanted):
    """At least so much of the way from fifo to opt."""
    got, said = judge.gain(t.tree, frames, f"{trace},seed={t.seed % 100000}")
    t.at_least(f"part of the way from fifo to opt on {trace} with {frames} frames ({said})",
               wanted, round(got, 3))


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
    gains = []
    for trace, frames in OPEN:
        got, said = judge.gain(t.tree, frames, f"{trace},seed={t.seed % 100000}")
        gains.append(max(0.0, got))
        t.measured.append(f"{trace} with {frames} frames: gain {got:.3f} ({said})")
    mean = sum(gains) / len(gains)
    t.give(min(1.0, mean / FULL), f"mean gain {mean:.3f}; all points from {FULL}")


# name, points, function, where to look, options
TESTS = [
    ("second-use", 16, second_use, LINUX, HOST),
    ("scan-passes", 12, scan_passes, LINUX, HOST),
    ("refault-distance", 16, refault_distance, LINUX, HOST),
    ("few-used-much", 8, few_used_much, LINUX, HOST),
    ("open", 24, open_points, "the formula in labs/reclaim/README.md", HOST),
]
