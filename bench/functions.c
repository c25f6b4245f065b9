/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * functions HOW PF N DRIVER: how long it takes until hotplugged devices are on the driver that was
 * chosen for them. Creates the N virtual functions of the PCI device PF and prints the time in ms
 * from the write that creates them until the last one is on DRIVER.
 *
 * HOW is "floor": each is put on DRIVER (which must be loaded) by plain writes, override, unbind
 * where a driver has it, bind; or "wait": something else does that. Only for the tests' virtual
 * machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"
#define LIMIT_MS 240000
#define POLL_US 2000

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static _Noreturn void fail(const char *what, const char *why)
{
	fprintf(stderr, "functions: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fail(path, strerror(errno));
	close(fd);
}

/* The last part of what a link points to; "" for no link. */
static const char *link_name(const char *path, char *buf)
{
	ssize_t n = readlink(path, buf, PATH_MAX - 1);

	buf[n > 0 ? n : 0] = '\0';
	return strrchr(buf, '/') ? strrchr(buf, '/') + 1 : buf;
}

static bool is_on(const char *pf, int i, const char *driver)
{
	char path[PATH_MAX], buf[PATH_MAX];

	snprintf(path, sizeof(path), DEVICES "/%s/virtfn%d/driver", pf, i);
	return strcmp(link_name(path, buf), driver) == 0;
}

static void put_on(const char *pf, int i, const char *driver)
{
	char path[PATH_MAX], name[PATH_MAX];
	const char *function;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/virtfn%d", pf, i);
	function = link_name(path, name);
	snprintf(path, sizeof(path), DEVICES "/%s/virtfn%d/driver_override", pf, i);
	put(path, driver);
	/* The kernel may be first: it takes a driver away whose probe ended badly. */
	snprintf(path, sizeof(path), DEVICES "/%s/virtfn%d/driver/unbind", pf, i);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, function, strlen(function)) < 0 && errno != ENODEV)
		fail(path, strerror(errno));
	close(fd);
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind", driver);
	put(path, function);
	if (!is_on(pf, i, driver))
		fail(function, "not on the driver");
}

int main(int argc, char **argv)
{
	char numvfs[PATH_MAX];
	const char *pf, *driver;
	double start;
	bool floor;
	int n;

	if (argc != 5 || (n = (int)strtol(argv[3], NULL, 10)) < 1) {
		fputs("Usage: functions floor|wait PF N DRIVER\n", stderr);
		return 2;
	}
	floor = strcmp(argv[1], "floor") == 0;
	pf = argv[2];
	driver = argv[4];
	snprintf(numvfs, sizeof(numvfs), DEVICES "/%s/sriov_numvfs", pf);
	start = now_ms();
	put(numvfs, argv[3]);
	for (int i = 0; i < n; i++) {
		if (floor)
			put_on(pf, i, driver);
		while (!is_on(pf, i, driver)) {
			if (now_ms() - start > LIMIT_MS)
				fail(driver, "a function is not on it");
			usleep(POLL_US);
		}
	}
	printf("%.0f\n", now_ms() - start);
	return EXIT_SUCCESS;
}
