# SPDX-License-Identifier: MIT
"""The tests of lab start: are the numbers in answers.md those of the student's own tour?

What is true is seen from outside, in a guest of the grader's where `tour NAME` runs once more: the
traps that QEMU counts, and the machine's end.  The rules are in labs/start/README.md.
"""
import functools
import re
import threading
import zlib

import labguest
import testlib
from labfamily import Failed

ANSWERS = "labs/start/answers.md"
NAME = re.compile(r"[A-Za-z0-9][\w.@-]{1,39}", re.A)
HOST = {"host": True}
one_at_a_time = threading.Lock()


class Tour:
    """What `tour NAME` does, as the host sees it."""

    def __init__(self, name, tree, base, directory):
        with labguest.Guest(tree, base, directory, command=f"tour {name}") as guest:
            faults = guest.faults()
            guest.send(0, "end")
            guest.ended.wait(labguest.WALL_LIMIT)
            said = guest.text
        status = re.search(r"^\[exit status (\d+)\]$", said, re.M)
        globs = re.search(r"user tests of \S+: (\S+) (\S+)$", said, re.M)
        if not faults or not status or not globs:
            raise labguest.Broken("the tour did not come to its end", said[-2000:])
        self.first = labguest.AREA + faults[0][0] * labguest.PAGE
        self.index = self.first >> 21 & 511
        self.faults = len(faults)
        self.stores = sum(access == "w" for _, access in faults)
        self.status = int(status[1])
        self.tests = len(testlib.usertests_names(globs.groups(), tree))


tour_of = functools.lru_cache(maxsize=4)(Tour)


def answer(t, key):
    found = re.search(rf"^{key}:[ \t]*(.*?)[ \t]*$", t.submission.whole[ANSWERS], re.M)
    return found[1] if found else ""


def number(t, key):
    text = answer(t, key)
    try:
        return int(text, 0)
    except ValueError:
        raise Failed(f"{key} in {ANSWERS}", "a number", text or "nothing") from None


def student(t):
    name = answer(t, "student")
    if not NAME.fullmatch(name):
        raise Failed(f"student in {ANSWERS}", "a name of 2 to 40 letters, digits, . @ _ -",
                     name or "nothing")
    return name


def expect(t, key, mask=-1):
    """The answer is this name's; what it should be is not said."""
    name, got = student(t), number(t, key)
    with one_at_a_time:
        tour = tour_of(name, t.tree, t.base, t.directory)
    t.measured.append(f"{key} of {name}")
    if got & mask != getattr(tour, key):
        raise Failed(f"{key} in {ANSWERS}", f"the number of `tour {name}`", answer(t, key))


def status(t):
    expect(t, "status")


def tests(t):
    expect(t, "tests")


def faults(t):
    expect(t, "faults")


def stores(t):
    expect(t, "stores")


def first(t):
    expect(t, "first", ~(labguest.PAGE - 1))


def index(t):
    expect(t, "index")


def graded(t):
    name = student(t)
    wanted = 1000 + zlib.crc32(name.encode()) % 9000
    if answer(t, "graded") != str(wanted):
        raise Failed(f"graded in {ANSWERS}", wanted, answer(t, "graded") or "nothing")


# name, points, function, where to look, options
TESTS = [
    ("status", 3, status, "2 in labs/start/README.md", HOST),
    ("tests", 4, tests, "3 in labs/start/README.md", HOST),
    ("faults", 4, faults, "4 in labs/start/README.md", HOST),
    ("stores", 3, stores, "4 in labs/start/README.md", HOST),
    ("first", 5, first, "5 in labs/start/README.md", HOST),
    ("index", 3, index, "6 in labs/start/README.md", HOST),
    ("graded", 3, graded, "7 in labs/start/README.md", HOST),
]
