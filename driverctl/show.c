/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One device as a text for people. Reads nothing. */
#include "show.h"

#include "message.h"
#include "store/target.h"

#include <errno.h>

void show_free(struct show *s)
{
	variant_ranking_free(&s->ranking);
	util_strv_freep(&s->native);
	util_strv_freep(&s->interfaces);
	iommu_free(&s->group);
	mdev_free(&s->mdev);
	uses_free(&s->uses);
}

/* "  driver       e1000e" */
static void label(const char *name)
{
	printf("  %-13s", name);
}

/* 0x8086 -> 8086 */
static const char *hex(const char *value)
{
	const char *digits = util_after_prefix(value, "0x");

	return digits ? digits : value;
}

/* "0000:01:00.0  Ethernet controller, Intel Corporation 82574L [8086:10d3]", as far as known */
static void print_title(const struct show *s)
{
	bool named = s->class_name[0] || s->device_name[0];

	fputs(s->dev.name, stdout);
	if (s->class_name[0])
		printf("  %s", s->class_name);
	if (s->device_name[0])
		printf("%s%s%s%s", s->class_name[0] ? ", " : "  ", s->vendor_name,
			s->vendor_name[0] ? " " : "", s->device_name);
	if (!named && !s->vendor_id[0] && s->modalias[0])
		printf("  %s", s->modalias);
	if (s->vendor_id[0])
		printf("%s[%s:%s]", named ? " " : "  ", hex(s->vendor_id), hex(s->device_id));
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
	const struct target *w = &s->wanted;
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

void show_text(const struct options *options, const struct show *s)
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
