# SPDX-License-Identifier: MIT
"""The serial console as a person meets it: drivers/n_tty.c's line editing, echo and signals, and
the shell's jobs, typed over a pseudo-terminal that is the guest's UART.

In a pattern, E is what erases one column on the screen.
"""
import os
import re
import signal
import subprocess

import terminal
import testlib

PROMPT = "/ # "
E = "\b \b"


def typed(console, keys, echo, got=""):
    """Types into a program that runs, and checks all that the terminal and the program show."""
    console.send(keys)
    expected = re.escape((echo + got).replace("\n", "\r\n"))
    seen = console.expect(f"(?s)^.*?{expected}").group().decode(errors="replace")
    assert re.fullmatch(f"(?s){expected}", seen), \
        f"typed {keys!r}, expected {(echo + got)!r}, got {seen!r}"


def start(console, command):
    """Types a command at the prompt and waits until it has shown that it runs.

    Then the terminal is the command's: a key would not be the shell's editor's any more.
    """
    console.send(f"{command}\n")
    console.expect(re.escape(command) + "\r\n")


def command(console, line, output=""):
    start(console, line)
    console.expect(f"^{output}{PROMPT}")


def start_cat(console):
    """cat, once it is known to read."""
    start(console, "cat")
    typed(console, "hello\n", "hello\n", "hello\n")


def typed_early(console):
    """Bytes that come before the UART's driver does are not lost."""
    console.expect("Boot HART MEDELEG")
    console.send("echo ear''ly\n")
    console.expect(f"(?s)Leave: .*\nearly\r\n{PROMPT}")


def line_editing(console):
    start_cat(console)
    typed(console, "abX\x7fc\n", f"abX{E}c\n", "abc\n")
    typed(console, "\x7f\x7fa\n", "a\n", "a\n")
    typed(console, "junk\x15ok\n", f"junk{E * 4}ok\n", "ok\n")
    typed(console, "two words\x17x\n", f"two words{E * 5}x\n", "two x\n")
    typed(console, "a\x02\x7fb\n", f"a^B{E * 2}b\n", "ab\n")
    typed(console, "a\tb\x7f\x7f\x7f\x7f-\n", f"a\tb{E * 9}-\n", "-\n")
    typed(console, "\x16\x03\n", "^\b^C\n", "\x03\n")
    typed(console, "carriage return\r", "carriage return\n", "carriage return\n")
    typed(console, "again\x12\n", "again^R\nagain\n", "again\n")


def end_of_file(console):
    typed(console, "part\x04", "part", "part")
    typed(console, "\n\x04", "\n\n", PROMPT)
    command(console, "echo $?", "0\r\n")
    start(console, 'read x y; echo "<$x><$y>"')
    typed(console, "one twp\x7fo\n", f"one twp{E}o\n", f"<one><two>\n{PROMPT}")


def signals(console):
    command(console, "sleep 1000 &", r"\[1\] \d+\r\n")
    start_cat(console)
    typed(console, "dropped", "dropped")
    typed(console, "\x03", "^C", f"\n{PROMPT}")
    command(console, "echo $?", "130\r\n")
    command(console, "jobs", r"\[1\] \d+ Running +sleep 1000\r\n")
    start_cat(console)
    typed(console, "\x1c", "^\\", f"Quit\n{PROMPT}")
    command(console, "echo $?", "131\r\n")
    command(console, "kill $!; wait")
    start(console, "while :; do :; done | cat")
    typed(console, "\x03", "^C", f"\n{PROMPT}")


def stopping(console):
    start_cat(console)
    typed(console, "dropped", "dropped")
    console.send("\x1a")
    console.expect(rf"^\^Z\r\n\[1\] \d+ Stopped +cat\r\n{PROMPT}")
    command(console, "jobs", r"\[1\] \d+ Stopped +cat\r\n")
    start(console, "fg")
    console.expect(r"^\[1\] \d+ Running +cat\r\n")
    typed(console, "on again\n", "on again\n", "on again\n")
    typed(console, "\x04", "", PROMPT)


def flow_control(console):
    """^S holds the output back, and ^Q lets all of it out."""
    start_cat(console)
    typed(console, "\x13held\n\x11", "held\n", "held\n")
    typed(console, "\x04", "", PROMPT)


def the_shells_editor(console):
    """Raw mode: the arrow keys and the history."""
    console.send("echo b\x1b[Da\x1b[C\x1b[Cc\n")
    console.expect(f"\r\nabc\r\n{PROMPT}")
    console.send("\x1b[A\x1b[A\x1b[Bd\n")
    console.expect(f"\r\nabcd\r\n{PROMPT}")
    console.send("half a line\x03")
    console.expect(rf"\^C\r\n{PROMPT}")


STEPS = [typed_early, line_editing, end_of_file, signals, stopping, flow_control,
         the_shells_editor]


def run(directory, base):
    """None if all steps hold, else what is wrong."""
    image = os.path.abspath(f"{directory}/boot-console.img")
    subprocess.run(["cp", "--sparse=always", base, image], check=True)
    env = testlib.clean_env(SMP=2, TIMEOUT=testlib.HANG, IMG=image, LOG=f"{image}.log")
    console = terminal.Terminal([f"{testlib.ROOT}/tools/run"], env, raw=True)
    step = None
    try:
        for step in STEPS:
            step(console)
        console.send("poweroff\n")
        status = console.wait()
        return f"status {status}, expected 0" if status else testlib.fsck(image)
    except AssertionError as error:
        os.kill(console.pid, signal.SIGTERM)
        return f"{step.__name__}: {error}\n"
