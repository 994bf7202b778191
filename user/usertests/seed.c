// SPDX-License-Identifier: MIT
// seed.c - a kernel that chooses its schedules by a seed, and what it says of one that failed
#include "user/usertests/harness.h"

#define SEED_FILE	"/proc/sys/kernel/race_seed"
#define TRACE_FILE	"/proc/faultline/trace"
#define TRACE_LINES	40
#define TRACE_LINE	256

void race_seed(int seed)
{
	char text[16];
	int fd = open(SEED_FILE, O_WRONLY | O_CLOEXEC), n;

	n = snprintf(text, sizeof(text), "%d", seed);
	if (fd < 0 || write(fd, text, n) != n) {
		fprintf(stderr, "usertests: %s: %s; --seed needs a kernel that was built for races "
			"and booted with race_seed=\n", SEED_FILE, errno_name(errno));
		exit(2);
	}
	close(fd);
}

void race_report(int seed)
{
	static char lines[TRACE_LINES][TRACE_LINE];
	FILE *file = fopen(TRACE_FILE, "re");
	unsigned int n = 0;

	printf("# seed %d; the last trace records:\n", seed);
	while (file && fgets(lines[n % TRACE_LINES], TRACE_LINE, file))
		n++;
	for (unsigned int i = n > TRACE_LINES ? n - TRACE_LINES : 0; i < n; i++)
		printf("#   %s", lines[i % TRACE_LINES]);
	if (file)
		fclose(file);
}
