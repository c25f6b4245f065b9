/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device, its uses, and a ranking of VFIO drivers as JSON. */
#include "show.h"

#include "message.h"
#include "object.h"
#include "store/target.h"

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

static struct json_object *variants_json(const struct variant_ranking *ranking)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < ranking->n_variants; i++) {
		const struct variant *v = &ranking->variants[i];
		struct json_object *entry = json_object_new_object(), *reason = NULL;

		add_variant(entry, v);
		object_add_bool(entry, "usable", v->reason == VARIANT_USABLE);
		if (v->reason != VARIANT_USABLE)
			reason = object_reason(
				variant_reason_code(v->reason), variant_reason_text(v->reason));
		json_object_object_add(entry, "reason", reason);
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

/* Why an override is not known. */
static struct json_object *error_json(int err)
{
	if (err == -EBADMSG)
		return object_reason("bad-store", "not a driver name");
	return object_reason("unreadable", strerror(-err));
}

static void add_saved(struct json_object *object, const struct show *s)
{
	const struct policy *policy = &s->saved.policy;
	bool known = s->saved_error == 0 || s->saved_error == -ESTALE;
	struct json_object *saved = NULL, *reason = NULL;

	if (known) {
		saved = json_object_new_object();
		object_add_text(saved, "module", policy->module);
		object_add_text(saved, "choose", policy->choose[0] ? policy->choose : POLICY_FIXED);
		object_add_bool(saved, "same_device", s->saved_error == 0);
	} else if (s->saved_error != -ENOENT) {
		reason = error_json(s->saved_error);
	}
	object_add_text(object, "saved_driver", known ? s->saved.driver : NULL);
	json_object_object_add(object, "saved", saved);
	json_object_object_add(object, "saved_reason", reason);
}

static void add_wanted(struct json_object *object, const struct show *s)
{
	const struct target *w = s->wanted;
	int err = s->target_error;
	struct json_object *wanted = NULL, *reason = NULL;

	/* Known are also the native driver, and what is for another device. */
	if (err != 0 && err != -ENOENT && err != -ESTALE) {
		reason = error_json(err);
	} else if (w->by != TARGET_NOTHING) {
		wanted = json_object_new_object();
		object_add_text(wanted, "driver", w->driver);
		object_add_text(wanted, "choose", w->best ? POLICY_BEST_VFIO : POLICY_FIXED);
		object_add_text(wanted, "by", target_by_word(w->by));
		object_add_text(wanted, "rule", w->rule);
	}
	json_object_object_add(object, "wanted", wanted);
	json_object_object_add(object, "wanted_reason", reason);
}

static struct json_object *ranking_json(const struct show *s)
{
	struct json_object *object = json_object_new_object();
	bool known = s->rank_error == 0 && s->ranking.best >= 0;
	char why[256];

	object_add_text(
		object, "module", known ? s->ranking.variants[s->ranking.best].module : NULL);
	message_no_variant(&s->dev, s->rank_error < 0 ? s->rank_error : -ENOENT, why, sizeof(why));
	json_object_object_add(object, "reason", known ? NULL : object_reason("no-variant", why));
	object_add_bool(object, "ambiguous", known && s->ranking.ambiguous);
	json_object_object_add(object, "ranking", variants_json(&s->ranking));
	return object;
}

/* The device itself is taken as bound to a VFIO driver. */
static struct json_object *group_json(const struct show *s)
{
	const struct iommu_group *group = &s->group;
	struct json_object *object, *list;
	bool viable = true;

	if (!group->name[0])
		return NULL;
	object = json_object_new_object();
	list = json_object_new_array();
	for (size_t i = 0; i < group->n_members; i++) {
		const struct iommu_member *m = &group->members[i];
		struct json_object *entry = json_object_new_object();

		object_add_text(entry, "name", m->dev.name);
		object_add_text(entry, "bus", m->dev.bus);
		object_add_text(entry, "driver", m->driver);
		object_add_bool(entry, "bridge", m->bridge);
		object_add_bool(entry, "vfio", m->vfio);
		json_object_array_add(list, entry);
		if (!streq(m->dev.name, s->dev.name) && iommu_is_obstacle(m))
			viable = false;
	}
	object_add_text(object, "id", group->name);
	object_add_bool(object, "viable", viable);
	json_object_object_add(object, "members", list);
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

static struct json_object *mdev_json(const struct mdev_parent *mdev)
{
	struct json_object *object, *types, *children;

	if (mdev->n_types == 0)
		return NULL;
	object = json_object_new_object();
	types = json_object_new_array();
	children = json_object_new_array();
	for (size_t i = 0; i < mdev->n_types; i++) {
		struct json_object *entry = json_object_new_object();

		object_add_text(entry, "id", mdev->types[i].id);
		object_add_text(entry, "name", mdev->types[i].name);
		object_add_text(entry, "device_api", mdev->types[i].device_api);
		add_number(entry, "available", mdev->types[i].available);
		json_object_array_add(types, entry);
	}
	for (size_t i = 0; i < mdev->n_children; i++) {
		struct json_object *entry = json_object_new_object();

		object_add_text(entry, "uuid", mdev->children[i].uuid);
		object_add_text(entry, "type", mdev->children[i].type);
		json_object_array_add(children, entry);
	}
	json_object_object_add(object, "types", types);
	json_object_object_add(object, "children", children);
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

/* The first use, which says most, is also told by itself. */
static struct json_object *uses_json(const struct show *s)
{
	static const struct use none = { .kind = USE_NONE };
	struct json_object *object = json_object_new_object(), *list = json_object_new_array();
	const struct use *first = s->uses.n > 0 ? &s->uses.items[0] : &none;

	json_object_object_add(
		object, "unseen_processes", json_object_new_int64((int64_t)s->uses.unseen));
	add_use(object, first);
	if (first == &none && s->use_error < 0)
		object_add_text(object, "kind", "unknown");
	for (size_t i = 0; i < s->uses.n; i++)
		json_object_array_add(list, show_json_use(&s->uses.items[i]));
	json_object_object_add(object, "uses", list);
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
	add_saved(object, s);
	add_wanted(object, s);
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
