/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * replay FILE...: run a target on each file, as libFuzzer would, without it. Each has a process of
 * its own, so that one which breaks off does not end the others. One line of TAP for all.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* As libFuzzer's -timeout of `make fuzz`. */
#define LIMIT_SECONDS 10

static void run_one(const char *path, int argc, char **argv)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP_FREE uint8_t *data = NULL;
	struct stat st;
	size_t size;

	if (fd < 0 || fstat(fd, &st) < 0)
		abort();
	/* Memory just as large as it is, for the sanitizers. */
	size = (size_t)st.st_size;
	data = malloc(size ? size : 1);
	if (!data || read(fd, data, size) != st.st_size)
		abort();
	alarm(LIMIT_SECONDS);
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++) {
		int status = -1;
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			run_one(argv[i], argc, argv);
			return 0;
		}
		if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0)
			continue;
		printf("# %s: %s %d\n", argv[i], WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		failed++;
	}
	printf("%sok 1 %d inputs\n1..1\n", failed || argc < 2 ? "not " : "", argc - 1);
	return failed || argc < 2;
}
