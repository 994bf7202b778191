# SPDX-License-Identifier: MIT
"""Regions of labs: text between marker lines, which changes hands between course and student.

In the kernel itself, where every lab is solved, a region holds the solution and, commented out,
what a handout has in its place:

    /* LAB cow begin */
    …the solution…
    /* LAB cow starter */
    //…the starter code, a line each…
    /* LAB cow end */

In a handout the starter code stands alone between begin and end.  In files that are not C (docs,
Makefile, tools) a region is left out of handouts, markers and all; so is a region of the lab
"staff" anywhere.
"""
import configparser
import os
import re
import subprocess
from typing import NamedTuple

import testlib

MARK = re.compile(r"^\s*(?:/\*|//|#|<!--)\s*LAB (\w+) (begin|starter|end)\s*(?:\*/|-->)?\s*$")
REGION_LIMIT = 64 * 1024
# A region is C, and nothing that could bring in what is not in the tree: by the preprocessor, or by
# the assembler, which takes the name of a section as it is, and more lines with it.
LITERAL = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)|"
                     r""" "(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'? """.replace(" ", ""), re.S)
DIRECTIVE = re.compile(r"^\s*(?:#|%:)\s*(?!(?:define|undef|if|ifdef|ifndef|elif|else|endif|error|"
                       r"warning)\b)\w+", re.M)
FORBIDDEN = re.compile(r"\bincbin\b|\b_*asm_*\b|##|%:%:|\b_Pragma\b|\b__attribute\w*|\[\s*\[|"
                       r"\b__section\b|\b(?:u8|[uUL])?R\"")
HANDOUT = "labs/HANDOUT"  # there, with the labs' names, in a handout


class BadText(Exception):
    """Markers are missing or out of order, or a region holds what it may not."""


class Part(NamedTuple):
    """A stretch of a file: lab is None between regions."""
    lab: str
    begin: str
    body: str
    starter: str
    end: str


def parse(text, name="the file"):
    parts, lab, begin, body, starter, state = [], None, "", "", "", "body"
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        mark = MARK.match(line)
        if not mark:
            if state == "body":
                body += line
            else:
                starter += line
            continue
        expected = {"begin": lab is None, "starter": lab == mark[1] and state == "body",
                    "end": lab == mark[1]}
        if not expected[mark[2]]:
            raise BadText(f"{name}:{number}: {line.strip()} is out of place")
        if mark[2] == "starter":
            state = "starter"
        elif mark[2] == "begin":
            parts.append(Part(None, "", body, "", ""))
            lab, begin, body = mark[1], line, ""
        else:
            parts.append(Part(lab, begin, body, starter, line))
            lab, body, starter, state = None, "", "", "body"
    if lab:
        raise BadText(f"{name}: LAB {lab} begin has no end")
    return parts + [Part(None, "", body, "", "")]


def uncomment(starter):
    return re.sub(r"^//", "", starter, flags=re.M)


def is_c(path):
    return path.endswith((".c", ".h", ".S"))


def for_handout(path, text, labs):
    """A file as a handout of these labs has it."""
    if not any(MARK.match(line) for line in text.splitlines()):
        return text
    new = ""
    for part in parse(text, path):
        if part.lab is None or part.lab not in labs + ["staff"]:
            new += part.body
        elif part.lab != "staff" and is_c(path):
            new += part.begin + uncomment(part.starter) + part.end
    return new


def regions(text, lab, name):
    return [part.body for part in parse(text, name) if part.lab == lab]


def patched_files(patch):
    with open(patch, errors="replace") as f:
        return sorted(set(re.findall(r"^\+\+\+ b/(\S+)", f.read(), re.M)))


def apply_patch(patch, tree, *options):
    """Applies a patch to a folder that is no repository; what git says if it does not fit."""
    done = subprocess.run(["git", "apply", *options, os.path.abspath(patch)], cwd=tree,
                          text=True, errors="replace", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT,
                          env={**os.environ, "GIT_CEILING_DIRECTORIES": tree})
    return done.stdout.strip() or "git apply failed" if done.returncode else ""


def bare_code(text):
    """C as the compiler's first steps see it: lines joined, no comments; literals are empty."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    joined = re.sub(r"\\[ \t\f\v]*\n", "", lines)
    return LITERAL.sub(lambda found: " " if found[0][0] == "/" else found[0][0] * 2, joined)


def check_region(body, name):
    if len(body) > REGION_LIMIT:
        raise BadText(f"{name}: a region of {len(body)} bytes, at most {REGION_LIMIT}")
    code = bare_code(body)
    found = DIRECTIVE.search(code) or FORBIDDEN.search(code)
    if found:
        raise BadText(f"{name}: a region may not hold `{found.group().strip()}`")
    if "\0" in body:
        raise BadText(f"{name}: a region holds a NUL")


def check_whole(text, name):
    """A policy: one include, and nothing that the compiler would do behind its back."""
    check_region(re.sub(r'^#include "mm/policy\.h"\r?$', "", text, count=1, flags=re.M), name)
    if re.search(r"\bconstructor\b", text):
        raise BadText(f"{name}: may hold no constructor")


def transplant(reference, bodies, lab, name):
    """The reference's file with these regions in it."""
    parts = parse(reference, name)
    places = [i for i, part in enumerate(parts) if part.lab == lab]
    if len(bodies) != len(places):
        raise BadText(f"{name} has {len(bodies)} of the {len(places)} regions of lab {lab}: "
                      f"the lines `LAB {lab} begin` and `end` must stay as they are")
    new = ""
    for i, part in enumerate(parts):
        if i in places:
            check_region(bodies[places.index(i)], name)
            part = part._replace(body=bodies[places.index(i)], starter="")
        elif part.starter:
            part = part._replace(end="/* LAB %s starter */\n%s" % (part.lab, part.starter) +
                                 part.end)
        new += part.begin + part.body + part.end
    return new


class Lab:
    """labs/NAME/lab.conf: what is handed in and what is run."""

    def __init__(self, name, root=testlib.ROOT):
        if not re.fullmatch(r"\w+", name) or not os.path.exists(f"{root}/labs/{name}/lab.conf"):
            raise BadText(f"no lab {name!r}; there are: {' '.join(all_labs(root))}")
        conf = configparser.ConfigParser()
        conf.read(f"{root}/labs/{name}/lab.conf")
        self.name, self.path = name, f"{root}/labs/{name}"
        self.answers = f"labs/{name}/answers.md"
        self.title = conf["lab"]["title"]
        self.files = conf["lab"].get("files", "").split()    # with regions
        self.whole = conf["lab"].get("whole", "").split()    # handed in as they are
        self.handed_in = sorted({*self.files, *self.whole, self.answers})
        self.gate = conf["lab"].get("gate", "").split()      # user tests that must pass
        self.races = conf["lab"].get("races", "").split()    # under so many schedules
        self.seeds = int(conf["lab"].get("seeds", "20"))
        self.append = conf["lab"].get("append", "")          # kernel parameters for these
        self.memory = conf["lab"].get("memory", "128M")
        self.drop = conf["lab"].get("drop", "").split()      # files that the course keeps
        self.skips = conf["lab"].get("skips", "").split()    # user tests that the starter fails
        self.kept = conf["lab"].get("kept", "").split()      # that need a file of `drop`


def all_labs(root=testlib.ROOT):
    """In the order of a term."""
    with open(f"{root}/labs/order.txt") as f:
        names = [line.strip() for line in f if line.strip() and not line.startswith("#")]
    return [name for name in names if os.path.exists(f"{root}/labs/{name}/lab.conf")]


def git(*arguments, cwd=testlib.ROOT, **options):
    return subprocess.run(["git", *arguments], cwd=cwd, check=True, stdout=subprocess.PIPE,
                          env=testlib.clean_env(GIT_OPTIONAL_LOCKS=0), **options).stdout


def tracked(root=testlib.ROOT):
    """What is or could be committed; without git, all but what is built."""
    try:
        listed = git("ls-files", "-co", "--exclude-standard", cwd=root, text=True,
                     stderr=subprocess.DEVNULL).splitlines()
    except (OSError, subprocess.CalledProcessError):
        listed = [os.path.relpath(os.path.join(top, name), root)
                  for top, _, found in os.walk(root) for name in found
                  if not os.path.relpath(top, root).startswith(("build", ".git"))]
    return sorted(name for name in set(listed) if os.path.isfile(f"{root}/{name}"))
