// SPDX-License-Identifier: MIT
// trace.c - /proc/faultline/trace and the command `faults`, which only this kernel has
#include "user/usertests/usertests.h"
#include "user/usertests/maps.h"
#include "user/usertests/swapping.h"
#include <inttypes.h>
#include <sched.h>
#include <sys/mman.h>

#define TRACE	"/proc/faultline/trace"
#define EVENTS	"/proc/faultline/trace_events"
#define REF_MS	"/proc/faultline/trace_ref_ms"
#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)

static char text[262144], saved_events[128];

// The ring from here on, with these events on and no others.
static int begin_trace(const char *events)
{
	int fd = CHECK_SYS(open(TRACE, O_RDONLY | O_CLOEXEC));

	slurp(EVENTS, saved_events, sizeof(saved_events));
	put_file(EVENTS, "none");
	while (CHECK_SYS(read(fd, text, sizeof(text))) > 0)
		;
	put_file(EVENTS, events);
	return fd;
}

// Collects all that there is by now into text: the end of the reading under way, and another one.
static void end_trace(int fd)
{
	size_t length = 0;
	ssize_t n;

	put_file(EVENTS, "none");
	for (int round = 0; round < 2; round++)
		while ((n = CHECK_SYS(read(fd, text + length, sizeof(text) - 1 - length))) > 0) {
			length += n;
			CHECK(sizeof(text) - length > 4096);
		}
	text[length] = 0;
	put_file(EVENTS, saved_events);
	CHECK_SYS(close(fd));
}

struct record {
	char kind[40], result[16], name[24], access;
	unsigned long address, folio, ns, start, end;
};

// The last record of a fault of this process in this page; false: there is none.
static bool find_fault(pid_t pid, const void *page, struct record *found)
{
	unsigned long wanted = (uintptr_t)page & -PAGE;
	bool any = false;

	for (char *line = text; *line; line = strchr(line, '\n') + 1) {
		struct record r = {};
		int who;

		if (sscanf(line, "%*u %*d %d fault va=%lx access=%c kind=%39s result=%15s "
			   "folio=%lx ns=%lu vma=%lx-%lx name=%23[^\n]", &who, &r.address,
			   &r.access, r.kind, r.result, &r.folio, &r.ns, &r.start, &r.end,
			   r.name) < 9)
			continue;
		if (who == pid && (r.address & -PAGE) == wanted) {
			*found = r;
			any = true;
		}
	}
	return any;
}

static void check_fault(const struct place *at, pid_t pid, const void *page, char access,
			const char *kind, const char *result)
{
	struct record r;

	if (!find_fault(pid, page, &r))
		fail(at, "no record of a fault at %p", page);
	if (r.access != access || strcmp(r.kind, kind) != 0 || strcmp(r.result, result) != 0)
		fail(at, "want %c %s %s, it is %c %s %s", access, kind, result, r.access, r.kind,
		     r.result);
}
#define CHECK_FAULT(pid, page, access, kind, result)				\
	check_fault(HERE("fault at " #page), pid, page, access, kind, result)

static char *map(int pages, int flags, int fd)
{
	char *p = mmap(NULL, pages * PAGE, RW, flags, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

TEST(trace_anonymous_faults)
{
	volatile char *p = map(4, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int fd = begin_trace("fault");
	struct record r;
	pid_t pid;

	p[0] = 1;
	CHECK_EQ(p[PAGE] + p[2 * PAGE], 0);
	p[2 * PAGE] = 1;
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		p[0] = 2;
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	p[2 * PAGE] = 2;
	end_trace(fd);
	CHECK_FAULT(getpid(), (char *)p + PAGE, 'r', "do_anonymous_zero_page", "minor");
	CHECK_FAULT(pid, (char *)p, 'w', "wp_page_copy", "minor");
	CHECK_FAULT(getpid(), (char *)p + 2 * PAGE, 'w', "wp_page_reuse", "minor");
	CHECK_FAULT(getpid(), (char *)p, 'w', "do_anonymous_page", "minor");
	CHECK(find_fault(getpid(), (char *)p, &r));
	CHECK_EQ(r.folio, pagemap_word(0, (char *)p) & PM_FRAME);
	CHECK(r.ns > 0 && r.start <= (uintptr_t)p && r.end >= (uintptr_t)p + 4 * PAGE);
}

TEST(trace_file_faults)
{
	int file = CHECK_SYS(open("some-file", O_RDWR | O_CREAT, 0600)), fd;
	volatile char *p, *q;
	struct record r;

	for (int i = 0; i < 40; i++)
		CHECK_EQ(pwrite(file, "x", 1, (i + 1) * PAGE - 1), 1);
	p = map(40, MAP_PRIVATE, file);
	q = map(40, MAP_SHARED, file);
	fd = begin_trace("fault");
	p[0] = 1;
	CHECK_EQ(p[PAGE], 0);
	p[2 * PAGE] = 1;
	q[0] = 1;
	CHECK_EQ(q[20 * PAGE], 0);
	q[20 * PAGE] = 1;
	end_trace(fd);
	CHECK_FAULT(getpid(), (char *)p, 'w', "do_cow_fault", "minor");
	CHECK_FAULT(getpid(), (char *)p + PAGE, 'r', "do_fault_around", "minor");
	CHECK_FAULT(getpid(), (char *)p + 2 * PAGE, 'w', "wp_page_copy", "minor");
	CHECK_FAULT(getpid(), (char *)q, 'w', "do_shared_fault", "minor");
	CHECK_FAULT(getpid(), (char *)q + 20 * PAGE, 'w', "wp_page_shared", "minor");
	CHECK(find_fault(getpid(), (char *)q, &r));
	CHECK_STR(r.name, "some-file");
}

// Every few pages who dirties them sees without mmap_lock whether to wait for the disk.  What the
// fault was about is told all the same.
TEST(trace_fault_that_lets_go_of_the_lock)
{
	enum { PAGES = 64 };
	int file = CHECK_SYS(open("some-file", O_RDWR | O_CREAT, 0600)), fd;
	struct record r;
	char *p;

	CHECK_EQ(write(file, text, PAGES * PAGE), PAGES * PAGE);
	p = map(PAGES, MAP_SHARED, file);
	fd = begin_trace("fault");
	for (int i = 0; i < PAGES; i++)
		p[i * PAGE] = 1;
	end_trace(fd);
	for (int i = 0; i < PAGES; i++) {
		CHECK_FAULT(getpid(), p + i * PAGE, 'w', "do_shared_fault", "minor");
		CHECK(find_fault(getpid(), p + i * PAGE, &r));
		CHECK_STR(r.name, "some-file");
		CHECK_EQ(r.start, (uintptr_t)p);
	}
}

TEST(trace_major_fault)
{
	int file = CHECK_SYS(open("cold", O_RDWR | O_CREAT, 0600)), fd;
	volatile char *p;

	CHECK_EQ(write(file, text, PAGE), PAGE);
	CHECK_SYS(fsync(file));
	p = map(1, MAP_SHARED, file);
	put_file("/proc/sys/vm/drop_caches", "3");
	fd = begin_trace("fault");
	CHECK_EQ(p[0], 0);
	end_trace(fd);
	CHECK(strstr(text, " result=retry "));
	CHECK_FAULT(getpid(), (char *)p, 'r', "do_fault_around", "major");
}

TEST(trace_failed_faults)
{
	int file = CHECK_SYS(open("f", O_RDWR | O_CREAT, 0600)), fd;
	char *beyond = map(2, MAP_SHARED, file), *none = map(1, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	char *readonly = map(1, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	char *bad[3] = { beyond + PAGE, none, readonly };
	static const int signals[3] = { SIGBUS, SIGSEGV, SIGSEGV };
	pid_t pid[3];

	CHECK_SYS(ftruncate(file, 1));
	CHECK_SYS(munmap(none, PAGE));
	CHECK_SYS(mprotect(readonly, PAGE, PROT_READ));
	fd = begin_trace("fault");
	for (int i = 0; i < 3; i++) {
		pid[i] = CHECK_SYS(fork());
		if (pid[i] == 0) {
			*(volatile char *)bad[i] = 1;
			_exit(0);
		}
		CHECK_KILLED(pid[i], signals[i]);
	}
	end_trace(fd);
	CHECK_FAULT(pid[0], bad[0], 'w', "do_shared_fault", "sigbus");
	CHECK_FAULT(pid[1], bad[1], 'w', "bad_area", "sigsegv");
	CHECK_FAULT(pid[2], bad[2], 'w', "access_permitted", "sigsegv");
}

TEST(trace_tasks)
{
	int fd = begin_trace("task"), out[2];
	char line[80];
	pid_t pid;

	CHECK_SYS(pipe(out));
	pid = CHECK_SYS(fork());
	if (pid == 0) {
		CHECK_SYS(dup2(out[1], 1));
		execl(program("show"), "show", NULL);
		_exit(1);
	}
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	end_trace(fd);
	snprintf(line, sizeof(line), " %d task op=fork child=%d name=", getpid(), pid);
	CHECK(strstr(text, line));
	snprintf(line, sizeof(line), " %d task op=exec name=show\n", pid);
	CHECK(strstr(text, line));
	snprintf(line, sizeof(line), " %d task op=exit status=0 name=show\n", pid);
	CHECK(strstr(text, line));
	CHECK(strstr(text, " op=fork ") < strstr(text, " op=exec "));
}

// Reading makes records of its own, but a reading comes to its end all the same.
TEST(trace_reading_ends)
{
	int fd = begin_trace("syscall"), reads = 0;
	char *line = NULL;

	for (int i = 0; i < 100; i++)
		syscall(SYS_getppid);
	while (CHECK_SYS(read(fd, text, 4096)) > 0)
		CHECK(++reads < 1000);
	// What came of it is there the next time.
	CHECK(CHECK_SYS(read(fd, text, 4096)) > 0);
	line = strstr(text, " syscall nr=63 ");
	CHECK(line);
	put_file(EVENTS, saved_events);
	CHECK_ERRNO(read(fd, text, 100), EINVAL);	// too small for a line
}

// Over all harts, and from one read to the next.
TEST(trace_order)
{
	int fd = begin_trace("syscall sched"), harts = harts_allowed();
	unsigned long long last = 0;
	pid_t pids[8];
	size_t lines = 0;

	for (int i = 0; i < harts && i < 8; i++) {
		pids[i] = CHECK_SYS(fork());
		if (pids[i] == 0)
			for (pin_to_hart(i);;)
				sched_yield();
	}
	while (lines < 20000) {
		ssize_t n = CHECK_SYS(read(fd, text, 4096));

		text[n] = 0;
		for (char *line = text; *line; line = strchr(line, '\n') + 1, lines++) {
			unsigned long long ns = strtoull(line, NULL, 10);

			if (ns < last)
				fail(HERE(TRACE), "%llu ns comes after %llu ns", ns, last);
			last = ns;
		}
	}
	for (int i = 0; i < harts && i < 8; i++)
		CHECK_SYS(kill(pids[i], SIGKILL));
	put_file(EVENTS, saved_events);
}

TEST(trace_lost_records)
{
	int fd = begin_trace("syscall");
	char *line;

	syscall(SYS_getppid);
	CHECK(CHECK_SYS(read(fd, text, 4096)) > 0);
	for (int i = 0; i < 20000; i++)
		syscall(SYS_getppid);
	end_trace(fd);
	line = strstr(text, " lost records=");
	CHECK(line);
	CHECK(strtoul(line + 14, NULL, 10) > 1000);
}

TEST(trace_events)
{
	int fd = CHECK_SYS(open(EVENTS, O_WRONLY));

	slurp(EVENTS, saved_events, sizeof(saved_events));
	put_file(EVENTS, "none");
	CHECK_CONTENT(EVENTS, "\n");
	put_file(EVENTS, "fault task\n");
	CHECK_CONTENT(EVENTS, "fault task\n");
	put_file(EVENTS, "!fault, block");
	CHECK_CONTENT(EVENTS, "task block\n");
	CHECK_ERRNO(write(fd, "fault nonsense", 14), EINVAL);
	CHECK_CONTENT(EVENTS, "task block\n");
	put_file(EVENTS, "none");
	put_file(EVENTS, saved_events);
	AS_NOBODY {
		CHECK_ERRNO(open(TRACE, O_RDONLY), EACCES);
		CHECK_ERRNO(open(EVENTS, O_WRONLY), EACCES);
	}
}

/* --- faults -------------------------------------------------------------------------------- */

static int run(const char *command)
{
	int status = system(command);

	CHECK(WIFEXITED(status));
	slurp("out", text, sizeof(text));
	return WEXITSTATUS(status);
}

// Names are those of the program that took the fault, not of the one that it was before execve.
TEST(trace_faults_command)
{
	CHECK_EQ(run("faults sh -c 'cat /dev/null; exit 7' 2>out"), 7);
	CHECK(strncmp(text, "  PID ADDRESS ", 14) == 0);
	CHECK(strstr(text, " do_anonymous_page ") && strstr(text, " do_fault_around "));
	CHECK(strstr(text, " sh\n") && strstr(text, " cat\n") && strstr(text, " [stack]\n"));
	CHECK(!strstr(text, " faults\n"));
}

TEST(trace_faults_summary)
{
	CHECK_EQ(run("faults -s cat /dev/null 2>out"), 0);
	CHECK(strncmp(text, "kind  ", 6) == 0);
	CHECK(strstr(text, "\ndo_anonymous_page  "));
	CHECK(!strstr(text, "[stack]"));
	CHECK_EQ(run("faults -s nowhere 2>out"), 127);
}

// Of a process that runs already, and of what it starts from then on; it ends with the process.
TEST(trace_faults_of_a_process)
{
	char command[64];
	pid_t pid = CHECK_SYS(fork()), faults;

	if (pid == 0)
		for (;;) {
			system("cat /dev/null");
			nap(10 * MS);
		}
	snprintf(command, sizeof(command), "faults -p %d 2>out", pid);
	faults = CHECK_SYS(fork());
	if (faults == 0)
		_exit(run(command));
	do {
		nap(10 * MS);
		if (access("out", R_OK) == 0)
			slurp("out", text, sizeof(text));
	} while (!strstr(text, " cat\n"));
	CHECK_SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	CHECK_EXIT(faults, 0);
}

/* --- references --- */

// Of 64 pages from this one on, those that a record of this process calls accessed.
static uint64_t accessed_from(uintptr_t page)
{
	uint64_t all = 0, accessed;
	char wanted[80];

	snprintf(wanted, sizeof(wanted), " ref tgid=%d page=%#lx accessed=", getpid(), page);
	for (const char *at = text; (at = strstr(at, wanted)); at++) {
		CHECK_EQ(sscanf(at + strlen(wanted), "%" SCNx64, &accessed), 1);
		all |= accessed;
	}
	return all;
}

// Faults are told at once, and later uses by the accessed bits.
TEST(trace_references)
{
	char *p = mmap(NULL, 128 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *group = (char *)(((uintptr_t)p + 64 * PAGE - 1) & -(64 * PAGE));
	int fd;

	CHECK(p != MAP_FAILED);
	group[3 * PAGE] = 1;
	fd = begin_trace("ref");
	group[5 * PAGE] = 1;
	end_trace(fd);
	CHECK_EQ(accessed_from((uintptr_t)group / PAGE), 1 << 5);
	do {		// until the thread that looks had a hart meanwhile
		fd = begin_trace("ref");
		put_file(REF_MS, "5");
		for (int i = 0; i < 20; i++) {
			group[3 * PAGE]++;
			nap(10 * MS);
		}
		put_file(REF_MS, "0");
		end_trace(fd);
		CHECK(!(accessed_from((uintptr_t)group / PAGE) & 1 << 4));
	} while (!(accessed_from((uintptr_t)group / PAGE) & 1 << 3));
}

/* --- swap and reclaim --- */

// One step of a slot, wherever it lies; false: there is none.
static bool has_step(const char *op, unsigned area, unsigned long slot)
{
	char wanted[80];

	snprintf(wanted, sizeof(wanted), " swap op=%s area=%u slot=%lu ", op, area, slot);
	return strstr(text, wanted) != NULL;
}

static void check_steps(const char *const *op, const char *first)
{
	unsigned area;
	unsigned long slot;
	char wanted[32];
	const char *at;

	snprintf(wanted, sizeof(wanted), " swap op=%s ", first);
	at = strstr(text, wanted);
	if (!at)
		fail(HERE("swap"), "no record of the step %s", first);
	CHECK_EQ(sscanf(at + strlen(wanted), "area=%u slot=%lu", &area, &slot), 2);
	for (; *op; op++)
		if (!has_step(*op, area, slot))
			fail(HERE("swap"), "want %s of slot %lu, as there is %s", *op, slot,
			     first);
}

// Swap-out and swap-in of private or shared memory, and what is recorded of each.
static void trace_out(char *p, const char *const *steps)
{
	int fd = begin_trace("swap");

	fill(p, 16, 1);
	page_out(p, 16);
	while (number("/proc/vmstat", "nr_writeback"))
		nap(MS);
	end_trace(fd);
	check_steps(steps, "write");
}

static void trace_in(char *p, const char *const *steps)
{
	int fd;

	push_out(p, 16);
	fd = begin_trace("swap");
	fill(p, 16, 2);
	end_trace(fd);
	check_steps(steps, "read");
}

TEST(trace_swap_of_private_memory)
{
	static const char *const out[] = { "add", "unmap", "written", NULL };
	static const char *const in[] = { "add", "read_done", "drop", "free", NULL };
	char *p = map(16, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	need_swap(4096);
	trace_out(p, out);
	trace_in(p, in);
	CHECK(strstr(text, " swap op=find ") != NULL);
}

TEST(trace_swap_of_shared_memory)
{
	static const char *const out[] = { "add", "out", "written", NULL };
	static const char *const in[] = { "add", "read_done", "back", "drop", "free", NULL };
	char *p = map(16, MAP_SHARED | MAP_ANONYMOUS, -1);

	need_swap(4096);
	trace_out(p, out);
	trace_in(p, in);
}

// The last records of what was done to make room for a file that is read.
TEST(trace_reclaim)
{
	size_t pages = little_memory();
	int sparse = sparse_file(2 * pages * PAGE), fd = begin_trace("reclaim");

	read_range(sparse, 0, 2 * pages * PAGE);
	end_trace(fd);
	CHECK(strstr(text, " reclaim op=freed kind=0 priority=") != NULL);
	CHECK(strstr(text, " reclaim op=scan kind=0 priority=") != NULL);
	CHECK(strstr(text, " reclaim op=kswapd ") || strstr(text, " reclaim op=direct "));
}

TEST(trace_faults_shows_the_steps)
{
	char *p = map(16, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int out = CHECK_SYS(open("out", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	pid_t self = getpid(), faults;

	need_swap(4096);
	fill(p, 16, 3);
	faults = CHECK_SYS(fork());
	if (!faults) {
		char pid[16];

		snprintf(pid, sizeof(pid), "%d", self);
		CHECK_SYS(dup2(out, 2));
		execl("/bin/faults", "faults", "-v", "-p", pid, NULL);
		_exit(127);
	}
	do {
		page_out(p, 16);
		check_filled(p, 16, 3);
		nap(5 * MS);
		slurp("out", text, sizeof(text));
	} while (!strstr(text, " swap op=unmap ") || !strstr(text, " swap op=find "));
	CHECK_SYS(kill(faults, SIGINT));
	CHECK_EXIT(faults, 0);
}
