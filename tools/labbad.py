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
EXECUTED = "executed"       # there once something of a submission was

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
    "includes-behind-a-comment": ('#/* */ inclu\\\nde "/etc/passwd"', "may not hold `# +include`"),
    "pastes-a-keyword": ("#define PASTE(a, b) a##b", "may not hold `##`"),
    "names-a-section": ('static int x __attribute__((section(".x\\n.ascii \\"\\"")));',
                        "may not hold `__attribute__`"),
    "overwrites-lists": ("if (steps++ > 8)\n\t\twait_with_a_wild_list(vmf);",
                         "does not boot: the kernel has overwritten what it needs: "),
    "holds-assembler": ('asm("ebreak");', "may not hold `asm`"),
}
# What they call, by its name.
CALLED = {
    "wait_with_a_wild_list": """static void wait_with_a_wild_list(struct vm_fault *vmf)
{
\tstruct folio *folio = vma_alloc_folio(0);
\textern struct list_head task_list;

\ttask_list.next->next = task_list.next;
\tfolio_lock(folio);
\tfolio_lock(folio);
}
""",
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


def write_bomb(path, kind=tarfile.REGTYPE):
    """The head of a tar that would be 10 GiB, and many zeroes."""
    info = tarfile.TarInfo("zeroes")
    info.size, info.type = 10 << 30, kind
    with gzip.open(path, "wb", compresslevel=1) as f:
        f.write(info.tobuf(tarfile.GNU_FORMAT))
        for _ in range(300):
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
    write_bomb(f"{out}/bomb-in-a-header.tar", tarfile.XHDTYPE)
    yield "bomb-in-a-header.tar", "too many files, or too large ones"
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
    for name in "two\nlines.tar", "-rf.tar", "\udcff.tar", 80 * "€" + ".tar":
        write_tar(f"{out}/{name}", [(PATH, "int x;\n")], "w")
        yield name, "has 0 of the 1 regions"


# --- repositories ---------------------------------------------------------------------------

def git(repository, *arguments, said=""):
    author = ["-c", "user.name=A Student", "-c", "user.email=student@localhost"]
    return subprocess.run(["git", "-C", repository, *author, *arguments], input=said, text=True,
                          check=True, stdout=subprocess.PIPE).stdout.strip()


def make_repository(path, text):
    """A bare one whose branch main has one file; where that is stored."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], check=True)
    blob = git(path, "hash-object", "-w", "--stdin", said=text)
    tree = git(path, "mktree", said=f"100644 blob {blob}\t{os.path.basename(PATH)}\n")
    tree = git(path, "mktree", said=f"040000 tree {tree}\t{os.path.dirname(PATH)}\n")
    git(path, "update-ref", "refs/heads/main", git(path, "commit-tree", tree, "-m", "mine"))
    return f"{path}/objects/{blob[:2]}/{blob[2:]}"


def make_repositories(out):
    subprocess.run(["git", "init", "-q", "--bare", f"{out}/empty.git"], check=True)
    yield "empty.git", "the repository cannot be read"
    make_repository(f"{out}/no-branch-of-head.git", "int x;\n")
    with open(f"{out}/no-branch-of-head.git/HEAD", "w") as f:
        f.write("ref: refs/heads/master\n")
    yield "no-branch-of-head.git", "has 0 of the 1 regions"
    stored = make_repository(f"{out}/piped.git", "int x;\n")
    os.unlink(stored)
    os.mkfifo(stored)
    yield "piped.git", "the repository holds a link or a device"
    # What is not there git would fetch, with a command that the repository names.
    os.unlink(make_repository(f"{out}/runs-a-command.git", "int x;\n"))
    for key, value in {"core.repositoryFormatVersion": "1", "extensions.partialClone": "origin",
                       "remote.origin.promisor": "true", "remote.origin.url": f"{out}/empty.git",
                       "remote.origin.uploadpack": f"touch {out}/{EXECUTED}; false"}.items():
        git(f"{out}/runs-a-command.git", "config", key, value)
    yield "runs-a-command.git", "not stored in the repository"


def make(out):
    """Writes all of them and, last by name, the solution; {name: what its reason must match}."""
    expected = {}
    for name, (added, reason) in REGIONS.items():
        write_tar(f"{out}/{name}.tar.gz", [(PATH, starter_with(added))])
        expected[f"{name}.tar.gz"] = reason
    expected.update(make_archives(out))
    expected.update(make_others(out))
    expected.update(make_repositories(out))
    part = region_of_anon()
    write_tar(f"{out}/zz-good.tar.gz", [(PATH, part.begin + part.body + part.end)])
    return expected
