// SPDX-License-Identifier: MIT
// uptime: time since boot and load, from /proc/uptime and /proc/loadavg.
#include <err.h>
#include <stdio.h>

int main(void)
{
	double up, load[3];
	FILE *f = fopen("/proc/uptime", "r");

	if (!f || fscanf(f, "%lf", &up) != 1)
		err(1, "/proc/uptime");
	fclose(f);
	f = fopen("/proc/loadavg", "r");
	if (!f || fscanf(f, "%lf %lf %lf", &load[0], &load[1], &load[2]) != 3)
		err(1, "/proc/loadavg");
	fclose(f);
	long s = up;
	printf("up %ld days, %02ld:%02ld:%05.2f, load average: %.2f, %.2f, %.2f\n", s / 86400,
	       s / 3600 % 24, s / 60 % 60, up - s + s % 60, load[0], load[1], load[2]);
	return 0;
}
