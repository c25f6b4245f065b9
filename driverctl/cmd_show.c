/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * show DEVICE...: shows each device in full. It works without root, and the text says how many
 * processes could not be looked into.
 */
#include "show.h"

#include "child.h"
#include "each.h"
#include "message.h"
#include "kernel/model.h"
#include "kernel/module.h"
#include "kernel/net.h"
#include "output.h"
#include "kernel/pci.h"
#include "store/image.h"
#include "session.h"
#include "store/target.h"
#include "store/config.h"
#include "base/supervise.h"
#include "use/use.h"

#include <errno.h>

/* "  driver       e1000e" */
static void label(const char *name)
{
	printf("  %-13s", name);
}

/* "0000:01:00.0  Ethernet controller, Intel Corporation 82574L [8086:10d3]", as far as known */
static void print_title(const struct show *s)
{
	bool named = s->class_name[0] || s->device_name[0];
	const char *vendor = util_after_prefix(s->vendor_id, "0x");
	const char *device = util_after_prefix(s->device_id, "0x");

	fputs(s->dev.name, stdout);
	if (s->class_name[0])
		printf("  %s", s->class_name);
	if (s->device_name[0])
		printf("%s%s%s%s", s->class_name[0] ? ", " : "  ", s->vendor_name,
			s->vendor_name[0] ? " " : "", s->device_name);
	if (!named && !s->vendor_id[0] && s->modalias[0])
		printf("  %s", s->modalias);
	if (s->vendor_id[0])
		printf("%s[%s:%s]", named ? " " : "  ", vendor ? vendor : s->vendor_id,
			device ? device : s->device_id);
	putchar('\n');
}

static void print_saved(const struct options *options, const struct show *s)
{
	bool other_device = s->saved_error == -ESTALE;

	label("saved");
	if (s->saved_error == -ENOENT) {
		fputs("nothing\n", stdout);
		return;
	}
	if (s->saved_error == -EBADMSG) {
		fputs("cannot be read: not a driver name\n", stdout);
		return;
	}
	if (s->saved_error < 0 && !other_device) {
		printf("cannot be read: %s\n", strerror(-s->saved_error));
		return;
	}
	fputs(s->saved.driver, stdout);
	if (streq(s->saved.policy.choose, POLICY_BEST_VFIO))
		fputs(", ranked again at every load", stdout);
	if (other_device)
		fputs(", set for another device", stdout);
	if (other_device && options->config.identity)
		fputs(": not applied", stdout);
	putchar('\n');
}

/* The saved override has a line of its own. */
static void print_wanted(const struct show *s)
{
	const struct target *w = s->wanted;
	char quoted[80];

	message_quote(w->rule, quoted);
	if (s->target_error < 0 && s->target_error != -ENOENT && s->saved_error == -ENOENT) {
		label("wanted");
		printf("not known: %s\n", strerror(-s->target_error));
		return;
	}
	if (w->by == TARGET_NOTHING || w->by == TARGET_SAVED)
		return;
	label("wanted");
	if (w->best)
		fputs("the best VFIO driver, ", stdout);
	else
		printf("%s, ", w->driver[0] ? w->driver : "the native driver");
	if (w->by == TARGET_KERNEL)
		fputs("by the kernel's command line\n", stdout);
	else
		printf("by rule %s\n", quoted);
}

/* "vfio_pci (7 wildcards), then vfio-pci" */
static void print_ranking(const struct show *s)
{
	const struct variant_ranking *r = &s->ranking;
	const char *before = "";

	label("best VFIO");
	if (s->rank_error < 0 || r->best < 0) {
		char why[256];

		message_no_variant(
			&s->dev, s->rank_error < 0 ? s->rank_error : -ENOENT, why, sizeof(why));
		printf("none: %s\n", why);
	}
	for (size_t i = 0; i < r->n_variants; i++) {
		const struct variant *v = &r->variants[i];

		if (v->reason != VARIANT_USABLE)
			continue;
		printf("%s%s", before, v->module);
		if (v->pattern)
			printf(" (%u wildcard%s)", v->wildcards, v->wildcards == 1 ? "" : "s");
		before = ", then ";
	}
	if (*before)
		printf("%s\n", r->ambiguous ? "; a tie for the first place" : "");
	for (size_t i = 0; i < r->n_variants; i++) {
		if (r->variants[i].reason == VARIANT_USABLE)
			continue;
		label("excluded");
		printf("%s: %s\n", r->variants[i].module,
			variant_reason_text(r->variants[i].reason));
	}
}

/*
 * Prints the devices of the group that --iommu-group would take along, and are in the way or not.
 * Return: whether there are any
 */
static bool print_companions(const struct show *s, bool obstacles, const char *before)
{
	bool found = false;

	for (size_t i = 0; i < s->group.n_members; i++) {
		const struct iommu_member *m = &s->group.members[i];

		if (m->bridge || streq(m->dev.name, s->dev.name) ||
			iommu_is_obstacle(m) != obstacles)
			continue;
		printf("%s%s", found ? ", " : before, m->dev.name);
		if (obstacles)
			printf(" (%s)", m->driver);
		found = true;
	}
	return found;
}

/* "7, with 0000:01:00.1; shared with 0000:01:00.2 (snd_hda_intel): use --iommu-group". The device
 * itself is taken as bound to a VFIO driver. */
static void print_group(const struct show *s)
{
	const struct iommu_member *bridge = NULL;

	label("IOMMU group");
	if (!s->group.name[0]) {
		printf("none%s\n", iommu_is_enabled() ? "" : ": " MESSAGE_NO_IOMMU);
		return;
	}
	for (size_t i = 0; i < s->group.n_members && !bridge; i++)
		if (s->group.members[i].bridge && iommu_is_obstacle(&s->group.members[i]))
			bridge = &s->group.members[i];
	fputs(s->group.name, stdout);
	print_companions(s, false, ", with ");
	if (print_companions(s, true, "; shared with "))
		fputs(": use --iommu-group", stdout);
	else if (!bridge)
		fputs("; viable", stdout);
	if (bridge)
		printf("; not viable: %s is on %s", bridge->dev.name, bridge->driver);
	putchar('\n');
}

static void print_functions(const struct show *s)
{
	if (s->physfn[0]) {
		label("SR-IOV");
		printf("virtual function of %s\n", s->physfn);
	}
	if (!s->vfs_total[0])
		return;
	label("SR-IOV");
	printf("%s of %s virtual functions enabled", s->vfs_enabled, s->vfs_total);
	if (streq(s->autoprobe, "0"))
		fputs("; new ones are left without a native driver", stdout);
	else if (s->autoprobe[0])
		fputs("; new ones are probed by the native driver (sriov_drivers_autoprobe)",
			stdout);
	putchar('\n');
}

/* "nvidia-36 (GRID T4-1Q), vfio-pci, 4 free" */
static void print_mdev(const struct mdev_parent *mdev)
{
	for (size_t i = 0; i < mdev->n_types; i++) {
		const struct mdev_type *t = &mdev->types[i];

		label(i ? "" : "mdev types");
		fputs(t->id, stdout);
		if (t->name[0])
			printf(" (%s)", t->name);
		printf(", %s, %s free\n", t->device_api, t->available[0] ? t->available : "?");
	}
	for (size_t i = 0; i < mdev->n_children; i++) {
		label(i ? "" : "mdevs");
		printf("%s %s\n", mdev->children[i].uuid, mdev->children[i].type);
	}
}

static void print_words(const char *name, char *const *words)
{
	label(name);
	if (!words || !words[0]) {
		fputs("none\n", stdout);
		return;
	}
	for (size_t i = 0; words[i]; i++)
		printf("%s%s", i ? ", " : "", words[i]);
	putchar('\n');
}

static void print_uses(const struct show *s)
{
	char text[2 * PATH_MAX];

	label("in use");
	for (size_t i = 0; i < s->uses.n; i++) {
		const char *rest;

		message_use(&s->uses.items[i], text, sizeof(text));
		rest = util_after_prefix(text, "in use: ");
		printf("%s\n", rest ? rest : text);
		if (i + 1 < s->uses.n || s->use_error < 0 || s->uses.unseen > 0)
			label("");
	}
	if (s->use_error < 0)
		printf("not known: %s\n", strerror(-s->use_error));
	else if (s->uses.unseen > 0)
		printf("%s%zu processes can be looked into by root only\n",
			s->uses.n ? "" : "no, as far as seen: ", s->uses.unseen);
	else if (s->uses.n == 0)
		puts("no");
}

static void print_text(const struct options *options, const struct show *s)
{
	print_title(s);
	label("driver");
	printf("%s\n", s->state.driver[0] ? s->state.driver : "none");
	label("override");
	if (!s->overridable)
		puts("not offered by the kernel");
	else
		puts(s->state.override[0] ? s->state.override : "none set");
	print_saved(options, s);
	print_wanted(s);
	print_words("native", s->native);
	print_ranking(s);
	print_group(s);
	print_functions(s);
	print_mdev(&s->mdev);
	if (s->interfaces)
		print_words("interface", s->interfaces);
	print_uses(s);
	if (s->old_image) {
		char text[256];

		message_old_image(text, sizeof(text));
		label("initramfs");
		printf("%s\n", util_after_prefix(text, "the initramfs is "));
	}
}

/* --- what there is to print --- */

static void read_names(struct show *s)
{
	CLEANUP(model_close) struct model_database *models = model_open();
	const struct device *dev = &s->dev;
	char path[PATH_MAX];

	pci_identity(dev, s->modalias, path);
	sysfs_read_text(dev->path, "class", s->class_id, sizeof(s->class_id));
	sysfs_read_text(dev->path, "vendor", s->vendor_id, sizeof(s->vendor_id));
	sysfs_read_text(dev->path, "device", s->device_id, sizeof(s->device_id));
	if (!models)
		return;
	model_name(models, s->modalias, "ID_PCI_SUBCLASS_FROM_DATABASE", s->class_name,
		sizeof(s->class_name));
	if (!s->class_name[0])
		model_name(models, s->modalias, "ID_PCI_CLASS_FROM_DATABASE", s->class_name,
			sizeof(s->class_name));
	model_name(models, s->modalias, "ID_VENDOR_FROM_DATABASE", s->vendor_name,
		sizeof(s->vendor_name));
	model_name(models, s->modalias, "ID_MODEL_FROM_DATABASE", s->device_name,
		sizeof(s->device_name));
}

struct reading {
	const struct options *options;
	const struct device *dev;
};

static int print_device(struct supervise *s, void *arg)
{
	const struct reading *r = arg;
	const struct options *options = r->options;
	const struct config *config = &options->config;
	CLEANUP(target_free) struct target_sources sources = { 0 };
	struct target wanted;
	struct show show = { .dev = *r->dev, .wanted = &wanted };
	struct use_caller caller;
	int err;

	supervise_step(s, 0, OVERRIDE_READ_STATE, "");
	err = device_read_state(&show.dev, &show.state);
	if ((err == -ENOENT && !sysfs_has(show.dev.path, ".")) || err == -ENODEV) {
		message_error("%s: no such device", show.dev.name);
		return EXIT_NO_DEVICE;
	}
	if (err < 0 && err != -ENOENT) {
		message_error("%s: cannot read it: %s", show.dev.name, strerror(-err));
		return EXIT_FAILED;
	}
	show.overridable = err == 0;
	supervise_step(s, 0, OVERRIDE_READ_STORE, "");
	read_names(&show);
	show.saved_error = saved_get(&show.dev, &show.saved);
	show.target_error = target_of(&show.dev, &sources, &wanted);
	show.old_image = image_age() == IMAGE_OLDER;
	supervise_step(s, 0, OVERRIDE_RANK, "");
	if (pci_leads_to_devices(&show.dev))
		show.rank_error = -ENODATA;
	else
		show.rank_error =
			table_rank_device(&show.dev, config->deny, config->n_deny, &show.ranking);
	if (show.modalias[0])
		module_candidates(show.modalias, &show.native);
	supervise_step(s, 0, OVERRIDE_CHECK, "");
	iommu_read(&show.dev, &show.group);
	sysfs_read_text(show.dev.path, "sriov_totalvfs", show.vfs_total, sizeof(show.vfs_total));
	sysfs_read_text(show.dev.path, "sriov_numvfs", show.vfs_enabled, sizeof(show.vfs_enabled));
	sysfs_read_text(
		show.dev.path, "sriov_drivers_autoprobe", show.autoprobe, sizeof(show.autoprobe));
	pci_physfn(&show.dev, show.physfn);
	mdev_read(&show.dev, &show.mdev);
	net_list(&show.dev, &show.interfaces);
	session_find(options->ssh_connection, &caller);
	show.use_error = use_gather(&show.dev, 1, &caller, USE_FIND_NAMED, &show.uses);
	if (options_have(options, OPTION_JSON))
		show_json(&show);
	else
		print_text(options, &show);
	variant_ranking_free(&show.ranking);
	util_strv_freep(&show.native);
	util_strv_freep(&show.interfaces);
	iommu_free(&show.group);
	mdev_free(&show.mdev);
	uses_free(&show.uses);
	return EXIT_DONE;
}

static int show_device(const struct options *options, const struct device *dev, void *arg)
{
	struct reading r = { options, dev };

	(void)arg;
	return child_read(options, print_device, &r, dev->name, NULL);
}

int cmd_show(const struct options *options, char **args, int n_args)
{
	output_begin(options);
	output_paragraphs();
	return output_end(each_device(options, args, n_args, EACH_PRESENT, show_device, NULL));
}
