/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One device as a text for people. Reads nothing. */
#include "show.h"

#include "message.h"

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

/* "  Ethernet controller, Intel Corporation 82574L", as far as the names are known. */
static void print_model(const struct show *s)
{
	const char *before = "  ";

	if (s->class_name[0]) {
		printf("%s%s", before, s->class_name);
		before = ", ";
	}
	if (!s->device_name[0])
		return;
	fputs(before, stdout);
	if (s->vendor_name[0])
		printf("%s ", s->vendor_name);
	fputs(s->device_name, stdout);
}

static void print_title(const struct show *s)
{
	bool named = s->class_name[0] || s->device_name[0];

	fputs(s->dev.name, stdout);
	if (named)
		print_model(s);
	else if (!s->vendor_id[0] && s->modalias[0])
		printf("  %s", s->modalias);
	if (s->vendor_id[0])
		printf("%s[%s:%s]", named ? " " : "  ", hex(s->vendor_id), hex(s->device_id));
	putchar('\n');
}

static const char *override_text(const struct show *s)
{
	if (!s->overridable)
		return "not offered by the kernel";
	if (!s->state.override[0])
		return "none set";
	return s->state.override;
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
	const struct wanted *w = &s->wanted;
	char quoted[80];

	message_quote(w->rule, quoted);
	if (s->wanted_error < 0 && s->wanted_error != -ENOENT && s->saved_error == -ENOENT) {
		label("wanted");
		printf("not known: %s\n", strerror(-s->wanted_error));
		return;
	}
	if (w->by == WANTED_NOTHING || w->by == WANTED_SAVED)
		return;
	label("wanted");
	if (w->best)
		fputs("the best VFIO driver, ", stdout);
	else
		printf("%s, ", w->driver[0] ? w->driver : "the native driver");
	if (w->by == WANTED_KERNEL)
		fputs("by the kernel's command line\n", stdout);
	else
		printf("by rule %s\n", quoted);
}

/* "vfio_pci (7 wildcards)" */
static void print_variant(const struct variant *v)
{
	fputs(v->module, stdout);
	if (v->pattern)
		printf(" (%u wildcard%s)", v->wildcards, v->wildcards == 1 ? "" : "s");
}

static void print_usable(const struct variant_ranking *r)
{
	const char *before = "";

	for (size_t i = 0; i < r->n_variants; i++) {
		if (r->variants[i].reason != VARIANT_USABLE)
			continue;
		fputs(before, stdout);
		print_variant(&r->variants[i]);
		before = ", then ";
	}
	if (*before)
		printf("%s\n", r->ambiguous ? "; a tie for the first place" : "");
}

static void print_excluded(const struct variant_ranking *r)
{
	for (size_t i = 0; i < r->n_variants; i++) {
		const struct variant *v = &r->variants[i];

		if (v->reason == VARIANT_USABLE)
			continue;
		label("excluded");
		printf("%s: %s\n", v->module, variant_reason_text(v->reason));
	}
}

static void print_ranking(const struct show *s)
{
	char why[256] = "";

	label("best VFIO");
	if (s->rank_error < 0)
		message_no_variant(&s->dev, s->rank_error, why, sizeof(why));
	else if (s->ranking.best < 0)
		message_no_variant(&s->dev, -ENOENT, why, sizeof(why));
	if (why[0])
		printf("none: %s\n", why);
	print_usable(&s->ranking);
	print_excluded(&s->ranking);
}

/* Another device of the group, which --iommu-group would take along. */
static bool is_companion(const struct show *s, const struct iommu_member *m)
{
	return !m->bridge && !streq(m->dev.name, s->dev.name);
}

/* ", with 0000:01:00.1, 0000:01:00.2" */
static void print_companions(const struct show *s)
{
	const char *before = ", with ";

	for (size_t i = 0; i < s->group.n_members; i++) {
		const struct iommu_member *m = &s->group.members[i];

		if (!is_companion(s, m) || iommu_is_obstacle(m))
			continue;
		printf("%s%s", before, m->dev.name);
		before = ", ";
	}
}

/* "; shared with 0000:01:00.1 (snd_hda_intel)". Return: whether any device is in the way. */
static bool print_obstacles(const struct show *s)
{
	const char *before = "; shared with ";

	for (size_t i = 0; i < s->group.n_members; i++) {
		const struct iommu_member *m = &s->group.members[i];

		if (!is_companion(s, m) || !iommu_is_obstacle(m))
			continue;
		printf("%s%s (%s)", before, m->dev.name, m->driver);
		before = ", ";
	}
	return *before == ',';
}

static const struct iommu_member *bridge_in_the_way(const struct iommu_group *group)
{
	for (size_t i = 0; i < group->n_members; i++)
		if (group->members[i].bridge && iommu_is_obstacle(&group->members[i]))
			return &group->members[i];
	return NULL;
}

/* The device itself is taken as bound to a VFIO driver. */
static void print_group(const struct show *s)
{
	const struct iommu_member *bridge = bridge_in_the_way(&s->group);

	label("IOMMU group");
	if (!s->group.name[0]) {
		printf("none%s\n", iommu_is_enabled() ? "" : ": " MESSAGE_NO_IOMMU);
		return;
	}
	fputs(s->group.name, stdout);
	print_companions(s);
	if (print_obstacles(s))
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
static void print_mdev_type(const struct mdev_type *t)
{
	fputs(t->id, stdout);
	if (t->name[0])
		printf(" (%s)", t->name);
	printf(", %s, %s free\n", t->device_api, t->available[0] ? t->available : "?");
}

static void print_mdev(const struct show *s)
{
	for (size_t i = 0; i < s->mdev.n_types; i++) {
		label(i ? "" : "mdev types");
		print_mdev_type(&s->mdev.types[i]);
	}
	for (size_t i = 0; i < s->mdev.n_children; i++) {
		label(i ? "" : "mdevs");
		printf("%s %s\n", s->mdev.children[i].uuid, s->mdev.children[i].type);
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

static void print_use(const struct use *use)
{
	char text[2 * PATH_MAX];
	const char *rest;

	message_use(use, text, sizeof(text));
	rest = util_after_prefix(text, "in use: ");
	printf("%s\n", rest ? rest : text);
}

static void print_unseen(const struct uses *uses)
{
	if (uses->n == 0)
		fputs("no, as far as seen: ", stdout);
	else
		label("");
	printf("%zu processes can be looked into by root only\n", uses->unseen);
}

static void print_uses(const struct show *s)
{
	label("in use");
	for (size_t i = 0; i < s->uses.n; i++) {
		if (i > 0)
			label("");
		print_use(&s->uses.items[i]);
	}
	if (s->use_error < 0) {
		if (s->uses.n > 0)
			label("");
		printf("not known: %s\n", strerror(-s->use_error));
	} else if (s->uses.unseen > 0) {
		print_unseen(&s->uses);
	} else if (s->uses.n == 0) {
		fputs("no\n", stdout);
	}
}

static void print_old_image(void)
{
	char text[256];

	message_old_image(text, sizeof(text));
	label("initramfs");
	printf("%s\n", util_after_prefix(text, "the initramfs is "));
}

void show_text(const struct options *options, const struct show *s)
{
	print_title(s);
	label("driver");
	printf("%s\n", s->state.driver[0] ? s->state.driver : "none");
	label("override");
	printf("%s\n", override_text(s));
	print_saved(options, s);
	print_wanted(s);
	print_words("native", s->native);
	print_ranking(s);
	print_group(s);
	print_functions(s);
	print_mdev(s);
	if (s->interfaces)
		print_words("interface", s->interfaces);
	print_uses(s);
	if (s->old_image)
		print_old_image();
}
