# SPDX-License-Identifier: MIT
"""A guest in which labs/guest/puppet moves a family of processes, one step at a time, while the
host looks on: at the page tables, in RAM (tools/guestmem.py), at the traps that QEMU counted, at
the disks.  What the guest says about itself is used only to know when a step is over and what
memory holds; a line that is to count must carry the run's secret.  Or a guest that runs the user
tests, each of which is a step.

A step that does not end, or ends the guest, is told by a Broken with a diagnosis.
"""
import os
import re
import resource
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import guestmem
import testlib

AREA, PAGE = 0x1000000000, 4096
PAGE_FAULTS = {0xC: "x", 0xD: "r", 0xF: "w"}
PROT_READ, PROT_WRITE = 1, 2
SHARED, PRIVATE, ANONYMOUS = 1, 2, 0x20
SCALE = float(os.environ.get("TIMEOUT_SCALE", "1"))
WALL_LIMIT = 300 * SCALE    # seconds for one step: the last net
GUEST_LIMIT = 1.0           # seconds of the guest's own time for one step: 10^9 instructions
TEST_LIMIT = 5.0            # for a user test; the longest takes 0.4
BUSY_SHARE = 0.5            # seconds of the host's processor, at least, for 10^9 instructions
BUSY_MOST = 30 * SCALE      # at most: a hart that traps without end counts no instruction
LOOKS = 50                  # for the function that a hart is busy in
IDLE_LOOKS = 5              # with nothing under way, 100 ms apart
UNANSWERED = 20             # times as many, while a disk ought to work
SETTLE_LOOKS = 1000
OUTPUT_LIMIT = 1 << 20      # bytes that a guest may say
PREFIX = "guest-"           # of the folders of guests
DISK_LIMIT = 1 << 30        # bytes of any file that QEMU writes
CONTROL = re.compile(r"[\0-\x08\x0b-\x1f\x7f-\x9f]")     # nothing for whose terminal shows it


class Broken(Exception):
    """The guest did not do a step: what (one line), and details (lines)."""

    def __init__(self, what, details=""):
        super().__init__(what)
        self.details = details


def session_stats(session):
    """For each process of a session: its pid and the fields of its stat from the state on."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as f:
                fields = f.read().rpartition(") ")[2].split()
        except OSError:
            continue    # it has ended meanwhile
        if int(fields[3]) == session:
            yield int(name), fields


def cpu_seconds(session):
    return sum(int(fields[11]) + int(fields[12]) for _, fields in session_stats(session)) / \
        os.sysconf("SC_CLK_TCK")


def all_sleep(session):
    """No thread runs, wants to run, or waits for a disk of the host's."""
    for pid, _ in session_stats(session):
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/stat") as f:
                    if f.read().rpartition(") ")[2][0] != "S":
                        return False
        except OSError:
            return False    # one of them has ended just now
    return True


def limit_child():
    os.setsid()
    resource.setrlimit(resource.RLIMIT_FSIZE, (DISK_LIMIT, DISK_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Table(dict):
    """{page: leaf entry}; 0 for one that has none."""

    def __missing__(self, page):
        return 0


class Guest:
    """Boots the kernel of `tree` on a copy of `base`; everything it makes is in `directory`.

    answers: the command takes the secret, and says when it is ready; its traps are counted.
    """

    def __init__(self, tree, base, directory, command="puppet", answers=True, **options):
        self.tree, self.secret, self.count, self.text = tree, secrets.token_hex(8), 0, ""
        self.build = f"{tree}/build" + "/races" * bool(options.get("RACES"))
        self.answers, self.read_to, self.sent = answers, 0, ""
        self.pause = 0      # seconds between two requests to a disk, at least
        self.directory = tempfile.mkdtemp(prefix=PREFIX, dir=os.path.abspath(directory))
        self.sockets = tempfile.mkdtemp(prefix="fl")  # their paths must be short
        self.ended, self.flooded, self.traps_at = threading.Event(), False, 0
        self.ready, self.memory, self.monitor = threading.Condition(), None, None
        self.ram_file = None
        self.image = f"{self.directory}/root.img"
        subprocess.run(["cp", "--sparse=always", base, self.image], check=True)
        options = {"ICOUNT": 1, "MEM": "64M", "SWAP": "0", **options}
        command += answers * f" {self.secret}"
        env = testlib.clean_env(CMD=command, IMG=self.image, **options)
        shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else self.directory
        self.ram = tempfile.mktemp(prefix="faultline-ram-", dir=shm)
        env["QEMU_ARGS"] = (
            f"-machine memory-backend=ram -object memory-backend-file,id=ram,"
            f"size={options['MEM']},mem-path={self.ram},share=on "
            f"-qmp unix:{self.sockets}/qmp,server=on,wait=off" +
            answers * f" -d int -D {self.directory}/traps")
        self.process = subprocess.Popen(testlib.WITH_US + ["tools/run"], cwd=tree,
                                        env=env, bufsize=0, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        preexec_fn=limit_child)
        threading.Thread(target=self.listen, daemon=True).start()

    def __enter__(self):
        try:
            self.connect()
            if self.answers:
                self.expect(0)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, kind, error, traceback):
        """What the host stumbled over while it looked is a Broken, too."""
        if isinstance(error, guestmem.Gone):
            self.ended.wait(5)
        self.close()
        if isinstance(error, guestmem.Gone):
            raise self.diagnose_end() from None
        if isinstance(error, guestmem.Unreadable):
            raise Broken(f"the kernel has overwritten what it needs: {error}") from None

    def listen(self):
        while True:
            piece = os.read(self.process.stdout.fileno(), 65536)
            with self.ready:
                self.text += CONTROL.sub("", piece.decode(errors="replace"))
                self.flooded |= len(self.text) > OUTPUT_LIMIT
                if not piece or self.flooded:
                    self.ended.set()
                self.ready.notify()
            if self.ended.is_set():
                break
        if self.flooded:
            self.kill()

    def connect(self):
        deadline = time.monotonic() + WALL_LIMIT
        while not self.monitor:
            try:
                self.monitor = guestmem.Monitor(f"{self.sockets}/qmp")
            except OSError:
                if self.ended.is_set() or time.monotonic() > deadline:
                    raise Broken("QEMU did not start", self.text) from None
                time.sleep(0.01)
        # Nobody needs their names any more; so nothing is left of them, however this ends.
        self.ram_file = open(self.ram, "rb")
        os.unlink(self.ram)
        shutil.rmtree(self.sockets)

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def close(self):
        """Ends the guest, however it is, and removes what it made but its console's text."""
        self.kill()
        self.process.wait()
        self.ended.wait(5)
        self.process.stdin.close()
        self.process.stdout.close()
        if self.ram_file:
            self.ram_file.close()
        elif os.path.exists(self.ram):
            os.unlink(self.ram)
        subprocess.run(["rm", "-rf", self.directory, self.sockets], check=False)

    # --- steps -----------------------------------------------------------------------------

    def guest_time(self):
        """Seconds of the machine's clock, from its timer's register."""
        found = re.search(r": (0x\w+)", self.monitor.human("xp /1gx 0x200bff8"))
        return int(found[1], 16) / 1e7

    def expect(self, number):
        """Waits for the answer to a line."""
        return self.expect_one_of(number)[1]

    def expect_one_of(self, *numbers):
        """The first answer to one of some lines: its number and what it says."""
        wanted = "|".join(map(str, numbers))
        found = self.wait_for(rf"^@{self.secret} ({wanted}) (0x[0-9a-f]+)\n", GUEST_LIMIT)
        return int(found[1]), int(found[2], 16)

    def watch_tests(self):
        """Lets the user tests run to the machine's end; a Broken says what came between."""
        number = 0
        try:
            while True:
                number += 1
                self.wait_for(rf"^(?:not )?ok {number} .*\n", TEST_LIMIT)
        except Broken:
            if not self.ended.is_set() or "reboot: Power down" not in self.text:
                raise

    def wait_for(self, wanted, limit):
        """The match, once a step's last line is there.  limit: seconds of the guest's time."""
        pattern = re.compile(wanted, re.M)
        deadline, began, answered = time.monotonic() + WALL_LIMIT, None, None
        while True:
            with self.ready:
                found = pattern.search(self.text, self.read_to)
                if not found and not self.ended.is_set():
                    self.ready.wait(1)
                    found = pattern.search(self.text, self.read_to)
            if found:
                self.read_to = found.end()
                return found
            if self.ended.is_set():
                self.process.wait()
                raise self.diagnose_end()
            try:
                now = self.guest_time(), cpu_seconds(self.process.pid), self.requests()
                began = began or now
                if not answered or now[2] != answered[2]:
                    answered = now
                if (time.monotonic() > deadline or now[1] - began[1] > BUSY_MOST * limit or
                        now[0] - began[0] > limit and self.is_stuck(answered, now, limit)) and \
                        not pattern.search(self.text, self.read_to):
                    raise self.diagnose_hang()
            except OSError:     # QEMU has ended, or will have soon
                self.ended.wait(5)
                if time.monotonic() > deadline:
                    self.kill()

    def is_stuck(self, answered, now, limit):
        """After the limit; answered: guest's time and processor seconds when a disk last answered.

        While the hart idles the machine's clock follows the host's, which may be slow: then it is
        stuck if nothing is under way.  A busy hart has used a processor for that time.
        """
        passed, used = now[0] - answered[0], now[1] - answered[1]
        return self.rests() or passed > limit and used > BUSY_SHARE * limit and \
            not self.where()[0].startswith("cpu_idle")

    def rests(self):
        """Nothing is under way: the hart idles, and no disk works, however slow it was made.

        A request that no thread of QEMU's works on for so many looks more has no answer.
        """
        before, working = self.requests(), self.disks_work()
        looks = (IDLE_LOOKS + int(30 * self.pause)) * (UNANSWERED if working else 1)
        for _ in range(looks):
            time.sleep(0.1)
            if not all_sleep(self.process.pid):
                return False
        return self.requests() == before and self.disks_work() == working

    def disks_work(self):
        """The guest has asked a disk for something, and has no answer."""
        self.stop()
        working = self.memory.requests_in_flight() > 0
        self.cont()
        return working

    def settle(self):
        """Waits until reclaim is over: kswapd sleeps, and nothing is being written."""
        quiet = 0
        for _ in range(SETTLE_LOOKS):
            writes = self.do(0, "get", "/proc/vmstat", "nr_writeback")
            quiet = 0 if writes or self.kswapd_works() else quiet + 1
            if quiet == 2:
                break

    def kswapd_works(self):
        self.stop()
        stacks = [self.stack_of(task) for task in self.memory.tasks().values()
                  if self.memory.name(task) == "kswapd0"]
        self.cont()
        return any(name.startswith("shrink") for stack in stacks for name in stack)

    def where(self):
        """The functions of the kernel that the hart is in, innermost first.

        If it is in the firmware or in a program just now, a later look finds what called that.
        """
        for _ in range(LOOKS):
            self.stop()
            registers = self.monitor.human("info registers")
            pc = int(re.search(r"\bpc +(\w+)", registers)[1], 16)
            ra, fp = (int(re.search(rf"{name} +(\w+)", registers)[1], 16)
                      for name in ("x1/ra", "x8/s0"))
            stack = self.memory.stack(pc, fp, ra)
            self.cont()
            if self.memory.is_code(pc):
                break
            time.sleep(0.001)
        return stack

    def do(self, process, command, *arguments):
        """One step; its answer."""
        self.send(process, command, *arguments)
        return self.expect(self.count)

    def send(self, process, command, *arguments):
        """A step whose answer nobody waits for: it may be the process's end."""
        self.count += 1
        self.sent = " ".join([str(process), command] + [str(a) for a in arguments])
        try:
            self.process.stdin.write(f"{self.sent}\n".encode())
        except BrokenPipeError:
            pass

    # --- what went wrong -------------------------------------------------------------------

    def diagnose_end(self):
        said = self.said()
        panic = next((i for i, line in enumerate(said) if re.search(r"Kernel panic:", line)), None)
        failed = next((line for line in said if line.startswith("Boot failed:")), None)
        if self.flooded:
            return Broken(f"endless output: more than {OUTPUT_LIMIT >> 20} MiB, the last line: "
                          f"{said[-1][-100:] if said else ''}")
        if panic is not None:
            why = said[panic].partition("Kernel panic: ")[2]
            return Broken(f"the kernel panicked: {why}",
                          "\n".join(said[panic:panic + 30]))
        if failed:
            return Broken(failed, "\n".join(said[-10:]))
        if "exit status" in self.text:
            killed = any(line.startswith("Out of memory: Killed") for line in said)
            return Broken("out of memory: the kernel killed the test's program" if killed else
                          "the test's program ended early",
                          self.last_words() + "\n".join(said[-10:]))
        return Broken("the machine was reset or ended without a word", "\n".join(said[-10:]))

    def stop(self):
        """The guest stands still from here on: then RAM may be looked at."""
        self.monitor.ask("stop")
        if not self.memory:
            self.memory = guestmem.Memory(f"/proc/self/fd/{self.ram_file.fileno()}",
                                          f"{self.build}/faultline.elf")

    def cont(self):
        self.monitor.ask("cont")

    def diagnose_hang(self):
        where = self.where()
        if where[0].startswith("cpu_idle"):
            return Broken(self.why_idle(), self.last_words() + self.sleeping_stacks())
        said = " < ".join(name.split("+")[0] for name in where[:6])
        return Broken(f"a step did not end; the hart is busy in {said}",
                      self.last_words() + "\n".join(where))

    def why_idle(self):
        if self.disks_work():
            return "a step did not end; a disk is at work all the time (is memory used up?), or " \
                "does not answer"
        return "the guest idles and waits for something that does not come (a lost wake-up, a " \
            "lock that nobody gives back, or memory that holds what its owner did not store)"

    def said(self):
        """The lines that are not answers, nor the firmware's."""
        kernel = re.split(r"^Boot HART MEDELEG.*\n", self.text, flags=re.M)[-1]
        return [line for line in kernel.splitlines()
                if line and not line.startswith(f"@{self.secret}")]

    def last_words(self):
        """The step that did not end; of user tests, the last lines."""
        if self.answers:
            return f"sent: {self.sent}\n" if self.sent else ""
        return "".join(f"said: {line}\n" for line in self.said()[-5:])

    def sleeping_stacks(self):
        """Where the processes sleep; not the kernel's threads."""
        text = ""
        self.stop()
        for pid, task in sorted(self.memory.tasks().items()):
            if self.memory.table(pid):
                text += f"{self.memory.name(task)}, process {pid}: " + \
                    " < ".join(name.split("+")[0] for name in self.stack_of(task)) + "\n"
        return text

    def stack_of(self, task):
        """The functions that a task which does not run is in; the guest stands still."""
        context = task + self.memory.offsets["task_struct.context"]
        return self.memory.stack(self.memory.long(context), self.memory.long(context + 16))

    # --- looking ---------------------------------------------------------------------------

    def disk(self, name):
        """What QEMU has counted on a disk: rd_operations, rd_bytes, wr_operations, wr_bytes, …"""
        for found in self.monitor.ask("query-blockstats"):
            if found.get("device") == name:
                return found["stats"]
        raise KeyError(name)

    def requests(self):
        """That all disks have done."""
        return sum(found["stats"]["rd_operations"] + found["stats"]["wr_operations"]
                   for found in self.monitor.ask("query-blockstats"))

    def slow_down(self, name, requests):
        """A disk does so many requests a second from here on; 0: as many as it can."""
        self.pause = 1 / requests if requests else 0
        limits = dict.fromkeys(("bps", "bps_rd", "bps_wr", "iops_rd", "iops_wr"), 0)
        self.monitor.ask("block_set_io_throttle", device=name, iops=requests, **limits)

    def tables(self, pids, count):
        """For each of the pids its Table, of pages 0 to count - 1 of the area."""
        self.stop()
        found = []
        for pid in pids:
            table = self.memory.table(pid)
            pages = self.memory.pages(table, AREA, AREA + count * PAGE) if table else {}
            found.append(Table(((va - AREA) // PAGE, entry) for va, entry in pages.items()))
        self.cont()
        return found

    def faults(self, count=1 << 20):
        """The page faults on the area since the last time: a list of (page, r, w or x)."""
        self.stop()
        with open(f"{self.directory}/traps", errors="replace") as f:
            f.seek(self.traps_at)
            said = f.read()
            self.traps_at = f.tell()
        self.cont()
        found = re.findall(r"cause:(\w+), epc:\w+, tval:(\w+), desc=\w+_page_fault", said)
        places = [((int(tval, 16) - AREA) // PAGE, PAGE_FAULTS[int(cause, 16)])
                  for cause, tval in found]
        return [(page, access) for page, access in places if 0 <= page < count]
