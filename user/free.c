// SPDX-License-Identifier: MIT
// free [-m]: memory and swap in kB (MiB), from /proc/meminfo.
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = { "MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached",
				     "SwapTotal", "SwapFree", "Shmem" };
enum { TOTAL, FREE, AVAILABLE, BUFFERS, CACHED, SWAP_TOTAL, SWAP_FREE, SHARED, COUNT };

int main(int argc, char **argv)
{
	unsigned long kb[COUNT] = { 0 }, value;
	FILE *f = fopen("/proc/meminfo", "r");
	char line[256], name[64];
	int shift = 0;

	for (int opt; (opt = getopt(argc, argv, "km")) != -1;) {
		if (opt == '?')
			return 2;
		shift = opt == 'm' ? 10 : 0;
	}
	if (!f)
		err(1, "/proc/meminfo");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%63[^:]: %lu", name, &value) == 2)
			for (int i = 0; i < COUNT; i++)
				if (!strcmp(name, names[i]))
					kb[i] = value >> shift;
	fclose(f);
	unsigned long cache = kb[BUFFERS] + kb[CACHED];
	printf("%-6s%11s%11s%11s%11s%11s%11s\n", "", "total", "used", "free", "shared", "cache",
	       "available");
	printf("%-6s%11lu%11lu%11lu%11lu%11lu%11lu\n", "Mem:", kb[TOTAL],
	       kb[TOTAL] - kb[FREE] - cache, kb[FREE], kb[SHARED], cache, kb[AVAILABLE]);
	printf("%-6s%11lu%11lu%11lu\n", "Swap:", kb[SWAP_TOTAL], kb[SWAP_TOTAL] - kb[SWAP_FREE],
	       kb[SWAP_FREE]);
	return 0;
}
