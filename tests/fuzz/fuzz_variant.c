/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A text of modules.alias and its ranking. Parts: modalias, generic module, reasons, text. */
#include "fuzz.h"
#include "vfio/modalias.h"
#include "vfio/variant.h"

/* The two words of a line are behind the last line and before the next one. */
static void check_line(const struct modalias_line *line, const char *from, const char *next)
{
	fuzz_promise(line->pattern >= from && line->module > line->pattern);
	fuzz_promise(line->module + strlen(line->module) <= next);
	fuzz_promise(*line->pattern && !strpbrk(line->pattern, " \t\r\n"));
	fuzz_promise(util_name_valid(line->module) && !strpbrk(line->module, " "));
}

/* Adds the aliases of @text, which is changed. */
static void add_text(struct variant_ranking *ranking, char *text)
{
	struct modalias_line line;
	const char *from = text;
	unsigned int n = 0;

	while (modalias_next(&text, &line)) {
		fuzz_promise(text > from);
		check_line(&line, from, text);
		from = text;
		if (variant_add(
			    ranking, (enum variant_source)(n++ % 3), line.pattern, line.module) < 0)
			abort();
	}
	fuzz_promise(!*text);
}

static const struct variant *find(const struct variant_ranking *ranking, const char *module)
{
	const struct variant *found = NULL;

	for (size_t i = 0; i < ranking->n_variants; i++)
		if (util_same_name(ranking->variants[i].module, module)) {
			fuzz_promise(!found); /* ranked once */
			found = &ranking->variants[i];
		}
	return found;
}

static void check_ranking(const struct variant_ranking *ranking)
{
	fuzz_promise(ranking->n_variants > 0 && ranking->best == 0);
	fuzz_promise(find(ranking, ranking->generic));
	for (size_t i = 0; i < ranking->n_variants; i++) {
		const struct variant *v = &ranking->variants[i];

		fuzz_promise(find(ranking, v->module) == v);
		fuzz_promise(v->reason == VARIANT_USABLE);
		if (v->pattern)
			fuzz_promise(v->wildcards == modalias_wildcards(v->pattern) &&
				     modalias_matches(v->pattern, ranking->vfio_modalias));
		else
			fuzz_promise(
				streq(v->module, ranking->generic) && v->source == VARIANT_GENERIC);
		if (i > 0)
			fuzz_promise(v[-1].wildcards <= v->wildcards);
		if (i > 0 && v[-1].wildcards == v->wildcards)
			fuzz_promise(!util_same_name(v->module, ranking->generic));
	}
}

/* Every alias that matches is ranked, by it or by a better one. @text is changed. */
static void check_text(const struct variant_ranking *ranking, char *text)
{
	struct modalias_line line;

	while (modalias_next(&text, &line)) {
		const struct variant *v = find(ranking, line.module);

		if (modalias_matches(line.pattern, ranking->vfio_modalias))
			fuzz_promise(v && v->wildcards <= modalias_wildcards(line.pattern));
	}
}

static void check_choice(struct variant_ranking *ranking, const char *reasons)
{
	size_t n_usable = 0, n_as_good = 0;

	for (size_t i = 0; i < ranking->n_variants; i++) {
		ranking->variants[i].reason =
			*reasons ? (enum variant_reason)(*reasons++ & 3) : VARIANT_USABLE;
		n_usable += ranking->variants[i].reason == VARIANT_USABLE;
	}
	variant_choose(ranking);
	fuzz_promise((ranking->best >= 0) == (n_usable > 0));
	for (size_t i = 0; n_usable && i < ranking->n_variants; i++) {
		const struct variant *v = &ranking->variants[i];
		const struct variant *best = &ranking->variants[ranking->best];

		if (v->reason != VARIANT_USABLE)
			continue;
		fuzz_promise(best->reason == VARIANT_USABLE && best <= v);
		fuzz_promise(best->wildcards <= v->wildcards);
		n_as_good += best->wildcards == v->wildcards;
	}
	fuzz_promise(ranking->ambiguous == (n_as_good > 1));
}

static void check_append(struct variant_ranking *ranking)
{
	static const char named[] = "named-by-hand";
	size_t n = ranking->n_variants;

	if (find(ranking, named))
		return;
	if (variant_append(ranking, named) < 0)
		abort();
	fuzz_promise(ranking->n_variants == n + 1 && ranking->best == (int)n);
	fuzz_promise(streq(ranking->variants[n].module, named));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	CLEANUP(variant_ranking_free) struct variant_ranking ranking = { 0 };
	CLEANUP_FREE char *modalias = fuzz_part(&input, NULL), *generic = fuzz_part(&input, NULL);
	CLEANUP_FREE char *reasons = fuzz_part(&input, NULL), *text = fuzz_part(&input, NULL);
	CLEANUP_FREE char *copy = strdup(text);

	if (!util_name_valid(generic))
		util_format(generic, strlen(generic) + 1, "m");
	variant_begin(&ranking, modalias, *generic ? generic : "vfio_platform");
	add_text(&ranking, text);
	if (variant_end(&ranking) < 0)
		abort();
	check_ranking(&ranking);
	check_text(&ranking, copy);
	check_choice(&ranking, reasons);
	check_append(&ranking);
	return 0;
}
