// SPDX-License-Identifier: MIT
// mkswap DEVICE: makes it a swap area for swapon. What was on it is lost.
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define PAGE 4096
#define MIN_PAGES 10 // of the area; the first is the header

static union {
	struct {
		char boot[1024];
		uint32_t version, last_page, nr_badpages;
		unsigned char uuid[16];
	};
	struct {
		char page[PAGE - 10], magic[10];
	};
} header;

static void make_header(off_t pages)
{
	header.version = 1;
	header.last_page = pages - 1 < UINT32_MAX ? pages - 1 : UINT32_MAX;
	if (getrandom(header.uuid, sizeof(header.uuid), 0) < 0)
		err(1, "getrandom");
	header.uuid[6] = (header.uuid[6] & 0x0f) | 0x40; // a random one, by RFC 4122 §4.4
	header.uuid[8] = (header.uuid[8] & 0x3f) | 0x80;
	memcpy(header.magic, "SWAPSPACE2", sizeof(header.magic));
}

int main(int argc, char **argv)
{
	off_t pages;
	int fd;

	if (argc != 2)
		errx(2, "usage: mkswap device");
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[1]);
	pages = lseek(fd, 0, SEEK_END) / PAGE;
	if (pages < MIN_PAGES)
		errx(1, "%s: too small, a swap area has at least %d KiB", argv[1],
		     MIN_PAGES * PAGE / 1024);
	make_header(pages);
	if (pwrite(fd, &header, PAGE, 0) != PAGE || fsync(fd))
		err(1, "%s", argv[1]);
	printf("%s: swap area of %lld KiB\n", argv[1], (long long)(pages - 1) * (PAGE / 1024));
	return 0;
}
