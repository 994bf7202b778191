# SPDX-License-Identifier: MIT
"""Submissions that no grader likes: each must be given its points with the reason, and the next one
be graded.  `tools/check-labs` hands all of them to grade-all, and a good one behind them.

They are for lab anon, whose region is in mm/memory.c.
"""
import gzip
import io
import os
import subprocess
import tarfile
import zipfile

import lablib

PATH = "mm/memory.c"

# name: (what is added to the starter's do_anonymous_page(), what the reason must match)
REGIONS = {
    "loops-at-boot": ("for (;;)\n\t\t;", "does not boot: .*busy in do_anonymous_page"),
    "faults-for-ever": ("return 0;", "does not boot: a step did not end"),
    "prints-for-ever": ('for (;;)\n\t\tpr_emerg("more and more and more\\n");',
                        "does not boot: endless output"),
    "forks-for-ever": ('while (steps++ > 300)\n\t\tkthread_run(sleeper, NULL, "more");',
                       "(did not end|panicked|waits for something|endless output|was reset)"),
    "writes-for-ever": ("while (steps++ > 30)\n\t\tfill_the_disk();",
                       "a step did not end; the hart is busy in .*file_write"),
    "panics": ('panic("%s", "enough");', "does not boot: the kernel panicked: .*enough"),
    "keeps-a-lock": ("spin_lock(vmf->ptl);", "does not boot: .*spin_lock"),
    "does-not-compile": ("return nothing;", "does not compile: .*nothing.* undeclared"),
    "includes": ('#include "/etc/passwd"', "may not hold `#include`"),
    "holds-assembler": ('asm("ebreak");', "may not hold `asm`"),
}
# What they call, by its name.
CALLED = {
    "sleeper": """void *kthread_run(void (*fn)(void *), void *arg, const char *name, ...);
static void sleeper(void *arg)
{
\tfor (;;)
\t\tschedule();
}
""",
    "fill_the_disk": """struct file *filp_open(const char *name, int flags, unsigned int mode);
long kernel_write(struct file *file, const void *buf, unsigned long count, long long *pos);
static void fill_the_disk(void)
{
\tstruct file *file = filp_open("/more", 0101, 0600);\t/* O_CREAT | O_WRONLY */
\tlong long pos = 0;

\tfor (;;)
\t\tkernel_write(file, folio_address(zero_folio), PAGE_SIZE, &pos);
}
"""}
PLACE = "\tvmf->kind = __func__;\n"


def region_of_anon():
    """Solution and starter."""
    with open(PATH) as f:
        return next(p for p in lablib.parse(f.read(), PATH) if p.lab == "anon")


def starter_with(added):
    part = region_of_anon()
    text = lablib.uncomment(part.starter).replace(PLACE, f"\t{added}\n{PLACE}")
    called = "".join(code for name, code in CALLED.items() if name in added)
    steps = "static int steps;\n" if "steps" in added else ""
    return part.begin + steps + called + text + part.end


def write_tar(path, members, mode="w:gz"):
    """members: (name, text, or a TarInfo of another kind and None)."""
    with tarfile.open(path, mode) as archive:
        for name, text in members:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            content = (text or "").encode()
            info.size = len(content) if text is not None else info.size
            archive.addfile(info, io.BytesIO(content))


def special_member(kind, target):
    info = tarfile.TarInfo(PATH)
    info.type, info.linkname = kind, target
    return [(info, None)]


def write_bomb(path):
    """A few MB that would be 10 GiB: the head of a tar, and then zeroes."""
    info = tarfile.TarInfo("zeroes")
    info.size = 10 << 30
    with gzip.open(path, "wb", compresslevel=1) as f:
        f.write(info.tobuf())
        for _ in range(1024):
            f.write(bytes(1 << 20))


def write_zip(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)


def make_archives(out):
    """Files of all kinds; yields name and reason."""
    good = starter_with("")
    write_tar(f"{out}/link.tar.gz", special_member(tarfile.SYMTYPE, "/etc/passwd"))
    yield "link.tar.gz", "holds a link or a device"
    write_tar(f"{out}/device.tar", special_member(tarfile.CHRTYPE, ""), "w")
    yield "device.tar", "holds a link or a device"
    write_tar(f"{out}/upwards.tar.gz", [(f"../../{PATH}", good)])
    yield "upwards.tar.gz", "a path out of the tree"
    write_zip(f"{out}/absolute.zip", [(f"/{PATH}", good)])
    yield "absolute.zip", "a path out of the tree"
    inner = io.BytesIO()
    write_zip(inner, [(PATH, good)])
    write_zip(f"{out}/zip-in-zip.zip", [("work/handin.zip", inner.getvalue())])
    yield "zip-in-zip.zip", "an archive within an archive"
    write_zip(f"{out}/fills-the-disk.zip", [(f"zeroes{i}", bytes(64 << 20)) for i in range(5)])
    yield "fills-the-disk.zip", "too many files, or too large ones"
    write_bomb(f"{out}/bomb.tar.gz")
    yield "bomb.tar.gz", "too many files, or too large ones"
    write_tar(f"{out}/empty.tar.gz", [])
    yield "empty.tar.gz", "mm/memory.c is missing"
    with open(f"{out}/link.tar.gz", "rb") as whole, open(f"{out}/cut-off.tar.gz", "wb") as f:
        f.write(whole.read()[:-20])
    yield "cut-off.tar.gz", "the archive"
    write_tar(f"{out}/large.tar.gz", [(PATH, good + "/" * (2 << 20))])
    yield "large.tar.gz", "larger than 1 MiB"
    write_tar(f"{out}/no-region.tar.gz", [(PATH, "int x;\n")])
    yield "no-region.tar.gz", "has 0 of the 1 regions"
    write_tar(f"{out}/half-a-region.tar.gz", [(PATH, "/* LAB anon begin */\n")])
    yield "half-a-region.tar.gz", "begin has no end"


def make_others(out):
    with open(f"{out}/upwards.patch", "w") as f:
        f.write("--- a/../x\n+++ b/../x\n@@ -0,0 +1 @@\n+x\n")
    yield "upwards.patch", "a path out of the tree"
    with open(f"{out}/homework.rar", "w") as f:
        f.write("Rar!")
    yield "homework.rar", "of no known form"
    os.makedirs(f"{out}/linked-tree/mm")
    os.symlink("/dev/zero", f"{out}/linked-tree/{PATH}")
    yield "linked-tree", "is or lies behind a symbolic link"
    os.makedirs(f"{out}/piped-tree/mm")
    os.mkfifo(f"{out}/piped-tree/{PATH}")
    yield "piped-tree", "is not a file"
    os.mkfifo(f"{out}/pipe")
    yield "pipe", "neither a file nor a folder"
    os.makedirs(f"{out}/empty tree")
    yield "empty tree", "mm/memory.c is missing"
    subprocess.run(["git", "init", "-q", "--bare", f"{out}/empty.git"], check=True)
    yield "empty.git", "the repository cannot be read"


def make(out):
    """Writes all of them and, last by name, the solution; {name: what its reason must match}."""
    expected = {}
    for name, (added, reason) in REGIONS.items():
        write_tar(f"{out}/{name}.tar.gz", [(PATH, starter_with(added))])
        expected[f"{name}.tar.gz"] = reason
    expected.update(make_archives(out))
    expected.update(make_others(out))
    part = region_of_anon()
    write_tar(f"{out}/zz-good.tar.gz", [(PATH, part.begin + part.body + part.end)])
    return expected
