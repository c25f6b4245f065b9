/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * measure RUNS COMMAND...: the median, least and greatest of its wall time in ms, and the peak
 * memory in KiB of the largest process it ran (itself or a child it waited for). Its standard
 * output is thrown away.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double run(char **command, long *max_rss)
{
	double start = now_ms(), wall;
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
		execvp(command[0], command);
		perror(command[0]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
		perror("measure");
		exit(1);
	}
	wall = now_ms() - start;
	if (status) {
		fprintf(stderr, "measure: %s: status %#x\n", command[0], status);
		exit(1);
	}
	if (usage.ru_maxrss > *max_rss)
		*max_rss = usage.ru_maxrss;
	return wall;
}

int main(int argc, char **argv)
{
	int runs = argc > 2 ? (int)strtol(argv[1], NULL, 10) : 0;
	double wall[100];
	long max_rss = 0;

	if (runs < 1 || runs > 100) {
		fprintf(stderr, "usage: measure RUNS COMMAND...\n");
		return 2;
	}
	for (int i = 0; i < runs; i++)
		wall[i] = run(argv + 2, &max_rss);
	qsort(wall, (size_t)runs, sizeof(*wall), compare);
	printf("%.3f %.3f %.3f %ld\n", wall[runs / 2], wall[0], wall[runs - 1], max_rss);
	return 0;
}
