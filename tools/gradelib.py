# SPDX-License-Identifier: MIT
"""How a submission becomes points.

A submission is text: the regions and files that the lab names, taken from a tree, a hand-in, a
patch.  They are put into the grading tree, a copy of the reference under build/grade/, where all
else is as the course has it; only what they touch is compiled.  Each test is a guest of its own on
one hart, whose clock counts instructions; the host judges what it sees from outside
(tools/labguest.py).

In a handout the reference is the newest commit of the course that the student has.
"""
import collections
import concurrent.futures
import contextlib
import fcntl
import filecmp
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import traceback
import zlib

import labfamily
import labguest
import lablib
import labsubmit
import testlib
from labsubmit import Refused

DIRECTORY = "build/grade"
BUILD_SECONDS = 120         # of the compiler's time
BUILD_MEMORY = 4 << 30
COMPILER_LIMIT = 1 << 20    # characters that it says
WRONG = re.compile("error|undefined|multiple definition")
JOBS = 2

Test = collections.namedtuple("Test", "name points function look seed pages sibling options")
# gate: points count only if it is good; it has none itself.
# measured: what was compared with a threshold.
Result = collections.namedtuple(
    "Result", "name points of ok said look details sibling gate measured", defaults=([],))


@contextlib.contextmanager
def room():
    """build/grade/, for one grader at a time; without what a killed one has left of its guests."""
    os.makedirs(DIRECTORY, exist_ok=True)
    with open(f"{DIRECTORY}/lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another grader in this tree", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        for name in os.listdir(DIRECTORY):
            if name.startswith(labguest.PREFIX):
                shutil.rmtree(f"{DIRECTORY}/{name}")
        yield


# --- the reference --------------------------------------------------------------------------

def reference_files():
    """{path: content or None for as it is here} of the tree that submissions are put into."""
    commit = os.path.exists(lablib.HANDOUT) and labsubmit.course_commit()
    if not commit:
        return {path: None for path in lablib.tracked()}
    with tarfile.open(fileobj=labsubmit.course_archive(commit)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar
                if member.isfile()}


def same(path, content):
    with open(path, "rb") as f:
        return f.read() == content


def copy_file(path, content, target):
    """Brings one file of the grading tree up to date, with its time if it is the one here."""
    if content is not None and os.path.isfile(path) and same(path, content):
        content = None
    if os.path.exists(target):
        if content is None and filecmp.cmp(path, target, shallow=False):
            return
        if content is not None and same(target, content):
            return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if content is None:
        # What a submission had changed must be compiled again: it is new, not as old as ours.
        copy = shutil.copy if os.path.exists(target) else shutil.copy2
        copy(path, target)
        return
    with open(target, "wb") as f:
        f.write(content)
    if os.path.isfile(path):
        shutil.copymode(path, target)


def seed_build(tree):
    """Starts from what is built here: only what differs is compiled."""
    os.makedirs(f"{tree}/build", exist_ok=True)
    for part in "user", "bench", "labs":
        if not os.path.islink(f"{tree}/build/{part}") and os.path.exists(f"build/{part}"):
            os.symlink(os.path.abspath(f"build/{part}"), f"{tree}/build/{part}")
    if not os.path.exists(f"{tree}/build/obj"):
        parts = [f"build/{name}" for name in os.listdir("build")
                 if name == "obj" or name.startswith(
                     ("ksyms", "vdso", "pass1", "faultline", "kernel", "version", "Image"))]
        subprocess.run(["cp", "-a", *parts, f"{tree}/build/"], check=True)
    if not os.path.exists(f"{tree}/build/races") and os.path.exists("build/races"):
        subprocess.run(["cp", "-a", "build/races", f"{tree}/build/"], check=True)


def build_races(lab):
    """Makes, here and once, what the grading trees' kernels of races begin from (seed_build)."""
    if lab.races and not os.path.exists("build/races"):
        compile_kernel(".", "RACES=1")


def prepare_tree(tree):
    """Makes the grading tree the reference again; the files of it."""
    files = reference_files()
    os.makedirs(tree, exist_ok=True)
    seed_build(tree)
    for path, content in files.items():
        target = f"{tree}/{path}"
        if os.path.islink(path):
            continue
        copy_file(path, content, target)
    return files


def original(path, tree):
    with open(f"{tree}/{path}") as f:
        return f.read()


# --- build ----------------------------------------------------------------------------------

def limit_build():
    resource.setrlimit(resource.RLIMIT_CPU, (BUILD_SECONDS, BUILD_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BUILD_MEMORY, BUILD_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 20, 256 << 20))
    os.setsid()


def write_if_changed(path, text):
    if os.path.exists(path):
        with open(path, errors="replace") as f:
            if f.read() == text:
                return
    with open(path, "w") as f:
        f.write(text)


def build(lab, submission, tree):
    """Puts the submission into the tree and makes the kernel."""
    for path, bodies in submission.regions.items():
        write_if_changed(f"{tree}/{path}", lablib.transplant(original(path, tree), bodies, lab.name,
                                                             path))
    for path, text in submission.whole.items():
        if lablib.is_c(path):
            lablib.check_whole(text, path)
        write_if_changed(f"{tree}/{path}", text)
    compile_kernel(tree)


def compile_kernel(tree, *variables):
    command = [*testlib.WITH_US, "make", "-s", f"-j{JOBS}", "kernel", *variables]
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(command, cwd=tree, env=testlib.clean_env(),
                                   stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, preexec_fn=limit_build)
        try:
            process.wait(10 * BUILD_SECONDS * labguest.SCALE)
        except subprocess.TimeoutExpired:
            pass
        labsubmit.end_session(process)
        output.seek(0)
        said = output.read(COMPILER_LIMIT)
    if process.returncode:
        lines = [line for line in said.splitlines() if not line.startswith("  ")]
        wrong = [line for line in lines if WRONG.search(line)] or lines or ["it takes too long"]
        raise Refused(f"it does not compile: {wrong[0][:200]}\n{said[:4000]}")


# --- tests ----------------------------------------------------------------------------------

class Context:
    """What a test works with.  guest: None for a test on the host."""

    def __init__(self, test, submission, tree, base, guest):
        self.rng, self.guest, self.seed = random.Random(test.seed), guest, test.seed
        self.pages, self.submission, self.tree, self.base = test.pages, submission, tree, base
        self.directory = DIRECTORY
        self.family = labfamily.Family(guest, self.pages) if guest else None
        self.look, self.measured, self.share = test.look, [], 1.0

    def give(self, share, said):
        """A part of the test's points."""
        self.share = share
        self.measured.append(said)

    def at_most(self, what, limit, got):
        """A measured figure against a threshold, which must be far from what is likely."""
        self.measured.append(f"{what}: {got}, at most {limit}")
        if got > limit:
            raise labfamily.Failed(what, f"at most {limit}", got)

    def at_least(self, what, limit, got, look=None):
        self.measured.append(f"{what}: {got}, at least {limit}")
        if got < limit:
            raise labfamily.Failed(what, f"at least {limit}", got, look)


def load_tests(lab):
    sys.path.insert(0, lab.path)
    try:
        return testlib.load(f"{lab.path}/tests.py")
    finally:
        sys.path.remove(lab.path)


def tests_of(lab):
    """The open tests, then the hidden ones, which a handout does not have."""
    module = load_tests(lab)
    tests = []
    for name, points, function, look, *options in module.TESTS:
        options = dict(*options)
        pages = options.pop("pages", 24)
        tests.append(Test(name, points, function, look, zlib.crc32(name.encode()), pages, None,
                          options))
    hidden = f"{lab.path}/hidden.txt"
    if os.path.exists(hidden):
        with open(hidden) as f:
            for line in f:
                if line.strip() and not line.startswith("#"):
                    name, sibling, points, seed = line.split()
                    open_one = next(t for t in tests if t.name == sibling)
                    tests.append(open_one._replace(
                        name=name, points=int(points), seed=int(seed), sibling=sibling,
                        pages=open_one.pages + int(seed) % 9))
    return tests


def run_test(test, submission, tree, base):
    """The result of one test, in a guest of its own."""
    result = Result(test.name, 0, test.points, False, "", test.look, "", test.sibling, False)
    context = None
    try:
        if test.options.get("host"):
            context = Context(test, submission, tree, base, None)
            test.function(context)
        else:
            with labguest.Guest(tree, base, DIRECTORY, **test.options) as guest:
                context = Context(test, submission, tree, base, guest)
                test.function(context)
                context.family.gates()
        return result._replace(points=round(test.points * context.share), ok=context.share == 1.0,
                               said=context.measured[-1] if context.measured else "",
                               measured=context.measured)
    except labfamily.Failed as error:
        return result._replace(said=str(error), look=error.look or test.look,
                               measured=context.measured if context else [])
    except labguest.Broken as error:
        return result._replace(said=f"{error}", details=error.details)
    except Exception as error:  # of the test itself: for the course to look at
        return result._replace(said=f"the test failed: {error!r}", details=traceback.format_exc())


def does_not_boot(tree, base):
    """None, or what is wrong."""
    try:
        with labguest.Guest(tree, base, DIRECTORY):
            return None
    except labguest.Broken as error:
        return error


def why_failed(text):
    return re.sub(r"^ +\| ", "", testlib.explain(text), flags=re.M)


def score_gate(text, status, tests, tree):
    """How many passed, and the names of those that did not, or did not report.

    The kernel can print what it likes, but then it must know all of the names.
    """
    score, failed = testlib.score_ktap(testlib.Run(status, text, 0, ""))
    if not failed:
        reported = re.findall(r"^ok \d+ - (\S+)", text, re.M)
        failed = sorted(set(testlib.usertests_names(tests, tree)) - set(reported))
    return score[0], failed


def watch_gate(name, tests, command, repeat, tree, base, **options):
    """The result of user tests that must pass, on the same kind of guest.  repeat: by hand."""
    guest = labguest.Guest(tree, base, DIRECTORY, command, answers=False, **options)
    status, broken = -1, None
    try:
        with guest:
            guest.watch_tests()
            status = guest.process.wait()
    except labguest.Broken as error:
        broken = error
    passed, failed = score_gate(guest.text, status, tests, tree)
    names = [name for name in failed if " " not in name]    # others: how many did not report
    said = f"these must pass: {', '.join(names[:5] or failed)}" if failed else f"{passed} passed"
    if broken:
        over = re.findall(r"^(?:not )?ok \d+ - (\S+)", guest.text, re.M)
        said = f"{f'after {over[-1]}' if over else 'in the first test'}: {broken}"
    details = broken.details if broken else \
        why_failed("\n".join(guest.said()) + "\n") if failed else ""
    return Result(f"gate: {name}", 0, 0, not failed, said, repeat % " ".join(names[:5] or tests),
                  details, None, True)


def run_gate(lab, tree, base):
    command = testlib.usertests_command(" ".join(lab.gate))
    repeat = "make usertests T='%s'" + f" MEM={lab.memory}" * (lab.memory != "128M") + \
        f" APPEND={lab.append}" * bool(lab.append)
    return watch_gate("user-tests", lab.gate, command, repeat, tree, base, MEM=lab.memory,
                      APPEND=lab.append, SWAP="256M", SCRATCH="16M")


def run_races(lab, tree, base):
    """The lab's races, under schedules that seeds choose (docs/races.md)."""
    compile_kernel(tree, "RACES=1")
    command = testlib.races_command(" ".join(lab.races), 1, lab.seeds)
    return watch_gate("races", lab.races, command, f"make races T='%s' SEEDS={lab.seeds}", tree,
                      base, SCRATCH="16M", APPEND="race_seed=1", **testlib.RACES)


def gates_of(lab):
    """Pairs of a name and a function; the longest is last."""
    return [("races", run_races)] * bool(lab.races) + [("user-tests", run_gate)] * bool(lab.gate)


def explain(result):
    """One line: name, points, and what was expected, what came, where to look."""
    verdict = "ok    " if result.ok else "FAILED"
    points = "" if result.gate else f"{result.points}/{result.of}"
    line = f"{verdict} {result.name:22} {points:>6}"
    if result.ok:
        return line
    sibling = f"; the open test {result.sibling} is like it" if result.sibling else ""
    return f"{line}  {result.said}{sibling}; look at {result.look}"


def run_tests(lab, submission, tree, base, only=None, say=print):
    """All results in order, each said as soon as it and those before it are there."""
    tests = [t for t in tests_of(lab) if not only or t.name in only]
    broken = does_not_boot(tree, base)
    if broken:
        say(f"it does not boot: {broken}\n{broken.details}")
        return nothing(lab, f"it does not boot: {broken}", tests)
    with concurrent.futures.ThreadPoolExecutor(JOBS) as lanes:
        gates = [lanes.submit(gate, lab, tree, base) for name, gate in gates_of(lab)
                 if not only or name in only]
        running = [lanes.submit(run_test, test, submission, tree, base) for test in tests]
        results = []
        for future in running + gates:
            try:
                results.append(future.result())
            except KeyboardInterrupt:
                lanes.shutdown(cancel_futures=True)
                raise
            say(explain(results[-1]))
            if results[-1].details:
                say("".join(f"       | {line}\n" for line in results[-1].details.splitlines()[:16]),
                    end="")
    if any(r.gate and not r.ok for r in results):
        results = [r._replace(points=0) for r in results]
    return results


def base_image():
    base = testlib.base_image(f"{DIRECTORY}/base.img")
    return os.path.abspath(base)


def grade(lab, submission, tree, base, only=None, say=print):
    """Builds and tests; the results."""
    for remark in submission.remarks:
        say(remark)
    build(lab, submission, tree)
    return run_tests(lab, submission, tree, base, only, say)


def total(results):
    return sum(r.points for r in results), sum(r.of for r in results)


# --- results.json ---------------------------------------------------------------------------

def gradescope(results, seconds, remark=""):
    points, most = total(results)
    return {
        "score": points, "execution_time": round(seconds, 1), "output_format": "text",
        "output": remark or f"Score: {points}/{most}", "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [{
            "name": r.name, "number": str(i), "score": r.points, "max_score": r.of,
            "status": "passed" if r.ok else "failed",
            "output": r.said if r.ok else "\n".join(filter(None, [r.said, f"look at {r.look}",
                                                                  r.details])),
            "output_format": "text", "visibility": "after_due_date" if r.sibling else "visible",
            "tags": ["gate"] if r.gate else [], "extra_data": {},
        } for i, r in enumerate(results, 1)],
    }


def nothing(lab, remark, tests=None):
    """The results of a submission that cannot be graded."""
    return [Result(t.name, 0, t.points, False, remark.splitlines()[0], t.look, "", t.sibling, False)
            for t in tests or tests_of(lab)]


def write_results(path, results, began, remark=""):
    with open(f"{path}.new", "w") as f:
        json.dump(gradescope(results, time.monotonic() - began, remark), f, indent=1)
        f.write("\n")
    os.replace(f"{path}.new", path)
