/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ranking of the aliases in a text, and the lines of such a text. */
#include "vfio/modalias.h"
#include "test.h"
#include "vfio/variant.h"

#define E1000E "pci:v00008086d000010D3sv00008086sd0000A01Fbc02sc00i00"
#define MLX5 "pci:v000015B3d0000101Esv000015B3sd00000058bc02sc00i00"
#define GPU "pci:v000010DEd00002BB5sv000010DEsd0000204Ebc03sc02i00"

#define GENERIC "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"

/* Modules of the ranking, best first; '=' before the first one for a tie between two. */
static const struct {
	const char *name, *modalias, *generic, *table, *expected;
} cases[] = {
	{ "no table", E1000E, "vfio_pci", "", "vfio_pci" },
	{ "no match", E1000E, "vfio_pci", "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* m\n",
		"vfio_pci" },
	{ "a variant before the generic driver, whatever the order", MLX5, "vfio_pci",
		GENERIC "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci\n",
		"mlx5_vfio_pci vfio_pci" },
	{ "other devices' variants do not count", E1000E, "vfio_pci",
		GENERIC "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci\n",
		"vfio_pci" },
	{ "a subsystem is more special than a device", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* device\n"
		"alias vfio_pci:v00008086d000010D3sv00008086sd0000A01Fbc*sc*i* board\n" GENERIC,
		"board device vfio_pci" },
	{ "another subsystem does not match", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d000010D3sv00001043sd0000A01Fbc*sc*i* board\n" GENERIC,
		"vfio_pci" },
	{ "a class counts field by field", GPU, "vfio_pci",
		"alias vfio_pci:v000010DEd00002BB5sv*sd*bc*sc*i* any_class\n"
		"alias vfio_pci:v000010DEd00002BB5sv*sd*bc03sc02i* gpu\n" GENERIC,
		"gpu any_class vfio_pci" },
	{ "the base class is not the subsystem device", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d000010D3sv*sd00000002bc*sc*i* m\n" GENERIC, "vfio_pci" },
	{ "a partial glob has its wildcard", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d000010*sv*sd*bc*sc*i* partial\n"
		"alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* exact\n" GENERIC,
		"exact partial vfio_pci" },
	{ "a bracket is no wildcard", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d000010D[34]sv*sd*bc*sc*i* bracket\n" GENERIC,
		"bracket vfio_pci" },
	{ "'?' is no '*'", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d000010D?sv*sd*bc*sc*i* mark\n"
		"alias vfio_pci:v00008086d*sv*sd*bc*sc*i* star\n",
		"mark star vfio_pci" },
	{ "a tie: the first line", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* first\n"
		"alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* second\n" GENERIC,
		"= first second vfio_pci" },
	{ "a tie below the best is none", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d000010D3sv00008086sd*bc*sc*i* best\n"
		"alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* first\n"
		"alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* second\n",
		"best first second vfio_pci" },
	{ "a catch-all never beats the generic driver", E1000E, "vfio_pci",
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* poweroff_pci\n" GENERIC,
		"= vfio_pci poweroff_pci" },
	{ "nor if no alias names the generic driver", E1000E, "vfio_pci",
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* poweroff_pci\n", "= vfio_pci poweroff_pci" },
	{ "a variant beats it", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d*sv*sd*bc*sc*i* other\n", "other vfio_pci" },
	{ "'-' is '_', as in what depmod writes", "fsl-mc:v00001957ddpni", "vfio_fsl_mc",
		"alias vfio_fsl_mc:v00001957ddpni* dpni\n", "dpni vfio_fsl_mc" },
	{ "but not between brackets", "pci:v0000-086d1", "vfio_pci",
		"alias vfio_pci:v0000[+--]086* range\n", "vfio_pci" },
	{ "a module counts by its best alias", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d*sv*sd*bc*sc*i* twice\n"
		"alias vfio_pci:v00008086d0000*sv*sd*bc*sc*i* once\n"
		"alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* twice\n",
		"twice once vfio_pci" },
	{ "and not by a later, worse one", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* twice\n"
		"alias vfio_pci:v00008086d*sv*sd*bc*sc*i* twice\n",
		"twice vfio_pci" },
	{ "'-' and '_' are one module", E1000E, "vfio_pci",
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio-pci\n", "vfio-pci" },
	{ "the kernel's hexadecimal is in upper case", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d000010d3sv*sd*bc*sc*i* lower\n", "vfio_pci" },
	{ "without the prefix it is the native driver's", E1000E, "vfio_pci",
		"alias pci:v00008086d000010D3sv*sd*bc*sc*i* e1000e\n", "vfio_pci" },
	{ "other prefixes", E1000E, "vfio_pci",
		"alias xvfio_pci:* m\nalias vfio-pci:* m\nalias VFIO_pci:* m\nalias vfio_ap:* m\n",
		"vfio_pci" },
	{ "brackets that are negated, or lead", E1000E, "vfio_pci",
		"alias [v]fio_pci:v0000808[!0-5]d* lead\nalias vfio_pci:v0000808[!6]d* not\n",
		"lead vfio_pci" },
	{ "several lines of one module are no tie", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* m_one\n"
		"alias vfio_pci:v00008086d*sv*sd*bc02sc*i* m-one\n",
		"m_one vfio_pci" },
	{ "malformed lines", E1000E, "vfio_pci",
		"alias\nalias \nalias vfio_pci:v*\nalias vfio_pci:v*d* a b\nalias vfio_pci:v*d* "
		"../x\n"
		"aliasvfio_pci:* m\nblacklist vfio_pci:*\n# alias vfio_pci:* m\n\n\t\n"
		"  alias\tvfio_pci:v00008086d*  \tgood  \n",
		"good vfio_pci" },
	{ "CRLF", E1000E, "vfio_pci",
		"alias vfio_pci:v00008086d*sv*sd*bc*sc*i* crlf\r\n"
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\r\n",
		"crlf vfio_pci" },
	{ "the last line may have no end", E1000E, "vfio_pci",
		GENERIC "alias vfio_pci:v00008086d*sv*sd*bc*sc*i* last", "last vfio_pci" },
	{ "patterns that begin with a wildcard", E1000E, "vfio_pci",
		"alias *:v00008086d000010D3sv* star\nalias [uv]fio_pci:v*d*sv* bracket\n"
		"alias [uv]*x* none\n",
		"star bracket vfio_pci" },
	{ "another bus", "of:NethernetT(null)Camd,xgbe", "vfio_platform",
		"alias vfio_platform:* vfio_platform\nalias vfio_of:NethernetT*Camd,xgbe* xgbe\n"
		"alias vfio_pci:v*d* vfio_pci\n",
		"xgbe vfio_platform" },
	{ "fsl-mc", "fsl-mc:v00001957ddpni", "vfio_fsl_mc",
		"alias vfio_fsl-mc:v00001957ddpni* dpni\n", "dpni vfio_fsl_mc" },
};

static void rank_text(
	struct variant_ranking *ranking, char *text, const char *modalias, const char *generic)
{
	struct modalias_line line;

	variant_begin(ranking, modalias, generic);
	while (modalias_next(&text, &line))
		variant_add(ranking, VARIANT_ALIAS, line.pattern, line.module);
	variant_end(ranking);
}

static void describe(const struct variant_ranking *ranking, char *ret, size_t size)
{
	util_format(ret, size, "%s", ranking->ambiguous ? "=" : "");
	for (size_t i = 0; i < ranking->n_variants; i++)
		util_format(ret + strlen(ret), size - strlen(ret), "%s%s", *ret ? " " : "",
			ranking->variants[i].module);
}

static void tables(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
		CLEANUP_FREE char *text = strdup(cases[i].table);
		char got[512];

		rank_text(&ranking, text, cases[i].modalias, cases[i].generic);
		describe(&ranking, got, sizeof(got));
		same(got, cases[i].expected, cases[i].name);
	}
}

static void sources(void)
{
	static const char tie[] = "vfio_pci:v00008086d000010D3sv*sd*bc*sc*i*";
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	char got[512];

	variant_begin(&ranking, E1000E, "vfio_pci");
	variant_add(&ranking, VARIANT_CONFIG, tie, "config");
	variant_add(&ranking, VARIANT_ALIAS, tie, "file");
	variant_add(&ranking, VARIANT_BUILTIN, tie, "builtin");
	variant_end(&ranking);
	describe(&ranking, got, sizeof(got));
	same(got, "= config file builtin vfio_pci", "a tie between sources: their order");
	ok(ranking.variants[0].source == VARIANT_CONFIG && ranking.variants[0].wildcards == 5 &&
			streq(ranking.variants[0].pattern, tie),
		"source, wildcards and pattern of the best");
	ok(!ranking.variants[3].pattern && ranking.variants[3].source == VARIANT_GENERIC,
		"the generic driver as the last resort has no pattern");

	ranking.variants[0].reason = VARIANT_BLACKLISTED;
	variant_choose(&ranking);
	ok(ranking.best == 1 && ranking.ambiguous, "an excluded module is not the best");
	ranking.variants[2].reason = VARIANT_DENIED;
	variant_choose(&ranking);
	ok(ranking.best == 1 && !ranking.ambiguous, "and makes no tie");
	ranking.variants[1].reason = ranking.variants[3].reason = VARIANT_NOT_INDEXED;
	variant_choose(&ranking);
	ok(ranking.best == -1, "all are excluded: there is no best one");
}

/* A module that no alias names ranks behind all others, also behind those without an alias. */
static void named(void)
{
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	char got[512];

	variant_begin(&ranking, "acpi:AMDI0011:", "vfio_platform");
	variant_end(&ranking);
	variant_append(&ranking, "by_hand");
	describe(&ranking, got, sizeof(got));
	same(got, "vfio_platform by_hand", "a module named by hand ends the ranking");
	same(ranking.variants[ranking.best].module, "by_hand", "and is the best");
}

static void builtin(void)
{
	/* modules.builtin.modinfo: each entry ended by NUL; the last one here is cut off. */
	static const char text[] =
		"vfio_pci.license=GPL v2\0vfio_pci.alias=vfio_pci:v*d*\0"
		"e1000e.alias=pci:v00008086d*\0../x.alias=vfio_pci:v*\0"
		"m.alias=vfio_pci:v1*\0.alias=vfio_pci:v2*\0cut.alias=vfio_pci:v3*";
	char copy[sizeof(text)], *at = copy;
	char got[256] = "";
	struct modalias_line line;

	memcpy(copy, text, sizeof(text));
	while (modalias_next_builtin(&at, copy + sizeof(text) - 1, &line))
		util_format(got + strlen(got), sizeof(got) - strlen(got), "%s=%s;", line.module,
			line.pattern);
	same(got, "vfio_pci=vfio_pci:v*d*;m=vfio_pci:v1*;", "aliases of built-in modules");
}

static void many(void)
{
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	CLEANUP_FREE char *text = malloc(100000 * 64 + 128);
	size_t used = 0;

	for (int i = 0; i < 100000; i++)
		used += (size_t)sprintf(
			text + used, "alias vfio_pci:v%08Xd*sv*sd*bc*sc*i* m%d\n", i, i);
	rank_text(&ranking, text, E1000E, "vfio_pci");
	ok(ranking.n_variants == 2 && streq(ranking.variants[0].module, "m32902"), "100,000 lines");
}

int main(void)
{
	tables();
	sources();
	named();
	builtin();
	many();
	ok(streq(variant_generic("ap"), "vfio_ap") && streq(variant_generic("css"), "vfio_ccw") &&
			!variant_generic("vmbus"),
		"generic drivers by bus");
	return test_end();
}
