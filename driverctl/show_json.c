/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One device, and a ranking of VFIO drivers, as JSON for programs. Reads nothing. */
#include "show.h"

#include "message.h"
#include "object.h"

#include <errno.h>

static void add_number(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(
		object, key, value[0] ? json_object_new_int64(strtoll(value, NULL, 10)) : NULL);
}

static struct json_object *words(char *const *strv)
{
	struct json_object *list = json_object_new_array();

	for (; strv && *strv; strv++)
		json_object_array_add(list, object_text(*strv));
	return list;
}

/* {"id": "0x8086", "name": "Intel Corporation"}, or null */
static void add_named(struct json_object *object, const char *key, const char *id, const char *name)
{
	struct json_object *named = id[0] ? json_object_new_object() : NULL;

	if (named) {
		object_add_text(named, "id", id);
		object_add_text(named, "name", name);
	}
	json_object_object_add(object, key, named);
}

static void add_variant(struct json_object *object, const struct variant *v)
{
	object_add_text(object, "module", v->module);
	object_add_text(object, "driver", v->driver);
	object_add_text(object, "pattern", v->pattern);
	json_object_object_add(
		object, "wildcards", v->pattern ? json_object_new_int((int)v->wildcards) : NULL);
	object_add_text(object, "source", variant_source_name(v->source));
}

/* {"code": "blacklisted", "text": "..."} */
static void add_reason(
	struct json_object *object, const char *key, const char *code, const char *text)
{
	struct json_object *reason = json_object_new_object();

	object_add_text(reason, "code", code);
	object_add_text(reason, "text", text);
	json_object_object_add(object, key, reason);
}

static struct json_object *variants_json(const struct variant_ranking *ranking)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < ranking->n_variants; i++) {
		const struct variant *v = &ranking->variants[i];
		struct json_object *entry = json_object_new_object();

		add_variant(entry, v);
		object_add_bool(entry, "usable", v->reason == VARIANT_USABLE);
		if (v->reason == VARIANT_USABLE)
			json_object_object_add(entry, "reason", NULL);
		else
			add_reason(entry, "reason", variant_reason_code(v->reason),
				variant_reason_text(v->reason));
		json_object_array_add(list, entry);
	}
	return list;
}

struct json_object *show_json_best(const struct device *dev, const struct variant_ranking *ranking)
{
	struct json_object *object = json_object_new_object();

	object_add_text(object, "name", dev->name);
	object_add_text(object, "bus", dev->bus);
	add_variant(object, &ranking->variants[ranking->best]);
	object_add_bool(object, "ambiguous", ranking->ambiguous);
	json_object_object_add(object, "ranking", variants_json(ranking));
	return object;
}

static bool has_saved(const struct show *s)
{
	return s->saved_error == 0 || s->saved_error == -ESTALE;
}

/* The policy of the saved override. */
static struct json_object *saved_json(const struct show *s)
{
	struct json_object *object;

	if (!has_saved(s))
		return NULL;
	object = json_object_new_object();
	object_add_text(object, "module", s->saved.policy.module);
	object_add_text(object, "choose",
		s->saved.policy.choose[0] ? s->saved.policy.choose : POLICY_FIXED);
	object_add_bool(object, "same_device", s->saved_error == 0);
	return object;
}

/* Without an error; also the native driver, and what is for another device. */
static bool is_wanted_known(const struct show *s)
{
	return s->wanted_error == 0 || s->wanted_error == -ENOENT || s->wanted_error == -ESTALE;
}

static struct json_object *wanted_json(const struct show *s)
{
	const struct wanted *w = &s->wanted;
	struct json_object *object;

	if (w->by == WANTED_NOTHING || !is_wanted_known(s))
		return NULL;
	object = json_object_new_object();
	object_add_text(object, "driver", w->driver);
	object_add_text(object, "choose", w->best ? POLICY_BEST_VFIO : POLICY_FIXED);
	object_add_text(object, "by", wanted_by_word(w->by));
	object_add_text(object, "rule", w->rule);
	return object;
}

/* Why the override is not known. */
static void add_error(struct json_object *object, const char *key, int err)
{
	if (err == -EBADMSG)
		add_reason(object, key, "bad-store", "not a driver name");
	else
		add_reason(object, key, "unreadable", strerror(-err));
}

static void add_overrides(struct json_object *object, const struct show *s)
{
	object_add_text(object, "saved_driver", has_saved(s) ? s->saved.driver : NULL);
	json_object_object_add(object, "saved", saved_json(s));
	json_object_object_add(object, "saved_reason", NULL);
	if (!has_saved(s) && s->saved_error != -ENOENT)
		add_error(object, "saved_reason", s->saved_error);
	json_object_object_add(object, "wanted", wanted_json(s));
	json_object_object_add(object, "wanted_reason", NULL);
	if (!is_wanted_known(s))
		add_error(object, "wanted_reason", s->wanted_error);
}

static void add_no_variant(struct json_object *object, const struct show *s)
{
	char why[256];

	message_no_variant(&s->dev, s->rank_error < 0 ? s->rank_error : -ENOENT, why, sizeof(why));
	add_reason(object, "reason", "no-variant", why);
}

static struct json_object *ranking_json(const struct show *s)
{
	struct json_object *object = json_object_new_object();
	bool known = s->rank_error == 0 && s->ranking.best >= 0;

	object_add_text(
		object, "module", known ? s->ranking.variants[s->ranking.best].module : NULL);
	json_object_object_add(object, "reason", NULL);
	if (!known)
		add_no_variant(object, s);
	object_add_bool(object, "ambiguous", known && s->ranking.ambiguous);
	json_object_object_add(object, "ranking", variants_json(&s->ranking));
	return object;
}

static struct json_object *members_json(const struct iommu_group *group)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < group->n_members; i++) {
		const struct iommu_member *m = &group->members[i];
		struct json_object *entry = json_object_new_object();

		object_add_text(entry, "name", m->dev.name);
		object_add_text(entry, "bus", m->dev.bus);
		object_add_text(entry, "driver", m->driver);
		object_add_bool(entry, "bridge", m->bridge);
		object_add_bool(entry, "vfio", m->vfio);
		json_object_array_add(list, entry);
	}
	return list;
}

/* The device itself is taken as bound to a VFIO driver. */
static bool is_viable(const struct show *s)
{
	for (size_t i = 0; i < s->group.n_members; i++) {
		const struct iommu_member *m = &s->group.members[i];

		if (!streq(m->dev.name, s->dev.name) && iommu_is_obstacle(m))
			return false;
	}
	return true;
}

static struct json_object *group_json(const struct show *s)
{
	const struct iommu_group *group = &s->group;
	struct json_object *object;

	if (!group->name[0])
		return NULL;
	object = json_object_new_object();
	object_add_text(object, "id", group->name);
	object_add_bool(object, "viable", is_viable(s));
	json_object_object_add(object, "members", members_json(group));
	return object;
}

static struct json_object *sriov_json(const struct show *s)
{
	struct json_object *object;

	if (!s->vfs_total[0] && !s->physfn[0])
		return NULL;
	object = json_object_new_object();
	object_add_text(object, "physical_function", s->physfn);
	add_number(object, "total", s->vfs_total);
	add_number(object, "enabled", s->vfs_enabled);
	json_object_object_add(object, "autoprobe",
		s->autoprobe[0] ? json_object_new_boolean(!streq(s->autoprobe, "0")) : NULL);
	return object;
}

static struct json_object *mdev_types_json(const struct mdev_parent *mdev)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < mdev->n_types; i++) {
		struct json_object *entry = json_object_new_object();

		object_add_text(entry, "id", mdev->types[i].id);
		object_add_text(entry, "name", mdev->types[i].name);
		object_add_text(entry, "device_api", mdev->types[i].device_api);
		add_number(entry, "available", mdev->types[i].available);
		json_object_array_add(list, entry);
	}
	return list;
}

static struct json_object *mdev_children_json(const struct mdev_parent *mdev)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < mdev->n_children; i++) {
		struct json_object *entry = json_object_new_object();

		object_add_text(entry, "uuid", mdev->children[i].uuid);
		object_add_text(entry, "type", mdev->children[i].type);
		json_object_array_add(list, entry);
	}
	return list;
}

static struct json_object *mdev_json(const struct mdev_parent *mdev)
{
	struct json_object *object;

	if (mdev->n_types == 0)
		return NULL;
	object = json_object_new_object();
	json_object_object_add(object, "types", mdev_types_json(mdev));
	json_object_object_add(object, "children", mdev_children_json(mdev));
	return object;
}

static void add_use(struct json_object *object, const struct use *use)
{
	static const char *const kinds[] = {
		[USE_MOUNT] = "mount",
		[USE_SWAP] = "swap",
		[USE_DEVICE] = "block-device",
		[USE_PROCESS] = "process",
		[USE_FUNCTIONS] = "virtual-functions",
		[USE_MDEVS] = "mediated-devices",
		[USE_ROUTE] = "default-route",
		[USE_SSH] = "ssh-connection",
		[USE_NET_MOUNT] = "network-mount",
		[USE_NFS] = "nfs",
		[USE_ISCSI] = "iscsi",
		[USE_NVME] = "nvme-over-fabrics",
		[USE_NAMESPACE] = "network-namespace",
		[USE_CLAIMED] = "claimed",
		[USE_UNKNOWN] = "unknown",
		[USE_HIDDEN] = "hidden",
	};
	char text[2 * PATH_MAX];

	object_add_text(object, "kind", kinds[use->kind]);
	object_add_text(object, "node", use->node);
	object_add_text(object, "by", use->user);
	object_add_text(object, "through", use->through);
	json_object_object_add(object, "pid", use->pid ? json_object_new_int(use->pid) : NULL);
	object_add_text(object, "message",
		use->kind == USE_NONE ? NULL : message_use(use, text, sizeof(text)));
}

struct json_object *show_json_use(const struct use *use)
{
	struct json_object *object = json_object_new_object();

	add_use(object, use);
	return object;
}

static struct json_object *all_uses_json(const struct uses *uses)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < uses->n; i++)
		json_object_array_add(list, show_json_use(&uses->items[i]));
	return list;
}

/* The first use, which says most, is also told by itself. */
static struct json_object *uses_json(const struct show *s)
{
	static const struct use none = { .kind = USE_NONE };
	struct json_object *object = json_object_new_object();
	const struct use *first = s->uses.n > 0 ? &s->uses.items[0] : &none;

	json_object_object_add(
		object, "unseen_processes", json_object_new_int64((int64_t)s->uses.unseen));
	add_use(object, first);
	if (first == &none && s->use_error < 0)
		object_add_text(object, "kind", "unknown");
	json_object_object_add(object, "uses", all_uses_json(&s->uses));
	return object;
}

void show_json(const struct show *s)
{
	struct json_object *object = json_object_new_object();

	object_add_text(object, "name", s->dev.name);
	object_add_text(object, "bus", s->dev.bus);
	object_add_text(object, "path", s->dev.path);
	object_add_text(object, "modalias", s->modalias);
	add_named(object, "class", s->class_id, s->class_name);
	add_named(object, "vendor", s->vendor_id, s->vendor_name);
	add_named(object, "device", s->device_id, s->device_name);
	object_add_text(object, "driver", s->state.driver);
	object_add_bool(object, "overridable", s->overridable);
	object_add_text(object, "override", s->state.override);
	add_overrides(object, s);
	json_object_object_add(object, "native", words(s->native));
	json_object_object_add(object, "best_vfio", ranking_json(s));
	json_object_object_add(object, "iommu_group", group_json(s));
	json_object_object_add(object, "sriov", sriov_json(s));
	json_object_object_add(object, "mdev", mdev_json(&s->mdev));
	json_object_object_add(object, "interfaces", words(s->interfaces));
	json_object_object_add(object, "in_use", uses_json(s));
	object_add_bool(object, "initramfs_older", s->old_image);
	object_print(object);
}
