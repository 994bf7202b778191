#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of sh with a terminal: line editing, history, job control. terminal.py QEMU SH

Each step waits for what it expects, so nothing here depends on time but its failure.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools"))
from terminal import LIMIT, Terminal


def line(t, text, pattern):
    t.send(text + "\n")
    t.expect(r"\n" + pattern)
    t.expect("@@ ")


def editing(t):
    line(t, "echo plain", "plain\r\n")
    line(t, "ecko abd\x1b[D\x1b[D\x1b[Cc\x1b[Ho\x1b[3~\x01\x1b[C\x1b[C\x1b[C\x7fh", ".*not found")
    line(t, "junk\x15echo one two\x17three", "one three\r\n")
    line(t, "o\x01ech\x05 end", "end\r\n")


def history(t):
    line(t, "echo first", "first\r\n")
    line(t, "echo second", "second\r\n")
    line(t, "\x1b[A\x1b[A", "first\r\n")
    line(t, "\x1b[A\x1b[A\x1b[B", "first\r\n")


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
    line(t, "echo $?", "130\r\n")
    # Not before it runs: earlier, ^C would be a key of the editor.
    for command in "sleep 100", "while :; do :; done", "cat | cat":
        t.send(f"echo r''uns; {command}\n")
        t.expect("runs\r\n")
        t.send("\x03")
        t.expect("@@ ")
        line(t, "echo $?", "130\r\n")


def jobs(t):
    t.send("echo runs >marker; tail -f marker\n")
    t.expect(r"\nruns\r\n")
    t.send("\x1a")
    t.expect(r"\[1\] \d+ Stopped +tail -f marker\r\n")
    t.expect("@@ ")
    line(t, "bg", r"\[1\] \d+ Running +tail -f marker\r\n")
    line(t, "jobs", r"\[1\] \d+ Running +tail -f marker\r\n")
    t.send("fg\n")
    t.expect(r"\n\[1\] \d+ Running .*\n")
    t.send("\x03")
    t.expect("@@ ")
    line(t, "sleep 100 & kill $!; wait; echo waited", r"(.*\n)?waited\r\n")
    t.send("sleep 0.2 &\n")
    t.expect(r"\n\[1\] \d+\r\n")
    # Told once, before some prompt, unasked.
    end = time.monotonic() + LIMIT
    while t.expect(r"\[1\] \d+ Done +sleep 0\.2\r\n|@@ ").group() == b"@@ ":
        assert time.monotonic() < end, "expected to be told of the job's end"
        t.send("sleep 0.1\n")
    t.expect("@@ ")


def errors(t):
    line(t, "echo )", "sh: syntax error: unexpected \\)\r\n")
    line(t, "{ echo ${x?}; } >/dev/null", "sh: .*are known\r\n")
    line(t, "echo still", "still\r\n")


def end(t):
    t.send("exit 9\n")
    _, status = os.waitpid(t.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 9, f"expected 9, got {status:#x}"


def main():
    t = Terminal(sys.argv[1:], {"PS1": "@@ ", "PATH": "/bin:/usr/bin", "LC_ALL": "C"})
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
