/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "use/process.h"

#include "kernel/iommu.h"
#include "kernel/nvidia.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define VFIO_CLASS "vfio-dev"
#define DELETED " (deleted)"
#define HOST_PID_NAMESPACE 0xEFFFFFFCu

/* The nodes of a device that a process may have open. */
struct nodes {
	struct iommu_node groups[IOMMU_NODES_MAX];
	size_t n_groups;
	struct chardevs all; /* those of the groups come first */
	int deleted_major; /* any node of this major number counts if it was deleted; -1 for none */
	bool wanted;       /* there is something to look for */
};

/* A number that is looked for. A device may have several, and several devices the same one. */
struct number {
	dev_t number;
	size_t device;
};

struct search {
	size_t n;               /* of the devices */
	struct nodes *nodes;    /* of each device */
	struct uses *uses;      /* of each device */
	struct number *numbers; /* of all devices, sorted */
	size_t n_numbers;
	int deleted_major;
	bool files_counted; /* the size of /proc/PID/fd is the number of open files */
};

static void free_search(struct search *s)
{
	for (size_t i = 0; s->nodes && i < s->n; i++)
		chardevs_free(&s->nodes[i].all);
	free(s->nodes);
	free(s->numbers);
}

/* --- the nodes --- */

static int list_vfio(const struct device *dev, struct nodes *nodes)
{
	CLEANUP(iommu_free) struct iommu_group group = { 0 };
	bool unbound = false;
	int err = iommu_read(dev, &group);

	/* Looking into the processes takes most of the time of a load. */
	if (err < 0 || !group.name[0] || !iommu_may_be_open(&group))
		return err;
	err = iommu_list_nodes(&group, nodes->groups, &nodes->n_groups);
	for (size_t i = 0; i < nodes->n_groups && err >= 0; i++)
		err = chardevs_add(&nodes->all, nodes->groups[i].number);
	for (size_t i = 0; i < group.n_members && err >= 0; i++) {
		const struct iommu_member *m = &group.members[i];

		err = chardev_list_class(&m->dev, VFIO_CLASS, &nodes->all);
		unbound = unbound || (!m->driver[0] && !m->bridge);
	}
	if (err < 0 || !unbound)
		return err;
	/* A deleted node may be the one of a member that is being unbound. */
	nodes->deleted_major = chardev_major(VFIO_CLASS);
	return nodes->deleted_major < 0 && nodes->deleted_major != -ENOENT ? nodes->deleted_major
									   : 0;
}

static int by_number(const void *a, const void *b)
{
	dev_t x = ((const struct number *)a)->number, y = ((const struct number *)b)->number;

	return (x > y) - (x < y);
}

/* A device whose nodes could not be listed is left out. Return: 0, or -ENOMEM. */
static int list_all_nodes(const struct device *devices, bool by_hand, struct search *s)
{
	size_t room = 0;

	s->nodes = calloc(s->n, sizeof(*s->nodes));
	if (!s->nodes)
		return -ENOMEM;
	for (size_t i = 0; i < s->n; i++) {
		struct nodes *nodes = &s->nodes[i];
		int err;

		nodes->deleted_major = -1;
		err = list_vfio(&devices[i], nodes);
		if (err >= 0 && by_hand)
			err = chardev_list(&devices[i], &nodes->all);
		if (err >= 0 && by_hand)
			err = nvidia_list(&devices[i], &nodes->all);
		uses_note(&s->uses[i], err);
		nodes->wanted = err >= 0 && (nodes->all.n > 0 || nodes->deleted_major >= 0);
		if (nodes->wanted && nodes->deleted_major >= 0)
			s->deleted_major = nodes->deleted_major;
		room += nodes->all.n;
	}
	s->numbers = calloc(room + 1, sizeof(*s->numbers));
	if (!s->numbers)
		return -ENOMEM;
	for (size_t i = 0; i < s->n; i++)
		for (size_t j = 0; s->nodes[i].wanted && j < s->nodes[i].all.n; j++)
			s->numbers[s->n_numbers++] =
				(struct number){ s->nodes[i].all.numbers[j], i };
	qsort(s->numbers, s->n_numbers, sizeof(*s->numbers), by_number);
	return 0;
}

/* --- /proc --- */

/* A descriptor of O_PATH, by which udev for example changes the node's owner, does not open the
 * device. */
static bool is_path_only(const char *pid, int dir_fd, const char *name)
{
	char dir[64], text[1024];
	const char *flags;

	util_format(dir, sizeof(dir), "/proc/%.20s/fdinfo", pid);
	/* It may have been closed since. */
	if (sysfs_read(dir, name, text, sizeof(text)) < 0)
		return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	flags = strstr(text, "\nflags:");
	return flags && strtoul(flags + strlen("\nflags:"), NULL, 8) & O_PATH;
}

/* @node: as the process calls it. @number: of the node. @deleted: it was a node of VFIO */
static void add_process(
	const struct search *s, const char *pid, const char *node, dev_t number, bool deleted)
{
	struct use use = { .kind = USE_PROCESS, .pid = (pid_t)strtol(pid, NULL, 10) };
	char dir[64];

	util_format(use.node, sizeof(use.node), "%s", node);
	util_format(dir, sizeof(dir), "/proc/%.20s", pid);
	if (sysfs_read(dir, "comm", use.user, sizeof(use.user)) < 0)
		util_format(use.user, sizeof(use.user), "?");
	for (size_t i = 0; i < s->n_numbers; i++)
		if (s->numbers[i].number == number)
			uses_add(&s->uses[s->numbers[i].device], &use);
	for (size_t i = 0; deleted && i < s->n; i++)
		if (s->nodes[i].wanted && s->nodes[i].deleted_major >= 0)
			uses_add(&s->uses[i], &use);
}

/*
 * Looks at an open file. For most the type alone tells that they are none of the nodes.
 * Return: 0; -EACCES if the process may not be looked into; other -errno.
 */
static int look_at(const struct search *s, const char *pid, int dir_fd, const char *name)
{
	struct number key = { 0 };
	struct statx file;
	char path[PATH_MAX];
	bool wanted, deleted;
	ssize_t n;

	/* The file system is not asked: it may be one that never answers. Other failures than the
	 * caller's own are that the file was closed since, or come from its file system, for
	 * example a network's that does not answer: no node is on one. */
	if (statx(dir_fd, name, AT_STATX_DONT_SYNC, STATX_TYPE, &file) < 0)
		return errno == EACCES || errno == ENOMEM || errno == ENFILE || errno == EMFILE
			       ? -errno
			       : 0;
	if (!S_ISCHR(file.stx_mode))
		return 0;
	key.number = makedev(file.stx_rdev_major, file.stx_rdev_minor);
	wanted = bsearch(&key, s->numbers, s->n_numbers, sizeof(key), by_number);
	deleted = (int)file.stx_rdev_major == s->deleted_major;
	if (!wanted && !deleted)
		return 0;
	n = readlinkat(dir_fd, name, path, sizeof(path) - 1);
	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	path[n] = '\0';
	deleted = deleted && (size_t)n >= strlen(DELETED) &&
		  streq(path + n - strlen(DELETED), DELETED);
	if ((wanted || deleted) && !is_path_only(pid, dir_fd, name))
		add_process(s, pid, path, key.number, deleted);
	return 0;
}

static int look_into(const struct search *s, const char *pid)
{
	CLEANUP_CLOSEDIR DIR *dir = NULL;
	struct dirent *entry;
	char path[64];
	struct stat st;

	util_format(path, sizeof(path), "/proc/%.20s/fd", pid);
	/* Most processes of a host are threads of the kernel, which have no files. */
	if (s->files_counted && stat(path, &st) == 0 && st.st_size == 0)
		return 0;
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (errno = 0, (entry = readdir(dir))) {
		int err = 0;

		if (entry->d_name[0] != '.')
			err = look_at(s, pid, dirfd(dir), entry->d_name);
		/* A caller without the capability to trace the process sees only the names. */
		if (err < 0)
			return err;
	}
	return -errno;
}

/* Return: 0, or the -errno of a check that could not be made. */
static int look_into_all(struct search *s)
{
	CLEANUP_CLOSEDIR DIR *dir = opendir("/proc");
	struct dirent *entry;
	bool is_proc = false;
	struct stat st;

	if (!dir)
		return -errno;
	s->files_counted = stat("/proc/self/fd", &st) == 0 && st.st_size > 0;
	while (errno = 0, (entry = readdir(dir))) {
		int err;

		if (*entry->d_name < '1' || *entry->d_name > '9')
			continue;
		is_proc = true;
		err = look_into(s, entry->d_name);
		if (err == -EACCES)
			for (size_t i = 0; i < s->n; i++)
				s->uses[i].unseen += s->nodes[i].wanted;
		else if (err < 0 && err != -ENOENT && err != -ESRCH)
			return err;
	}
	if (errno)
		return -errno;
	/* The caller is a process, too: without one, this is not a /proc. */
	return is_proc ? 0 : -ENOENT;
}

/* --- what /proc does not show --- */

/* Opens a node, but no other one that has its path. Return: 0, or -errno. */
static int try_node(const char *path, dev_t number)
{
	CLEANUP_CLOSE int fd = -1;
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode) || st.st_rdev != number)
		return -ENOENT;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISCHR(st.st_mode) && st.st_rdev == number ? 0 : -ENOENT;
}

static void ask_kernel(const struct nodes *nodes, unsigned int flags, struct uses *uses)
{
	size_t n_asked = flags & USE_FIND_NAMED ? 0 : nodes->n_groups;
	char path[SYSFS_NAME_MAX + 16], node[SYSFS_NAME_MAX];

	for (size_t i = 0; i < n_asked; i++) {
		int err;

		util_format(path, sizeof(path), "/dev/vfio/%s", nodes->groups[i].name);
		err = try_node(path, nodes->groups[i].number);
		if (err < 0)
			uses_add_new(
				uses, err == -EBUSY ? USE_PROCESS : USE_UNKNOWN, path, "", err);
	}
	/* The first of the others stands for all. */
	if (nodes->all.n <= n_asked)
		return;
	chardev_node(nodes->all.numbers[n_asked], node);
	uses_add_new(uses, USE_HIDDEN, node, "", 0);
}

void process_find(
	const struct device *devices, size_t n, bool by_hand, unsigned int flags, struct uses *uses)
{
	CLEANUP(free_search) struct search s = { .n = n, .uses = uses, .deleted_major = -1 };
	int err = list_all_nodes(devices, by_hand, &s);
	/* In a PID namespace of its own, for example in a container, the caller sees only the
	 * processes there. That /proc has an entry for the caller ensures that it belongs to this
	 * namespace. */
	struct stat st;
	bool sees_host;

	if (err >= 0 && (s.n_numbers > 0 || s.deleted_major >= 0))
		err = look_into_all(&s);
	sees_host = stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == HOST_PID_NAMESPACE;
	for (size_t i = 0; i < n; i++) {
		if (!s.numbers || s.nodes[i].wanted)
			uses_note(&uses[i], err);
		if (err >= 0 && s.nodes[i].wanted && uses[i].n == 0 && !sees_host)
			ask_kernel(&s.nodes[i], flags, &uses[i]);
	}
}
