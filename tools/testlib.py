# SPDX-License-Identifier: MIT
"""What the test drivers share: guests on copies of the root disk, and scores from what they said.

A score is [passed, failed, skipped].  A program that announced more tests than it reported, or
ended badly without reporting a failure, has failed what is missing: printing "ok" is never enough.
"""
import collections
import concurrent.futures
import ctypes
import importlib.machinery
import importlib.util
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OPTIONS = "SMP MEM SWAP APPEND CMD OVERLAY BOOT ICOUNT TIMEOUT DEBUG FRESH FREE SEED GDB T MIN N " \
          "RACES SEEDS JOBS IMG LOG KERNEL LINUX SCRATCH QEMU_ARGS"

PR_SET_CHILD_SUBREAPER = 36

# A finished command: exit status, everything it said, seconds, and the file that holds what it
# said.
Run = collections.namedtuple("Run", "status text seconds log")

# Before a command that is to end with us, even if nobody can tell it to.
WITH_US = ["setpriv", "--pdeathsig", "TERM"]
LINUX = "build/linux-6.1/tests/Image"

HANG = 2400  # seconds, after which a guest that ought to end has hung: however busy the host is


def load(path):
    """A Python file as a module, whatever it is called; leaves no bytecode beside it."""
    path = os.path.join(ROOT, path)
    name = os.path.relpath(path, ROOT).replace("/", "_").removesuffix(".py")
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


def clean_env(**options):
    """The environment without what `make` or its caller meant for one guest; with `options`."""
    drop = OPTIONS.split() + ["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"]
    env = {name: value for name, value in os.environ.items() if name not in drop}
    env["PATH"] += ":/usr/sbin:/sbin"
    return {**env, **{name: str(value) for name, value in options.items()}}


def adopt_orphans():
    """What a killed child leaves behind becomes ours, so that cpu_seconds() counts it (Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def cpu_seconds():
    """Of this process and of all that it has started and that has ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def run(argv, log, live=False, cwd=ROOT, stdin=subprocess.DEVNULL, **options):
    """Runs a command in the project's directory; its output goes to `log`.

    live: to our own output instead, for a command that writes `log` by itself.
    """
    start = time.monotonic()
    with open(log, "w") as out:
        status = subprocess.run(argv, cwd=cwd, env=clean_env(**options), stdin=stdin,
                                stdout=None if live else out, stderr=subprocess.STDOUT).returncode
    with open(log, errors="replace") as said:
        return Run(status, said.read().replace("\r", ""), time.monotonic() - start, log)


def guest(image, base=None, live=False, cwd=ROOT, **options):
    """Boots a copy of `base` (or `image` as it is) under tools/run's options; the copy stays."""
    image = os.path.abspath(image)
    if not live:
        options.setdefault("TIMEOUT", HANG)
    if "usertests" in options.get("CMD", ""):
        options.setdefault("SCRATCH", "16M")
    if base:
        subprocess.run(["cp", "--sparse=always", base, image], check=True)
    stem = image[:-len(".img")]
    open(f"{stem}.log", "w").close()  # what an earlier guest said there is not this one's
    done = run(["tools/run"], f"{stem}.log" if live else f"{stem}.out", live, cwd,
               **{**options, "IMG": image, "LOG": f"{stem}.log"})
    with open(f"{stem}.log", errors="replace") as console:
        text = console.read().replace("\r", "")
    # What tools/run itself had to say stands in .out; the console has the rest.
    remarks = [] if live else re.findall(r"^run: .*\n", done.text, re.M)
    return Run(done.status, text + "".join(remarks), done.seconds, f"{stem}.log")


def both_kernels(directory, base, command):
    """The guests' runs on Linux 6.1 and on Faultline, by name, each with a copy of `base`.

    command(name): what the guest does.  The environment's SMP, MEM, SWAP, TIMEOUT and DEBUG hold
    for both; its LINUX=Image is taken instead of the kernel that tools/linux-6.1/build makes.
    """
    linux = os.environ.get("LINUX", "")
    own = {"linux-6.1": {"KERNEL": os.path.abspath(LINUX if linux in ("", "1") else linux)},
           "faultline": {}}
    options = {name: os.environ[name] for name in "SMP MEM SWAP TIMEOUT DEBUG".split()
               if os.environ.get(name)}

    def boot(name):
        return guest(f"{directory}/{name}.img", base, CMD=command(name), **options, **own[name])

    with concurrent.futures.ThreadPoolExecutor(2) as lanes:
        return dict(zip(own, lanes.map(boot, own)))


def base_image(path, **options):
    """Makes the root disk that guests get copies of."""
    subprocess.run(["tools/image", path], cwd=ROOT, env=clean_env(**options), check=True)
    return path


def fsck(image):
    """None if e2fsck finds nothing wrong in the image, else what it found."""
    found = subprocess.run(["e2fsck", "-fn", image], env=clean_env(), text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return found.stdout if found.returncode else None


def usertests_command(patterns="", where="faultline", limit=60):
    """The guest's command for the user tests that match one of the blank-separated globs."""
    words = [shlex.quote(pattern) for pattern in patterns.split()]
    return " ".join(["usertests", f"--where={where}", f"-t {limit}"] + words)


def usertests_names(patterns, cwd=ROOT):
    """The user tests that match one of the globs, as the program itself lists them."""
    return subprocess.run(["qemu-riscv64", "build/user/usertests", "-l", *patterns], cwd=cwd,
                          stdout=subprocess.PIPE, text=True, check=True).stdout.split()


# A guest whose schedule a seed chooses (docs/races.md); a disk would have us wait for the host.
RACES = {"SMP": 1, "ICOUNT": 1, "RACES": 1, "MEM": "48M", "SWAP": "ram:8M"}


def races_command(patterns, seed, seeds):
    """The guest's command for these user tests under so many schedules, from `seed` on."""
    return usertests_command(patterns, limit=5).replace("usertests",
                                                        f"usertests --seed={seed} -r {seeds}", 1)


def score_ktap(done):
    """The score of one KTAP stream and the names of the tests that failed."""
    planned = sum(int(n) for n in re.findall(r"^1\.\.(\d+)$", done.text, re.M))
    lines = re.findall(r"^(not ok|ok) \d+(?: -)? ?(.*)$", done.text, re.M)
    failed = [name for verdict, name in lines if verdict == "not ok"]
    skipped = sum("# SKIP" in name for verdict, name in lines if verdict == "ok")
    score = [len(lines) - len(failed) - skipped, len(failed), skipped]
    missing = max(planned - len(lines), 0 if lines else 1)
    if missing == 0 and done.status != 0 and not failed:
        missing = 1
    if missing:
        failed.append(f"{missing} without a report, status {done.status}")
        score[1] += missing
    return score, failed


def score_sums(done, label=""):
    """The score of a program that adds up itself: its lines `N passed, N failed, N skipped`.

    label: what stands before them, where a program has one for each of its parts.
    """
    found = re.findall(f"^{label}(\\d+) passed, (\\d+) failed, (\\d+) skipped$", done.text, re.M)
    score = [sum(int(n) for n in column) for column in zip(*found)] if found else [0, 0, 0]
    if (done.status != 0 or not found) and score[1] == 0:
        score[1] = 1
    return score, []


def explain(text, lines=25):
    """What to show of a failed run: what its failed tests said, or the end if they said nothing.

    Where several sides ran the tests, each line begins with its side's name and a colon.
    """
    side = r"^(?:[a-z0-9.-]+: )?"
    said = re.findall(f"(?:{side}# .*\\n)*{side}not ok .*\\n", text, re.M)
    return "".join(f"      | {line}\n" for line in "".join(said).splitlines()) or tail(text, lines)


def format_score(score):
    return "%d passed, %d failed, %d skipped" % tuple(score)


def tail(text, lines=25):
    return "".join(f"      | {line}\n" for line in text.splitlines()[-lines:])


def fresh_directory(path):
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def remove_disks(directory, prefix=""):
    """Removes disks, and all that belongs to them, of the runs whose names begin with `prefix`."""
    for name in os.listdir(directory):
        if name.startswith(prefix) and name.endswith(
                (".img", ".swap", ".scratch", ".lock", ".uboot", ".sum", ".out")):
            os.unlink(os.path.join(directory, name))
