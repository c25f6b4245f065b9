/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the order in which overrides decide. Changes nothing, and does not judge whether the wanted
 * driver exists. */
#include "store/target.h"

#include "base/file.h"
#include "kernel/bus.h"
#include "kernel/driver.h"
#include "kernel/lookup.h"
#include "kernel/pci.h"
#include "store/excluded.h"
#include "store/match.h"
#include "store/saved.h"

#include <errno.h>
#include <fcntl.h>

/* How often to look whether the kernel has added a device. */
#define POLL_MS 5

const char *target_by_word(enum target_by by)
{
	static const char *const words[] = {
		[TARGET_NOTHING] = "",
		[TARGET_KERNEL] = "kernel-command-line",
		[TARGET_SAVED] = "saved",
		[TARGET_RULE] = "rule",
	};

	return words[by];
}

bool target_in_effect(
	const struct target *wanted, const struct device *dev, const char *driver, const char *best)
{
	if (!driver[0])
		return streq(wanted->driver, DRIVER_NONE);
	if (wanted->driver[0] && driver_is(dev->bus, driver, wanted->driver))
		return true;
	if (!wanted->best)
		return false;
	return best ? best[0] && driver_is(dev->bus, driver, best) : device_is_vfio(dev, driver);
}

/* --- what is read once --- */

static int prepare_kernel(struct target_sources *sources)
{
	int err;

	if (sources->has_kernel)
		return 0;
	err = cmdline_read(&sources->kernel);
	sources->has_kernel = err == 0;
	return err;
}

static int prepare_rules(struct target_sources *sources)
{
	int err;

	if (sources->has_rules)
		return 0;
	util_strv_freep(&sources->excluded);
	/* If it is not known which devices are excluded, no rule counts. */
	err = excluded_read(&sources->excluded);
	if (err < 0)
		return err;
	err = rules_read(sources->change, &sources->rules);
	sources->has_rules = err == 0;
	return err;
}

int target_prepare(struct target_sources *sources)
{
	int err = prepare_kernel(sources);

	return err < 0 ? err : prepare_rules(sources);
}

void target_free(struct target_sources *sources)
{
	cmdline_free(&sources->kernel);
	rules_free(&sources->rules);
	util_strv_freep(&sources->excluded);
	*sources = (struct target_sources){ .change = sources->change };
}

void target_mark(const struct target_sources *sources)
{
	CLEANUP_CLOSE int dir_fd = -1;

	if (sources->kernel.n == 0 && sources->rules.n == 0) {
		(void)file_remove(AT_FDCWD, TARGET_MARK);
		return;
	}
	if (file_make_dir(AT_FDCWD, STORE_RUN_DIR, &dir_fd, NULL) == 0)
		(void)file_write(dir_fd, strrchr(TARGET_MARK, '/') + 1, "");
}

/* --- facts of a device, one at a time --- */

static int find_modalias(const struct device *dev, struct match_facts *facts)
{
	int err = device_modalias(dev, facts->modalias);

	if (err < 0)
		return err;
	match_take_modalias(facts);
	return 0;
}

static int find_path(const struct device *dev, struct match_facts *facts)
{
	facts->known |= MATCH_PATH;
	return pci_place(dev, facts->path);
}

/* The kernel announces a device before it links it to its physical function.
 * Source: pci_iov_add_virtfn() in Linux drivers/pci/iov.c. */
static int find_physfn(const struct device *dev, struct match_facts *facts)
{
	int err = pci_physfn(dev, facts->physfn);

	facts->known |= MATCH_PHYSFN;
	facts->physfn_path[0] = '\0';
	if (err < 0)
		return err;
	if (facts->physfn[0])
		return pci_physfn_place(dev, facts->physfn_path);
	return pci_is_added(dev) ? 0 : -EAGAIN;
}

static int find_vf(const struct device *dev, struct match_facts *facts)
{
	int err;

	facts->known |= MATCH_VF;
	facts->vf = -1;
	if (!(facts->known & MATCH_PHYSFN)) {
		err = find_physfn(dev, facts);
		if (err < 0)
			return err;
	}
	if (!facts->physfn[0])
		return 0;
	err = pci_vf_number(dev, &facts->vf);
	/* The link of the physical function to this one comes and goes with the device. */
	return err == -ENOENT ? -EAGAIN : err;
}

static int find_fact(const struct device *dev, enum match_fact fact, struct match_facts *facts)
{
	switch (fact) {
	case MATCH_MODALIAS:
		return find_modalias(dev, facts);
	case MATCH_PATH:
		return find_path(dev, facts);
	case MATCH_PHYSFN:
		return find_physfn(dev, facts);
	default:
		return find_vf(dev, facts);
	}
}

/* --- who decides --- */

static void take_rule(const struct rule *rule, struct target *ret)
{
	ret->by = TARGET_RULE;
	util_format(ret->rule, sizeof(ret->rule), "%s", rule->name);
	ret->best = rule->best;
	if (!streq(rule->driver, RULE_NATIVE))
		util_format(ret->driver, sizeof(ret->driver), "%s", rule->driver);
}

/* All that is behind a bridge would be lost with it. */
static bool is_for_no_bridge(const struct rule *rule, const struct device *dev)
{
	return (rule->best || driver_is_vfio(rule->driver)) && pci_leads_to_devices(dev);
}

static int ask_rules(const struct device *dev, struct target_sources *sources, struct target *ret)
{
	struct match_facts facts;
	const struct rule *rule;
	unsigned int missing;
	int err = prepare_rules(sources);

	if (err < 0)
		return err;
	if (!dev->path[0])
		return -ENOENT;
	facts.bus = dev->bus;
	facts.name = dev->name;
	facts.known = 0;
	for (;;) {
		rule = match_first(sources->rules.list, sources->rules.n, &facts, &missing);
		if (!missing)
			break;
		err = find_fact(dev, (enum match_fact)missing, &facts);
		if (err < 0)
			return err;
	}
	if (!rule || is_for_no_bridge(rule, dev))
		return -ENOENT;
	err = excluded_has(sources->excluded, dev);
	if (err != 0)
		return err < 0 ? err : -ENOENT;
	take_rule(rule, ret);
	return ret->driver[0] || ret->best ? 0 : -ENOENT;
}

static int ask_store(const struct device *dev, struct target *ret)
{
	struct saved saved;
	int err = saved_get(dev, &saved);

	if (err == -ENOENT)
		return err;
	ret->by = TARGET_SAVED;
	memcpy(ret->driver, saved.driver, sizeof(ret->driver));
	if (err < 0 && err != -ESTALE)
		return err;
	util_format(ret->module, sizeof(ret->module), "%s", saved.policy.module);
	ret->best = streq(saved.policy.choose, POLICY_BEST_VFIO);
	return err;
}

static void take_kernel(const struct cmdline_override *override, struct target *ret)
{
	ret->by = TARGET_KERNEL;
	ret->best = streq(override->driver, POLICY_BEST_VFIO);
	if (!ret->best)
		util_format(ret->driver, sizeof(ret->driver), "%s", override->driver);
}

int target_of(const struct device *dev, struct target_sources *sources, struct target *ret)
{
	const struct cmdline_override *override;
	int err = prepare_kernel(sources);

	*ret = (struct target){ 0 };
	if (err < 0)
		return err;
	override = cmdline_find(&sources->kernel, dev->bus, dev->name);
	if (override) {
		take_kernel(override, ret);
		return 0;
	}
	err = ask_store(dev, ret);
	return err == -ENOENT ? ask_rules(dev, sources, ret) : err;
}

int target_wait(const struct device *dev, struct target_sources *sources, int64_t deadline_ms,
	struct target *ret)
{
	for (;;) {
		int err = target_of(dev, sources, ret);

		if (err != -EAGAIN || util_now_ms() >= deadline_ms)
			return err;
		if (!device_is_present(dev))
			return -ENODEV;
		util_nap(POLL_MS);
	}
}

/* --- all devices --- */

struct keys {
	char **list;
	size_t n;
};

static int add_key(struct keys *keys, const char *bus, const char *name)
{
	char key[DEVICE_KEY_MAX];

	util_format(key, sizeof(key), "%s-%s", bus, name);
	return util_strv_add(&keys->list, &keys->n, key);
}

static int add_kernel(const struct cmdline_overrides *kernel, struct keys *keys)
{
	for (size_t i = 0; i < kernel->n; i++) {
		int err;

		if (kernel->list[i].why)
			continue;
		err = add_key(keys, kernel->list[i].bus, kernel->list[i].name);
		if (err < 0)
			return err;
	}
	return 0;
}

static int each_on_bus(
	struct target_sources *sources, const char *bus, target_fn fn, void *userdata)
{
	CLEANUP_STRV char **names = NULL;
	char dir[PATH_MAX];

	bus_devices_dir(bus, dir);
	if (sysfs_list(dir, NULL, &names, NULL) == -ENOMEM)
		return -ENOMEM;
	for (char **name = names; name && *name; name++) {
		struct target wanted;
		struct device dev;
		int err;

		device_listed(bus, dir, *name, &dev);
		err = target_of(&dev, sources, &wanted);
		if ((err < 0 && err != -ENOENT) || wanted.by != TARGET_RULE)
			continue;
		if (!sysfs_has(dev.path, "driver_override"))
			continue;
		err = fn(&dev, &wanted, userdata);
		if (err != 0)
			return err;
	}
	return 0;
}

int target_each_ruled(struct target_sources *sources, target_fn fn, void *userdata)
{
	const char *bus;
	size_t i = 0;

	while ((bus = rules_next_bus(&sources->rules, &i))) {
		int err = each_on_bus(sources, bus, fn, userdata);

		if (err != 0)
			return err;
	}
	return 0;
}

/* Return: 1, 0, or -errno of reading the device. */
static int is_decided_by(const struct device *dev, struct target_sources *sources, const char *name)
{
	struct target wanted;
	int err = target_of(dev, sources, &wanted);

	switch (err) {
	case 0:
	case -ENOENT:
		return wanted.by == TARGET_RULE && streq(wanted.rule, name);
	/* It has gone, or another one says what is wanted, or what is wrong with it. */
	case -ENODEV:
	case -ESTALE:
	case -EBADMSG:
	case -EAGAIN:
		return 0;
	default:
		return err;
	}
}

static bool has_bus(const struct rules *rules, const char *bus)
{
	const char *other;
	size_t i = 0;

	while ((other = rules_next_bus(rules, &i)))
		if (streq(other, bus))
			return true;
	return false;
}

static int each_changed_on_bus(const char *bus, struct target_sources *before,
	struct target_sources *after, const char *name,
	int (*fn)(const struct device *dev, void *userdata), void *userdata)
{
	CLEANUP_STRV char **names = NULL;
	char dir[PATH_MAX];
	int err;

	bus_devices_dir(bus, dir);
	err = sysfs_list(dir, NULL, &names, NULL);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	for (char **device = names; device && *device; device++) {
		struct device dev;
		int decided;

		err = device_on_bus(bus, *device, &dev);
		if (err == -ENODEV || (err == 0 && sysfs_absent(dev.path, "driver_override")))
			continue;
		if (err < 0)
			return err;
		decided = is_decided_by(&dev, after, name);
		if (decided == 0)
			decided = is_decided_by(&dev, before, name);
		err = decided > 0 ? fn(&dev, userdata) : decided;
		if (err < 0)
			return err;
	}
	return 0;
}

int target_each_changed(struct target_sources *before, struct target_sources *after,
	const char *name, int (*fn)(const struct device *dev, void *userdata), void *userdata)
{
	const char *bus;
	size_t i = 0;
	int err = 0;

	while (err == 0 && (bus = rules_next_bus(&after->rules, &i)))
		err = each_changed_on_bus(bus, before, after, name, fn, userdata);
	for (i = 0; err == 0 && (bus = rules_next_bus(&before->rules, &i));)
		if (!has_bus(&after->rules, bus))
			err = each_changed_on_bus(bus, before, after, name, fn, userdata);
	return err;
}

/* A rule for the native driver wants nothing. */
static int add_ruled(const struct device *dev, const struct target *wanted, void *userdata)
{
	if (!wanted->driver[0] && !wanted->best)
		return 0;
	return add_key(userdata, dev->bus, dev->name);
}

/* The array is sorted. */
static void remove_doubles(struct keys *keys)
{
	size_t kept = 0;

	for (size_t i = 0; i < keys->n; i++) {
		if (kept > 0 && streq(keys->list[kept - 1], keys->list[i]))
			free(keys->list[i]);
		else
			keys->list[kept++] = keys->list[i];
	}
	if (keys->list)
		keys->list[kept] = NULL;
	keys->n = kept;
}

static int list_all(struct target_sources *sources, struct keys *keys)
{
	int err = saved_list(&keys->list);

	if (err < 0)
		return err;
	while (keys->list && keys->list[keys->n])
		keys->n++;
	err = add_kernel(&sources->kernel, keys);
	return err < 0 ? err : target_each_ruled(sources, add_ruled, keys);
}

int target_list(struct target_sources *sources, char ***ret_keys)
{
	struct keys keys = { 0 };
	int err = list_all(sources, &keys);

	*ret_keys = NULL;
	if (err < 0) {
		util_strv_freep(&keys.list);
		return err;
	}
	util_strv_sort(keys.list, keys.n);
	remove_doubles(&keys);
	*ret_keys = keys.list;
	return 0;
}
