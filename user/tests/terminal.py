#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of sh with a terminal: line editing, history, job control. terminal.py QEMU SH

Each step waits for what it expects, so nothing here depends on time but its failure.
"""
import os
import pty
import re
import select
import sys
import time

LIMIT = 20.0


class Terminal:
    def __init__(self, argv):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(PS1="@@ ", PATH="/bin:/usr/bin", LC_ALL="C")
            os.execvp(argv[0], argv)

    def send(self, text):
        os.write(self.fd, text.encode())

    def expect(self, pattern):
        """Reads until the pattern is there; what was read before is gone then."""
        end = time.time() + LIMIT
        while True:
            m = re.search(pattern.encode(), self.seen)
            if m:
                self.seen = self.seen[m.end():]
                return m
            left = end - time.time()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError(f"expected {pattern!r}, got {self.seen!r}")
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                data = b""
            if not data:
                raise AssertionError(f"expected {pattern!r} before the end, got {self.seen!r}")
            self.seen += data

    def line(self, text, pattern):
        self.send(text + "\n")
        self.expect(r"\n" + pattern)
        self.expect("@@ ")


def editing(t):
    t.line("echo plain", "plain\r\n")
    t.line("ecko abd\x1b[D\x1b[D\x1b[Cc\x1b[Ho\x1b[3~\x01\x1b[C\x1b[C\x1b[C\x7fh", ".*not found")
    t.line("junk\x15echo one two\x17three", "one three\r\n")
    t.line("o\x01ech\x05 end", "end\r\n")


def history(t):
    t.line("echo first", "first\r\n")
    t.line("echo second", "second\r\n")
    t.line("\x1b[A\x1b[A", "first\r\n")
    t.line("\x1b[A\x1b[A\x1b[B", "first\r\n")


def continuation(t):
    t.send("for i in 1 2\n")
    t.expect("> ")
    t.send("do echo n$i; done\n")
    t.expect("\nn1\r\nn2\r\n")
    t.expect("@@ ")


def interrupt(t):
    t.send("half a line\x03")
    t.expect(r"\^C\r\n")
    t.expect("@@ ")
    t.line("echo $?", "130\r\n")
    # Not before it runs: earlier, ^C would be a key of the editor.
    for command in "sleep 100", "while :; do :; done", "cat | cat":
        t.send(f"echo r''uns; {command}\n")
        t.expect("runs\r\n")
        t.send("\x03")
        t.expect("@@ ")
        t.line("echo $?", "130\r\n")


def jobs(t):
    t.send("echo runs >marker; tail -f marker\n")
    t.expect(r"\nruns\r\n")
    t.send("\x1a")
    t.expect(r"\[1\] \d+ Stopped +tail -f marker\r\n")
    t.expect("@@ ")
    t.line("bg", r"\[1\] \d+ Running +tail -f marker\r\n")
    t.line("jobs", r"\[1\] \d+ Running +tail -f marker\r\n")
    t.send("fg\n")
    t.expect(r"\n\[1\] \d+ Running .*\n")
    t.send("\x03")
    t.expect("@@ ")
    t.line("sleep 100 & kill $!; wait; echo waited", r"(.*\n)?waited\r\n")
    t.send("sleep 0.2 &\n")
    t.expect(r"\n\[1\] \d+\r\n")
    t.expect("@@ ")
    t.line("sleep 0.4", r"\[1\] \d+ Done +sleep 0.2")


def errors(t):
    t.line("echo )", "sh: syntax error: unexpected \\)\r\n")
    t.line("{ echo ${x?}; } >/dev/null", "sh: .*are known\r\n")
    t.line("echo still", "still\r\n")


def end(t):
    t.send("exit 9\n")
    _, status = os.waitpid(t.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 9, f"expected 9, got {status:#x}"


def main():
    t = Terminal(sys.argv[1:])
    t.expect("@@ ")
    for test in (editing, history, continuation, interrupt, jobs, errors, end):
        try:
            test(t)
        except AssertionError as e:
            print(f"FAILED sh with a terminal: {test.__name__}: {e}")
            os.kill(t.pid, 9)
            sys.exit(1)
        print(f"ok {test.__name__}")


main()
