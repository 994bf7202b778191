// SPDX-License-Identifier: MIT
// exec_bad.c - scripts, and what execve refuses
#include "user/usertests/usertests.h"
#include <elf.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

static char output[16384];

static void make_script(const char *path, const char *text)
{
	put_file(path, text);
	CHECK_SYS(chmod(path, 0755));
}

static void script(const char *path, char *const argv[])
{
	CHECK_EQ(run_program(path, argv, (char *[]){ NULL }, output, sizeof(output)), 0);
}

TEST(exec_script)
{
	char text[PATH_MAX];

	snprintf(text, sizeof(text), "#!%s\nnever read\n", program("show"));
	make_script("plain", text);
	script("./plain", (char *[]){ "lost", "x", "y z", NULL });
	CHECK_OUTPUT(output, "argc", "4");
	CHECK_OUTPUT(output, "argv0", program("show"));
	CHECK_OUTPUT(output, "argv1", "./plain");
	CHECK_OUTPUT(output, "argv2", "x");
	CHECK_OUTPUT(output, "argv3", "y z");
	CHECK_OUTPUT(output, "comm", "plain");
	CHECK_OUTPUT(output, "execfn", "./plain");
}

TEST(exec_script_argument_is_one)
{
	char text[PATH_MAX];

	snprintf(text, sizeof(text), "#! \t%s \t-a  b c \t\n", program("show"));
	make_script("one", text);
	script("./one", (char *[]){ "lost", "x", NULL });
	CHECK_OUTPUT(output, "argc", "4");
	CHECK_OUTPUT(output, "argv1", "-a  b c");
	CHECK_OUTPUT(output, "argv2", "./one");
	CHECK_OUTPUT(output, "argv3", "x");
}

TEST(exec_script_of_script)
{
	char text[PATH_MAX];

	snprintf(text, sizeof(text), "#!%s\n", program("show"));
	make_script("inner", text);
	make_script("outer", "#!./inner\n");
	script("./outer", (char *[]){ "lost", NULL });
	CHECK_OUTPUT(output, "argv0", program("show"));
	CHECK_OUTPUT(output, "argv1", "./inner");
	CHECK_OUTPUT(output, "argv2", "./outer");
}

static int exec_errno(const char *path)
{
	execl(path, path, NULL);
	return errno;
}

TEST(exec_script_errors)
{
	make_script("missing", "#!/no/such/interpreter\n");
	make_script("empty", "#!\n");
	make_script("blanks", "#!   \n");
	make_script("self", "#!./self\n");
	CHECK_EQ(exec_errno("./missing"), ENOENT);
	CHECK_EQ(exec_errno("./empty"), ENOEXEC);
	CHECK_EQ(exec_errno("./blanks"), ENOEXEC);
	CHECK_EQ(exec_errno("./self"), ELOOP);
}

TEST(exec_errors)
{
	char name[300];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	put_file("not-executable", "#!/bin/sh\n");
	make_script("text", "just text\n");
	make_script("nothing", "");
	CHECK_SYS(mkdir("directory", 0755));
	CHECK_SYS(symlink("loop", "loop"));
	CHECK_EQ(exec_errno("absent"), ENOENT);
	CHECK_EQ(exec_errno(""), ENOENT);
	CHECK_EQ(exec_errno("not-executable"), EACCES);	// even for root
	CHECK_EQ(exec_errno("./directory"), EACCES);
	CHECK_EQ(exec_errno("text/more"), ENOTDIR);
	CHECK_EQ(exec_errno("./text"), ENOEXEC);
	CHECK_EQ(exec_errno("./nothing"), ENOEXEC);
	CHECK_EQ(exec_errno("loop"), ELOOP);
	CHECK_EQ(exec_errno(name), ENAMETOOLONG);
}

// It is not even opened: a FIFO would wait for who writes, a device may be busy or not there.
TEST(exec_of_what_is_no_file)
{
	CHECK_SYS(mkfifo("fifo", 0755));
	CHECK_SYS(mknod("socket", S_IFSOCK | 0755, 0));
	CHECK_SYS(mknod("zero", S_IFCHR | 0755, makedev(1, 5)));
	CHECK_SYS(mknod("disk", S_IFBLK | 0755, makedev(200, 7)));
	CHECK_EQ(exec_errno("./fifo"), EACCES);
	CHECK_EQ(exec_errno("./socket"), EACCES);
	CHECK_EQ(exec_errno("./zero"), EACCES);
	CHECK_EQ(exec_errno("./disk"), EACCES);
}

TEST(exec_needs_permission)
{
	make_script("private", "#!/bin/sh\n");
	CHECK_SYS(chmod("private", 0700));
	CHECK_SYS(mkdir("closed", 0700));
	make_script("closed/file", "#!/bin/sh\n");
	AS_NOBODY {
		CHECK_EQ(exec_errno("./private"), EACCES);
		CHECK_EQ(exec_errno("closed/file"), EACCES);
	}
}

TEST(exec_one_argument_too_long)
{
	enum { LONGEST = 32 * 4096 };	// MAX_ARG_STRLEN, with the NUL
	char *argument = malloc(LONGEST + 1);
	int status;

	memset(argument, 'a', LONGEST);
	argument[LONGEST] = 0;
	CHECK_ERRNO(execv(program("show"), (char *[]){ "show", argument, NULL }), E2BIG);
	argument[LONGEST - 1] = 0;
	status = run_program(program("show"), (char *[]){ "show", argument, NULL },
			     (char *[]){ NULL }, output, sizeof(output));
	CHECK(WIFEXITED(status) || WIFSIGNALED(status));
	CHECK_OUTPUT(output, "argc", "2");
}

TEST(exec_too_many_arguments)
{
	enum { STRINGS = 200, LENGTH = 4096 };
	struct rlimit limit = { 1 << 20, RLIM_INFINITY };	// arguments may fill a quarter
	char *text = malloc(LENGTH), *argv[STRINGS + 1];

	memset(text, 'a', LENGTH);
	text[LENGTH - 1] = 0;
	for (int i = 0; i < STRINGS; i++)
		argv[i] = text;
	argv[STRINGS] = NULL;
	CHECK_SYS(setrlimit(RLIMIT_STACK, &limit));
	CHECK_ERRNO(execve(program("show"), argv, (char *[]){ NULL }), E2BIG);
	argv[40] = NULL;
	CHECK_EQ(run_program(program("show"), argv, (char *[]){ NULL }, output, sizeof(output)), 0);
}

/* --- ELF files that are wrong -------------------------------------------------------------- */

struct image {
	Elf64_Ehdr *header;
	Elf64_Phdr *segments;
	Elf64_Phdr *text;	// the first segment that is executable
	size_t size;	// of the file; may be shortened
};

static void load_image(struct image *image)
{
	struct stat st;
	int fd = CHECK_SYS(open(program("show"), O_RDONLY));

	CHECK_SYS(fstat(fd, &st));
	image->size = st.st_size;
	image->header = malloc(st.st_size);
	CHECK_EQ(read(fd, image->header, st.st_size), st.st_size);
	CHECK_SYS(close(fd));
	image->segments = (void *)((char *)image->header + image->header->e_phoff);
	image->text = image->segments;
	while (image->text->p_type != PT_LOAD || !(image->text->p_flags & PF_X))
		image->text++;
}

static void store_image(const struct image *image)
{
	int fd;

	unlink("elf");
	fd = CHECK_SYS(open("elf", O_WRONLY | O_CREAT | O_EXCL, 0755));
	CHECK_EQ(write(fd, image->header, image->size), image->size);
	CHECK_SYS(close(fd));
}

#define VARIANT(name_, statement)					\
	static void name_(struct image *i) { statement; }

VARIANT(bad_magic, i->header->e_ident[1] = 'X')
VARIANT(bad_machine, i->header->e_machine = EM_SPARCV9)
VARIANT(bad_type, i->header->e_type = ET_REL)
VARIANT(core_type, i->header->e_type = ET_CORE)
VARIANT(bad_phentsize, i->header->e_phentsize = 7)
VARIANT(no_segments, i->header->e_phnum = 0)
VARIANT(too_many_segments, i->header->e_phnum = 65535)
VARIANT(header_cut, i->size = 60)
VARIANT(segments_cut, i->size = 100)
VARIANT(segments_beyond_end, i->header->e_phoff = 1L << 40)
VARIANT(segments_at_minus_one, i->header->e_phoff = -1L)

TEST(exec_corrupt_elf)
{
	static void (*const variants[])(struct image *) = {
		bad_magic, bad_machine, bad_type, core_type, bad_phentsize, no_segments,
		too_many_segments, header_cut, segments_cut, segments_beyond_end,
		segments_at_minus_one,
	};
	struct image image;

	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		load_image(&image);
		variants[i](&image);
		store_image(&image);
		if (exec_errno("./elf") != ENOEXEC)
			fail_later(HERE("variant"), "number %zu: want ENOEXEC, got %s", i,
				   errno_name(errno));
		free(image.header);
	}
}

VARIANT(kernel_address, i->text->p_vaddr = 0xffffffff80000000)
VARIANT(wrapping_address, i->text->p_vaddr = -4096L)
VARIANT(file_larger_than_memory, i->text->p_memsz = i->text->p_filesz - 1)
VARIANT(huge_memory, i->text->p_memsz = 1L << 62)
VARIANT(huge_file, i->text->p_filesz = i->text->p_memsz = 1L << 50)
VARIANT(odd_offset, i->text->p_offset += 8)
VARIANT(offset_beyond_end, i->text->p_offset = 1L << 42)
VARIANT(null_entry, i->header->e_entry = 0)
VARIANT(kernel_entry, i->header->e_entry = 0xffffffff80000000)
VARIANT(not_executable, i->text->p_flags = PF_R)
VARIANT(endless_interpreter, i->segments[0].p_type = PT_INTERP;
	i->segments[0].p_filesz = 1L << 30)
VARIANT(interpreter_beyond_end, i->segments[0].p_type = PT_INTERP;
	i->segments[0].p_offset = 1L << 40)

/*
 * Headers that are well-formed but ask for the impossible: execve may refuse, or the process
 * may die of a signal if its old memory is gone by then. What it may not do is to run.
 */
TEST(exec_hostile_elf)
{
	static void (*const variants[])(struct image *) = {
		kernel_address, wrapping_address, file_larger_than_memory, huge_memory, huge_file,
		odd_offset, offset_beyond_end, null_entry, kernel_entry, not_executable,
		endless_interpreter, interpreter_beyond_end,
	};
	struct image image;
	int status;

	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		load_image(&image);
		variants[i](&image);
		store_image(&image);
		free(image.header);
		status = run_program("./elf", (char *[]){ "elf", "--exit", "7", NULL },
				     (char *[]){ NULL }, output, sizeof(output));
		if (WIFEXITED(status) && WEXITSTATUS(status) != 126)
			fail_later(HERE("variant"), "number %zu runs and exits with %d", i,
				   WEXITSTATUS(status));
	}
}
