// SPDX-License-Identifier: MIT
// File mappings: in the page cache and not, private and shared, on disk and on tmpfs.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/bench.h"

#define SIZE (16UL << 20)
#define PAGES (SIZE / PAGE)
#define SINGLE_MAPS 1000
#define AROUND 16 // pages that Linux maps at one read fault

static unsigned char buffer[65536];

int read_through(int fd, size_t size)
{
	size_t done = 0;
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while (done < size && (n = read(fd, buffer, sizeof(buffer))) > 0)
		done += n;
	return done >= size;
}

static int fill(int fd, size_t size)
{
	for (size_t done = 0; done < size; done += sizeof(buffer)) {
		for (size_t i = 0; i < sizeof(buffer); i += PAGE)
			buffer[i] = (unsigned char)(done / PAGE);
		if (write(fd, buffer, sizeof(buffer)) != (ssize_t)sizeof(buffer))
			return -1;
	}
	return fsync(fd);
}

int open_filled(const char *name, size_t size)
{
	struct stat st;
	int fd = open(name, O_RDWR);

	if (fd >= 0 && !fstat(fd, &st) && (size_t)st.st_size >= size)
		return fd;
	if (fd >= 0)
		close(fd);
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd >= 0 && fill(fd, size)) {
		close(fd);
		return -1;
	}
	return fd;
}

static unsigned char *map_file(int fd, int prot, int flags)
{
	void *p = mmap(NULL, SIZE, prot, flags, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

// One fault in each page's own VMA, less what mapping and unmapping it costs.
static double single_page_fault(int fd)
{
	uint64_t t = now();

	for (int i = 0; i < SINGLE_MAPS; i++) {
		void *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, i * PAGE);
		munmap(p, PAGE);
	}
	uint64_t t1 = now();
	for (int i = 0; i < SINGLE_MAPS; i++) {
		void *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, i * PAGE);
		read_pages(p, 1);
		munmap(p, PAGE);
	}
	uint64_t t2 = now();
	return ((double)(t2 - t1) - (double)(t1 - t)) / SINGLE_MAPS;
}

static void read_every(unsigned char *p, size_t stride)
{
	for (size_t i = 0; i < PAGES; i += stride)
		read_pages(p + i * PAGE, 1);
}

static void read_hot(int fd)
{
	struct row hot = { .n = 0 }, unmap = { .n = 0 }, strided = { .n = 0 }, single = { .n = 0 };

	for (int n = 0; n < opt.reps; n++) {
		unsigned char *p = map_file(fd, PROT_READ, MAP_PRIVATE);
		if (!p) {
			skip("file_read_hot", "mmap");
			return;
		}
		uint64_t t = now();
		read_pages(p, PAGES);
		uint64_t t1 = now();
		munmap(p, SIZE);
		uint64_t t2 = now();
		add(&hot, (double)(t1 - t) / PAGES);
		add(&unmap, (double)(t2 - t1) / PAGES);
		p = map_file(fd, PROT_READ, MAP_PRIVATE);
		if (!p)
			break;
		t = now();
		read_every(p, AROUND);
		add(&strided, (double)(now() - t) / (PAGES / AROUND));
		munmap(p, SIZE);
		add(&single, single_page_fault(fd));
	}
	report("file_read_hot", &hot, "ns/page");
	report("file_munmap_hot", &unmap, "ns/page");
	report("file_read_hot_stride16", &strided, "ns/fault");
	report("file_read_hot_1page_vma", &single, "ns/fault+unmap");
}

static void write_private(int fd)
{
	struct row unmapped = { .n = 0 }, mapped = { .n = 0 };

	for (int n = 0; n < opt.reps; n++) {
		unsigned char *p = map_file(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
		if (!p)
			break;
		uint64_t t = now();
		write_pages(p, PAGES);
		add(&unmapped, (double)(now() - t) / PAGES);
		munmap(p, SIZE);
		p = map_file(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
		if (!p)
			break;
		read_pages(p, PAGES);
		t = now();
		write_pages(p, PAGES);
		add(&mapped, (double)(now() - t) / PAGES);
		munmap(p, SIZE);
	}
	report("file_private_write_docow", &unmapped, "ns/page");
	report("file_private_write_mapped", &mapped, "ns/page");
}

// The file's pages are clean and in the cache at each round's begin.
static void write_shared_disk(void)
{
	struct row wall = { .n = 0 }, cpu = { .n = 0 }, sync_ms = { .n = 0 }, sync_cpu = { .n = 0 };
	int fd = open_filled(opt.wfile, SIZE);

	if (fd < 0) {
		skip("file_shared_write_disk", opt.wfile);
		return;
	}
	read_through(fd, SIZE);
	for (int n = 0; n < opt.reps; n++) {
		unsigned char *p = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
		if (!p)
			break;
		uint64_t t = now(), c = cpu_self();
		write_pages(p, PAGES);
		add(&wall, (double)(now() - t) / PAGES);
		add(&cpu, (double)(cpu_self() - c) / PAGES);
		t = now();
		c = cpu_self();
		if (!msync(p, SIZE, MS_SYNC)) {
			add(&sync_ms, (now() - t) / 1e6);
			add(&sync_cpu, (double)(cpu_self() - c) / PAGES);
		}
		munmap(p, SIZE);
		fsync(fd);
		sync();
	}
	close(fd);
	report("file_shared_write_disk", &wall, "ns/page");
	report("file_shared_write_disk_cpu", &cpu, "ns/page");
	report("file_shared_msync_16M", &sync_ms, "ms");
	report("file_shared_msync_cpu", &sync_cpu, "ns/page");
}

static int write_through(int fd)
{
	ssize_t n = sizeof(buffer);

	for (size_t done = 0; done < SIZE && n == sizeof(buffer); done += n)
		n = pwrite(fd, buffer, sizeof(buffer), done);
	return n == sizeof(buffer);
}

// read(2) and write(2) of 64 KiB at a time: cached, then clean pages that become dirty, then dirty
// ones again, then what fsync needs for each.
static void calls_hot(void)
{
	struct row rd = { .n = 0 }, wr = { .n = 0 }, again = { .n = 0 }, sync_cpu = { .n = 0 };
	int fd = open_filled(opt.wfile, SIZE);

	if (fd < 0) {
		skip("file_read_call", opt.wfile);
		return;
	}
	fsync(fd);
	for (int n = 0; n < opt.reps; n++) {
		uint64_t t = cpu_self();
		int ok = read_through(fd, SIZE);
		uint64_t t1 = cpu_self();
		ok = ok && write_through(fd);
		uint64_t t2 = cpu_self();
		ok = ok && write_through(fd);
		uint64_t t3 = cpu_self();
		if (!ok || fsync(fd))
			break;
		uint64_t t4 = cpu_self();
		add(&rd, (double)(t1 - t) / PAGES);
		add(&wr, (double)(t2 - t1) / PAGES);
		add(&again, (double)(t3 - t2) / PAGES);
		add(&sync_cpu, (double)(t4 - t3) / PAGES);
	}
	close(fd);
	report("file_read_call", &rd, "ns/page");
	report("file_write_call", &wr, "ns/page");
	report("file_write_call_dirty", &again, "ns/page");
	report("file_fsync_cpu", &sync_cpu, "ns/page");
}

static void write_shared(const char *name, int fd, int flags)
{
	struct row row = { .n = 0 };

	for (int n = 0; n < opt.reps; n++) {
		unsigned char *p = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED | flags);
		if (!p)
			break;
		uint64_t t = now();
		write_pages(p, PAGES);
		add(&row, (double)(now() - t) / PAGES);
		munmap(p, SIZE);
	}
	report(name, &row, "ns/page");
}

static void write_shared_tmpfs(void)
{
	int fd = open_filled(opt.tmp, SIZE);

	if (fd < 0) {
		skip("tmpfs_shared_write_hot", opt.tmp);
		return;
	}
	write_shared("tmpfs_shared_write_hot", fd, 0);
	close(fd);
	unlink(opt.tmp);
}

static int drop_cache(int fd)
{
	sync();
	fsync(fd);
	int advised = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	int dropped = write_file("/proc/sys/vm/drop_caches", "1");
	return advised && dropped ? -1 : 0;
}

static void read_call_cold(int fd)
{
	struct row cpu = { .n = 0 };

	for (int n = 0; n < opt.reps && !drop_cache(fd); n++) {
		uint64_t c = cpu_self();
		if (!read_through(fd, SIZE))
			break;
		add(&cpu, (double)(cpu_self() - c) / PAGES);
	}
	report("file_read_call_cold_cpu", &cpu, "ns/page");
}

static void read_cold(int fd)
{
	struct row speed = { .n = 0 }, cpu = { .n = 0 };
	long before = -1, after = -1;

	for (int n = 0; n < opt.reps; n++) {
		if (drop_cache(fd)) {
			skip("file_cold", "drop");
			break;
		}
		unsigned char *p = map_file(fd, PROT_READ, MAP_PRIVATE);
		if (!p)
			break;
		before = proc_field("/proc/vmstat", "pgmajfault");
		uint64_t t = now(), c = cpu_self();
		read_pages(p, PAGES);
		t = now() - t;
		c = cpu_self() - c;
		after = proc_field("/proc/vmstat", "pgmajfault");
		munmap(p, SIZE);
		add(&speed, 16e9 / (t ? t : 1));
		add(&cpu, (double)c / PAGES);
	}
	report("file_cold_seq_mmap", &speed, "MiB/s");
	report("file_cold_seq_mmap_cpu", &cpu, "ns/page");
	if (before >= 0)
		out("file_cold_pgmajfault %ld faults/16MiB\n", after - before);
}

void bench_file(void)
{
	int fd = open_filled(opt.file, SIZE);

	if (fd < 0 || !read_through(fd, SIZE)) {
		skip("file_*", opt.file);
		return;
	}
	read_hot(fd);
	write_private(fd);
	write_shared_disk();
	write_shared_tmpfs();
	write_shared("anon_shared_write_alloc", -1, MAP_ANONYMOUS);
	calls_hot();
	read_call_cold(fd);
	read_cold(fd);
	close(fd);
}
