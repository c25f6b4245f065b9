/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of one device. Reads nothing. */
#include "show.h"

#include "message.h"

#include <errno.h>

void show_free(struct show **s)
{
	if (!*s)
		return;
	variant_ranking_free(&(*s)->ranking);
	util_strv_freep(&(*s)->native);
	util_strv_freep(&(*s)->interfaces);
	iommu_free(&(*s)->group);
	mdev_free(&(*s)->mdev);
	free(*s);
	*s = NULL;
}

/* "  driver       e1000e" */
static void label(FILE *f, const char *name)
{
	fprintf(f, "  %-13s", name);
}

/* 0x8086 -> 8086 */
static const char *hex(const char *value)
{
	const char *digits = util_after_prefix(value, "0x");

	return digits ? digits : value;
}

static void print_title(FILE *f, const struct show *s)
{
	bool vendor = s->vendor_name[0] && s->device_name[0];

	fprintf(f, "%s", s->dev.name);
	if (s->class_name[0] || s->device_name[0])
		fprintf(f, "  %s%s%s%s%s", s->class_name,
			s->class_name[0] && s->device_name[0] ? ", " : "",
			vendor ? s->vendor_name : "", vendor ? " " : "", s->device_name);
	else if (!s->vendor_id[0] && s->modalias[0])
		fprintf(f, "  %s", s->modalias);
	if (s->vendor_id[0])
		fprintf(f, "%s[%s:%s]", s->class_name[0] || s->device_name[0] ? " " : "  ",
			hex(s->vendor_id), hex(s->device_id));
	fputc('\n', f);
}

static void print_saved(FILE *f, const struct options *options, const struct show *s)
{
	label(f, "saved");
	if (s->saved_error == -ENOENT)
		fputs("nothing\n", f);
	else if (s->saved_error < 0 && s->saved_error != -ESTALE)
		fprintf(f, "cannot be read: %s\n",
			s->saved_error == -EBADMSG ? "not a driver name"
						   : strerror(-s->saved_error));
	else
		fprintf(f, "%s%s%s\n", s->saved,
			streq(s->policy.choose, POLICY_BEST_VFIO) ? ", ranked again at every load"
								  : "",
			s->saved_error == 0        ? ""
			: options->config.identity ? ", set for another device: not applied"
						   : ", set for another device");
}

/* The usable ones in their order, then what is left out and why. */
static void print_ranking(FILE *f, const struct show *s)
{
	const struct variant_ranking *r = &s->ranking;
	const char *before = "";

	label(f, "best VFIO");
	if (s->rank_error < 0 || r->best < 0) {
		char why[256];

		message_no_variant(
			&s->dev, s->rank_error < 0 ? s->rank_error : -ENOENT, why, sizeof(why));
		fprintf(f, "none: %s\n", why);
	}
	for (size_t i = 0; i < r->n_variants; i++) {
		if (r->variants[i].reason != VARIANT_USABLE)
			continue;
		fprintf(f, "%s%s", before, r->variants[i].module);
		if (r->variants[i].pattern)
			fprintf(f, " (%u wildcard%s)", r->variants[i].wildcards,
				r->variants[i].wildcards == 1 ? "" : "s");
		before = ", then ";
	}
	if (*before)
		fprintf(f, "%s\n", r->ambiguous ? "; a tie for the first place" : "");
	for (size_t i = 0; i < r->n_variants; i++) {
		if (r->variants[i].reason == VARIANT_USABLE)
			continue;
		label(f, "left out");
		fprintf(f, "%s: %s\n", r->variants[i].module,
			variant_reason_text(r->variants[i].reason));
	}
}

static void print_group(FILE *f, const struct show *s)
{
	const struct iommu_member *obstacle = iommu_obstacle(&s->group);
	bool listed = false;

	label(f, "IOMMU group");
	if (!s->group.name[0]) {
		fputs("none\n", f);
		return;
	}
	fputs(s->group.name, f);
	for (size_t i = 0; i < s->group.n_members; i++) {
		const struct iommu_member *m = &s->group.members[i];

		if (streq(m->dev.name, s->dev.name) || m->bridge)
			continue;
		fprintf(f, "%s%s", listed ? ", " : ", with ", m->dev.name);
		listed = true;
	}
	if (obstacle && !streq(obstacle->dev.name, s->dev.name))
		fprintf(f, "; not viable: %s is on %s", obstacle->dev.name, obstacle->driver);
	else if (obstacle)
		fprintf(f, "; not viable: on %s", obstacle->driver);
	else
		fputs("; viable", f);
	fputc('\n', f);
}

static void print_functions(FILE *f, const struct show *s)
{
	if (s->physfn[0]) {
		label(f, "SR-IOV");
		fprintf(f, "virtual function of %s\n", s->physfn);
	}
	if (!s->vfs_total[0])
		return;
	label(f, "SR-IOV");
	fprintf(f, "%s of %s virtual functions enabled", s->vfs_enabled, s->vfs_total);
	if (streq(s->autoprobe, "0"))
		fputs("; new ones are left without a native driver", f);
	else if (s->autoprobe[0])
		fputs("; new ones are probed by the native driver (sriov_drivers_autoprobe)", f);
	fputc('\n', f);
}

static void print_mdev(FILE *f, const struct show *s)
{
	for (size_t i = 0; i < s->mdev.n_types; i++) {
		const struct mdev_type *t = &s->mdev.types[i];

		label(f, i ? "" : "mdev types");
		fprintf(f, "%s%s%s%s, %s, %s free\n", t->id, t->name[0] ? " (" : "", t->name,
			t->name[0] ? ")" : "", t->device_api, t->available[0] ? t->available : "?");
	}
	for (size_t i = 0; i < s->mdev.n_children; i++) {
		label(f, i ? "" : "mdevs");
		fprintf(f, "%s %s\n", s->mdev.children[i].uuid, s->mdev.children[i].type);
	}
}

static void print_words(FILE *f, const char *name, char *const *words)
{
	label(f, name);
	for (size_t i = 0; words && words[i]; i++)
		fprintf(f, "%s%s", i ? ", " : "", words[i]);
	fputs(words && words[0] ? "\n" : "none\n", f);
}

static void print_use(FILE *f, const struct show *s)
{
	char text[2 * PATH_MAX];
	const char *rest;

	label(f, "in use");
	if (s->use_error < 0) {
		fprintf(f, "not known: %s\n", strerror(-s->use_error));
		return;
	}
	message_use(&s->holder, text, sizeof(text));
	rest = util_after_prefix(text, "in use: ");
	fputs(s->holder.kind == USE_NONE ? "no" : rest ? rest : text, f);
	if (s->holder.unseen && s->holder.kind == USE_NONE)
		fprintf(f, ", as far as seen: %zu processes can be looked into by root only",
			s->holder.unseen);
	fputc('\n', f);
}

char *show_text(const struct options *options, const struct show *s)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	print_title(f, s);
	label(f, "driver");
	fprintf(f, "%s\n", s->state.driver[0] ? s->state.driver : "none");
	label(f, "override");
	fprintf(f, "%s\n",
		!s->overridable        ? "not offered by the kernel"
		: s->state.override[0] ? s->state.override
				       : "none set");
	print_saved(f, options, s);
	print_words(f, "native", s->native);
	print_ranking(f, s);
	print_group(f, s);
	print_functions(f, s);
	print_mdev(f, s);
	if (s->interfaces)
		print_words(f, "interface", s->interfaces);
	print_use(f, s);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}
