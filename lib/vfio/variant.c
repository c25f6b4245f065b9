/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the order of a ranking and the choice. Must not look at the system; table.c does that. */
#include "vfio/variant.h"

#include "vfio/modalias.h"

#include <errno.h>
#include <limits.h>

static const struct {
	const char *bus;
	const char *module, *driver;
	const char *pattern; /* the alias that ranks the module if no table has one; NULL: last */
} generics[] = {
	{ "pci", "vfio_pci", "vfio-pci", "vfio_pci:v*d*sv*sd*bc*sc*i*" },
	{ "platform", "vfio_platform", "vfio-platform", NULL },
	{ "amba", "vfio_amba", "vfio-amba", NULL },
	{ "fsl-mc", "vfio_fsl_mc", "vfio-fsl-mc", NULL },
	{ "ap", "vfio_ap", "vfio_ap", NULL },
	{ "css", "vfio_ccw", "vfio_ccw", NULL },
	{ "cdx", "vfio_cdx", "vfio-cdx", NULL },
};

const char *variant_generic(const char *bus)
{
	for (size_t i = 0; i < ARRAY_SIZE(generics); i++)
		if (streq(generics[i].bus, bus))
			return generics[i].module;
	return NULL;
}

const char *variant_generic_driver(const char *bus)
{
	for (size_t i = 0; i < ARRAY_SIZE(generics); i++)
		if (streq(generics[i].bus, bus))
			return generics[i].driver;
	return NULL;
}

const char *variant_source_name(enum variant_source source)
{
	static const char *const names[] = {
		[VARIANT_CONFIG] = "modprobe.d",
		[VARIANT_ALIAS] = "modules.alias",
		[VARIANT_BUILTIN] = "builtin",
		[VARIANT_GENERIC] = "generic",
		[VARIANT_NAMED] = "named",
	};

	return names[source];
}

const char *variant_reason_code(enum variant_reason reason)
{
	static const char *const codes[] = {
		[VARIANT_USABLE] = "",
		[VARIANT_BLACKLISTED] = "blacklisted",
		[VARIANT_DISABLED] = "disabled",
		[VARIANT_DENIED] = "denied",
		[VARIANT_NOT_INDEXED] = "not-in-index",
	};

	return codes[reason];
}

const char *variant_reason_text(enum variant_reason reason)
{
	static const char *const texts[] = {
		[VARIANT_USABLE] = "",
		[VARIANT_BLACKLISTED] = "blacklisted in modprobe.d",
		[VARIANT_DISABLED] = "modprobe.d installs it as /bin/false",
		[VARIANT_DENIED] = "denied in driverctl.conf",
		[VARIANT_NOT_INDEXED] = "not in the module index",
	};

	return texts[reason];
}

static bool ranks_before(const struct variant *a, const struct variant *b, const char *generic)
{
	if (a->wildcards != b->wildcards)
		return a->wildcards < b->wildcards;
	return util_same_name(a->module, generic) && !util_same_name(b->module, generic);
}

static struct variant *find(const struct variant_ranking *ranking, const char *module)
{
	for (size_t i = 0; i < ranking->n_variants; i++)
		if (util_same_name(ranking->variants[i].module, module))
			return &ranking->variants[i];
	return NULL;
}

static void free_texts(struct variant *variant)
{
	free(variant->module);
	free(variant->pattern);
}

static void remove_variant(struct variant_ranking *ranking, struct variant *variant)
{
	size_t at = (size_t)(variant - ranking->variants);

	free_texts(variant);
	ranking->n_variants--;
	memmove(variant, variant + 1, (ranking->n_variants - at) * sizeof(*variant));
}

/* Return: 0; -ENOMEM, also then with texts to free. */
static int copy_variant(const struct variant *variant, struct variant *ret)
{
	*ret = *variant;
	ret->module = strdup(variant->module);
	ret->pattern = variant->pattern ? strdup(variant->pattern) : NULL;
	if (variant->pattern && !ret->pattern)
		return -ENOMEM;
	return ret->module ? 0 : -ENOMEM;
}

/* Puts a copy behind the variants that are as good: the order of arrival decides a tie. */
static int insert(struct variant_ranking *ranking, const struct variant *variant)
{
	struct variant *grown, copy;
	size_t at = ranking->n_variants;

	grown = reallocarray(ranking->variants, at + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	ranking->variants = grown;
	if (copy_variant(variant, &copy) < 0) {
		free_texts(&copy);
		return -ENOMEM;
	}
	while (at > 0 && ranks_before(variant, &grown[at - 1], ranking->generic))
		at--;
	memmove(&grown[at + 1], &grown[at], (ranking->n_variants - at) * sizeof(*grown));
	grown[at] = copy;
	ranking->n_variants++;
	return 0;
}

void variant_begin(struct variant_ranking *ret, const char *modalias, const char *generic)
{
	*ret = (struct variant_ranking){ .best = -1, .generic = generic };
	util_format(ret->vfio_modalias, sizeof(ret->vfio_modalias), "vfio_%s", modalias);
	modalias_normalize(ret->vfio_modalias);
}

int variant_add(struct variant_ranking *ranking, enum variant_source source, const char *pattern,
	const char *module)
{
	const struct variant new = {
		.module = (char *)module,
		.pattern = (char *)pattern,
		.wildcards = modalias_wildcards(pattern),
		.source = source,
	};
	struct variant *ranked;

	if (!modalias_matches(pattern, ranking->vfio_modalias))
		return 0;
	ranked = find(ranking, module);
	if (ranked && !ranks_before(&new, ranked, ranking->generic))
		return 0;
	if (ranked)
		remove_variant(ranking, ranked);
	return insert(ranking, &new);
}

/* The wildcards of a generic module that no alias names: it must not rank behind a catch-all. */
static unsigned int implied_wildcards(const char *generic)
{
	for (size_t i = 0; i < ARRAY_SIZE(generics); i++)
		if (generics[i].pattern && streq(generics[i].module, generic))
			return modalias_wildcards(generics[i].pattern);
	return UINT_MAX;
}

int variant_end(struct variant_ranking *ranking)
{
	if (!find(ranking, ranking->generic)) {
		const struct variant last = {
			.module = (char *)ranking->generic,
			.wildcards = implied_wildcards(ranking->generic),
			.source = VARIANT_GENERIC,
		};
		int err = insert(ranking, &last);

		if (err < 0)
			return err;
	}
	variant_choose(ranking);
	return 0;
}

void variant_choose(struct variant_ranking *ranking)
{
	ranking->best = -1;
	ranking->ambiguous = false;
	for (size_t i = 0; i < ranking->n_variants; i++) {
		const struct variant *variant = &ranking->variants[i];

		if (variant->reason != VARIANT_USABLE)
			continue;
		if (ranking->best < 0)
			ranking->best = (int)i;
		else if (variant->wildcards == ranking->variants[ranking->best].wildcards)
			ranking->ambiguous = true;
	}
}

int variant_append(struct variant_ranking *ranking, const char *module)
{
	const struct variant named = {
		.module = (char *)module,
		.wildcards = UINT_MAX,
		.source = VARIANT_NAMED,
	};
	int err = insert(ranking, &named);

	if (err < 0)
		return err;
	ranking->best = (int)ranking->n_variants - 1;
	return 0;
}

void variant_ranking_free(struct variant_ranking *ranking)
{
	for (size_t i = 0; i < ranking->n_variants; i++)
		free_texts(&ranking->variants[i]);
	free(ranking->variants);
	*ranking = (struct variant_ranking){ .best = -1 };
}
