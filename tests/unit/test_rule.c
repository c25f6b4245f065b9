/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which texts are rules, and which devices a rule is for. */
#include "store/match.h"
#include "test.h"

#include <errno.h>

#define DRIVER "[override]\ndriver = vfio-pci\n"

/* --- texts --- */

static void errors(void)
{
	static const struct {
		const char *name, *text;
		int line;
		const char *why;
	} cases[] = {
		{ "empty", "", 0,
			"[match] needs one of id, class, name, path, vf-of and modalias" },
		{ "no [match]", DRIVER, 0,
			"[match] needs one of id, class, name, path, vf-of and modalias" },
		{ "only keys that identify nothing", "[match]\nvf = 0\nexcept = x\n" DRIVER, 0,
			"[match] needs one of id, class, name, path, vf-of and modalias" },
		{ "no [override]", "[match]\nname = x\n", 0,
			"[override] has neither driver nor choose" },
		{ "driver and choose", "[match]\nname = x\n" DRIVER "choose = best-vfio\n", 0,
			"[override] has both driver and choose" },
		{ "no section", "name = x\n", 1,
			"unknown section, known are [match] and [override]" },
		{ "unknown section", "[match]\nname = x\n[other]\nkey = 1\n" DRIVER, 4,
			"unknown section, known are [match] and [override]" },
		{ "unknown key to match", "[match]\nname = x\nmac = y\n" DRIVER, 3,
			"unknown key in [match]" },
		{ "unknown key to override", "[match]\nname = x\n" DRIVER "module = y\n", 5,
			"unknown key in [override]" },
		{ "a key of the other section", "[match]\nname = x\ndriver = y\n", 3,
			"unknown key in [match]" },
		{ "two errors: the first", "[match]\nid = x\nclass = y\n" DRIVER, 2,
			"not VENDOR:DEVICE or VENDOR:DEVICE:SUBVENDOR:SUBDEVICE, each hexadecimal "
			"or *" },
		{ "no value", "[match]\nname =\n" DRIVER, 2, "no value" },
		{ "no '='", "[match]\nname x\n" DRIVER, 2,
			"neither a [section] nor a key = value" },
		{ "id without '='", "[match]\nid 15b3:101e\n" DRIVER, 2, "unknown key in [match]" },
		{ "driver twice", "[match]\nname = x\n" DRIVER DRIVER, 6, "driver is given twice" },
		{ "choose twice",
			"[match]\nname = x\n[override]\nchoose = best-vfio\nchoose = best-vfio\n",
			5, "choose is given twice" },
		{ "two drivers", "[match]\nname = x\n[override]\ndriver = a b\n", 4,
			"not the name of one driver or module" },
		{ "driver in two lines", "[match]\nname = x\n[override]\ndriver = a\n  b\n", 5,
			"driver is given twice" },
		{ "a path for a driver", "[match]\nname = x\n[override]\ndriver = a/b\n", 4,
			"not the name of one driver or module" },
		{ "no driver's name", "[match]\nname = x\n[override]\ndriver =\n", 4,
			"not the name of one driver or module" },
		{ "best-vfio as a driver", "[match]\nname = x\n[override]\ndriver = best-vfio\n", 4,
			"best-vfio is no driver: choose = best-vfio" },
		{ "another choice", "[match]\nname = x\n[override]\nchoose = fixed\n", 4,
			"choose takes best-vfio" },
		{ "bus twice", "[match]\nbus = pci\nbus = pci\nname = x\n" DRIVER, 3,
			"bus is given twice" },
		{ "two buses", "[match]\nbus = pci ap\nname = x\n" DRIVER, 2,
			"not the name of one bus" },
		{ "a glob for a bus", "[match]\nbus = *\nname = x\n" DRIVER, 2,
			"not the name of one bus" },
		{ "ids on another bus", "[match]\nbus = platform\nname = x\nid = 1:2\n" DRIVER, 0,
			"id, class, path, vf-of and vf are for the bus pci alone" },
		{ "a sysfs path for a name", "[match]\nname = pci/0000:01:00.0\n" DRIVER, 2,
			"a name has no '/'" },
		{ "a sysfs path for a place", "[match]\npath = /sys/devices/pci0000:00\n" DRIVER, 2,
			"a path is a place, for example pci0000:00/1c.4/00.0" },
		{ "vf-of an interface", "[match]\nvf-of = eth0\n" DRIVER, 2,
			"not the name or the path of a PCI device" },
		{ "vf-of a glob", "[match]\nvf-of = 0000:3b:*\n" DRIVER, 2,
			"not the name or the path of a PCI device" },
		{ "a line too long for inih",
			"[match]\nname = "
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"\n" DRIVER,
			2, "line too long" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(rule_free) struct rule rule = { 0 };
		int err = rule_parse(cases[i].text, &rule);

		ok(err == -EBADMSG && rule.error == err && !rule_counts(&rule) &&
				rule.line == cases[i].line,
			"%s: line %d", cases[i].name, rule.line);
		same(rule.why ? rule.why : "", cases[i].why, cases[i].name);
	}
}

/* Words that are no value of a key. */
static void bad_values(void)
{
	static const struct {
		const char *key, *values;
	} cases[] = {
		{ "id", "15b3 15b3: :101e 15b3:101e: 15b3:101e:15b3 1:2:3:4:5 15b3:101e:: x:y "
			"12345:1 "
			"0x15b3:101e -1:2 **:1 15b3:10*" },
		{ "class", "0 020 0200000 networks all ALL xx 0x0200 02* *" },
		{ "vf", "x - 1- -1 3-0 0,1 0-3-5 100000 0x1 *" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *words = strdup(cases[i].values);
		char *rest = words, *word;

		while ((word = strsep(&rest, " "))) {
			CLEANUP(rule_free) struct rule rule = { 0 };
			char text[256];

			util_format(text, sizeof(text), "[match]\nname = x\n%s = %s\n" DRIVER,
				cases[i].key, word);
			ok(rule_parse(text, &rule) == -EBADMSG && rule.line == 3,
				"%s = %s is wrong", cases[i].key, word);
		}
	}
}

static void outcomes(void)
{
	static const struct {
		const char *name, *override, *driver;
		bool best;
	} cases[] = {
		{ "a driver", "driver = vfio-pci", "vfio-pci", false },
		{ "none", "driver = none", "none", false },
		{ "native", "driver = native", RULE_NATIVE, false },
		{ "the best", "choose = best-vfio ; ranked at every load", "", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(rule_free) struct rule rule = { 0 };
		char text[256];

		util_format(text, sizeof(text), "[override]\n%s\n[match]\nname = x\n",
			cases[i].override);
		ok(rule_parse(text, &rule) == 0 && rule_counts(&rule), "%s", cases[i].name);
		same(rule.driver, cases[i].driver, cases[i].name);
		ok(rule.best == cases[i].best, "%s: chosen at each load or not", cases[i].name);
		same(rule.bus, "pci", "the default bus");
	}
}

/* --- devices --- */

/* A virtual function of a card behind the second port of a switch. */
static const struct match_facts function = {
	.bus = "pci",
	.name = "0000:3b:00.4",
	.modalias = "pci:v000015B3d0000101Esv000015B3sd00000003bc02sc00i00",
	.path = "pci0000:00/1c.4/00.0/01.0/00.4",
	.physfn = "0000:3b:00.0",
	.physfn_path = "pci0000:00/1c.4/00.0/01.0/00.0",
	.vf = 3,
};

static const struct match_facts card = {
	.bus = "pci",
	.name = "0001:01:00.0",
	.modalias = "pci:v00008086d0000154Csv00008086sd00000000bc01sc08i02",
	.path = "pci0001:00/01.0/00.0",
	.vf = -1,
};

static const struct match_facts platform = {
	.bus = "platform",
	.name = "reg-dummy",
	.modalias = "platform:reg-dummy",
	.vf = -1,
};

#define ALL_FACTS (MATCH_MODALIAS | MATCH_PATH | MATCH_PHYSFN | MATCH_VF)

static struct match_facts know(const struct match_facts *device, unsigned int known)
{
	struct match_facts facts = *device;

	if (known & MATCH_MODALIAS)
		match_take_modalias(&facts);
	facts.known = known;
	return facts;
}

/* Asks for one fact after the other, as a caller does. Return: whether the rule is for the device.
 */
static bool is_matched(
	const struct rule *rule, const struct match_facts *device, unsigned int *ret_asked)
{
	unsigned int missing;

	*ret_asked = 0;
	for (;;) {
		struct match_facts facts = know(device, *ret_asked);
		const struct rule *first = match_first(rule, 1, &facts, &missing);

		if (!missing)
			return first != NULL;
		if (first || missing & *ret_asked)
			return ok(false, "a fact is asked for once, and before the answer");
		*ret_asked |= missing;
	}
}

/* + the function, c the card, p the platform device; the facts that the function's answer needs. */
static void matching(void)
{
	static const struct {
		const char *match, *devices;
		unsigned int asked;
	} cases[] = {
		{ "name = 0000:3b:00.4", "f", 0 },
		{ "name = 3b:00.4", "f", 0 },
		{ "name = 3B:00.4", "f", 0 },
		{ "name = 0000:3B:00.4", "f", 0 },
		{ "name = 0000:3b:*", "f", 0 },
		{ "name = 0000:3b:00.[0-4]", "f", 0 },
		{ "name = 000?:*", "fc", 0 },
		{ "name = *", "fc", 0 },
		{ "name = 0000:3b:00.*  0001:01:00.0", "fc", 0 },
		{ "name = 0000:3b:00.4\nname = 01:00.0", "f", 0 },
		{ "name = 0000:01:00.0\n  0001:01:00.0", "c", 0 },
		{ "name = 0000:3b:00", "", 0 },
		{ "name = reg-dummy", "", 0 },
		{ "bus = platform\nname = reg-dummy", "p", 0 },
		{ "name = reg-*\nbus = platform", "p", 0 },
		{ "bus = platform\nmodalias = platform:reg-*", "p", 0 },
		{ "bus = ap\nname = *", "", 0 },

		{ "name = *\nexcept = 0000:3b:00.4", "c", 0 },
		{ "name = *\nexcept = 3b:00.4 0001:01:00.0", "", 0 },
		{ "name = *\nexcept = 0001:*", "f", 0 },
		{ "name = *\nexcept = 3b:00.5", "fc", 0 },
		{ "id = 15b3:101e\nexcept = 3b:00.4", "", 0 },

		{ "id = 15b3:101e", "f", MATCH_MODALIAS },
		{ "id = 15B3:101E", "f", MATCH_MODALIAS },
		{ "id = 8086:154c 15b3:101e", "fc", MATCH_MODALIAS },
		{ "id = 8086:154c\nid = 15b3:101e", "fc", MATCH_MODALIAS },
		{ "id = 15b3:*", "f", MATCH_MODALIAS },
		{ "id = *:154c", "c", MATCH_MODALIAS },
		{ "id = *:*", "fc", MATCH_MODALIAS },
		{ "id = 15b3:101e:15b3:3", "f", MATCH_MODALIAS },
		{ "id = 15b3:101e:*:0003", "f", MATCH_MODALIAS },
		{ "id = 15b3:101e:15b3:4", "", MATCH_MODALIAS },
		{ "id = *:*:8086:*", "c", MATCH_MODALIAS },
		{ "id = 101e:15b3", "", MATCH_MODALIAS },
		{ "id = 8086:154c:8086:0", "c", MATCH_MODALIAS },

		{ "class = 02", "f", MATCH_MODALIAS },
		{ "class = 0200", "f", MATCH_MODALIAS },
		{ "class = 020000", "f", MATCH_MODALIAS },
		{ "class = 0108", "c", MATCH_MODALIAS },
		{ "class = 010802 020001", "c", MATCH_MODALIAS },
		{ "class = network", "f", MATCH_MODALIAS },
		{ "class = storage network", "fc", MATCH_MODALIAS },
		{ "class = 0302", "", MATCH_MODALIAS },

		{ "modalias = pci:v000015B3*", "f", MATCH_MODALIAS },
		{ "modalias = pci:v*bc01*", "c", MATCH_MODALIAS },
		{ "modalias = pci:v000015b3*", "", MATCH_MODALIAS },

		{ "path = pci0000:00/1c.4/00.0/01.0/00.4", "f", MATCH_PATH },
		{ "path = pci0000:00/1c.4/*", "f", MATCH_PATH },
		{ "path = */01.0/00.?", "fc", MATCH_PATH },
		{ "path = pci0001:00/01.0/00.0 pci0000:00/1c.5/*", "c", MATCH_PATH },
		{ "path = pci0000:00/1c.4", "", MATCH_PATH },

		{ "vf-of = 0000:3b:00.0", "f", MATCH_PHYSFN },
		{ "vf-of = 3b:00.0", "f", MATCH_PHYSFN },
		{ "vf-of = 3b:00.1 3B:00.0", "f", MATCH_PHYSFN },
		{ "vf-of = pci0000:00/1c.4/00.0/01.0/00.0", "f", MATCH_PHYSFN },
		{ "vf-of = pci0000:00/1c.4/00.0/01.0/00.4", "", MATCH_PHYSFN },
		{ "vf-of = 0000:3b:00.4", "", MATCH_PHYSFN },
		{ "vf-of = 3b:00.0\nvf = 0-3 8", "f", MATCH_PHYSFN | MATCH_VF },
		{ "vf-of = 3b:00.0\nvf = 3", "f", MATCH_PHYSFN | MATCH_VF },
		{ "vf-of = 3b:00.0\nvf = 3-3", "f", MATCH_PHYSFN | MATCH_VF },
		{ "vf-of = 3b:00.0\nvf = 0-2 4-8", "", MATCH_PHYSFN | MATCH_VF },
		{ "vf-of = 3b:00.1\nvf = 0-3", "", MATCH_PHYSFN },
		{ "name = *\nvf = 0-65535", "f", MATCH_VF },
		{ "id = 15b3:*\nvf = 2 3", "f", MATCH_MODALIAS | MATCH_VF },

		/* All keys must hold; one that does not is an answer without the others. */
		{ "id = 15b3:101e\nclass = network\nname = 0000:*", "f", MATCH_MODALIAS },
		{ "id = 15b3:101e\nclass = storage", "", MATCH_MODALIAS },
		{ "name = 0000:3c:*\nid = 15b3:101e\nvf-of = 3b:00.0", "", 0 },
		{ "vf-of = 3b:00.0\nvf = 0-3\nid = 15b3:*\npath = *", "f", ALL_FACTS },
		{ "vf-of = 3b:00.0\nvf = 0-3\nid = 15b4:*\npath = *", "", MATCH_MODALIAS },
	};
	static const struct {
		char letter;
		const struct match_facts *facts;
	} devices[] = { { 'f', &function }, { 'c', &card }, { 'p', &platform } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(rule_free) struct rule rule = { 0 };
		char text[512], got[8] = "";
		unsigned int asked = 0;
		CLEANUP_FREE char *one_line = strdup(cases[i].match);

		for (char *c = one_line; c && *c; c++)
			*c = (char)(*c == '\n' ? ';' : *c);
		util_format(text, sizeof(text), "[match]\n%s\n" DRIVER, cases[i].match);
		if (!ok(rule_parse(text, &rule) == 0, "%s: is a rule", one_line))
			printf("# line %d: %s\n", rule.line, rule.why);
		for (size_t d = 0; d < ARRAY_SIZE(devices); d++) {
			struct match_facts all = know(devices[d].facts, ALL_FACTS);
			unsigned int needed, missing;
			bool matched = is_matched(&rule, devices[d].facts, &needed);

			if (d == 0)
				asked = needed;
			if (matched != (match_first(&rule, 1, &all, &missing) != NULL) || missing)
				ok(false, "%s: the answer depends on what is known", one_line);
			if (matched)
				got[strlen(got)] = devices[d].letter;
		}
		same(got, cases[i].devices, one_line);
		ok(asked == cases[i].asked, "%s: asks for facts %u", one_line, asked);
	}
}

/* A modalias that is not that of a PCI device has no ids. */
static void modaliases(void)
{
	static const char *const bad[] = { "", "pci:", "pci:v00008086", "usb:v1D6Bp0002",
		"pci:v00008086d000010D3sv00008086sd00000000bc02sc00i0",
		"pci:v00008086d000010D3sv00008086sd00000000bc02sc00i000",
		"pci:v0000808Gd000010D3sv00008086sd00000000bc02sc00i00" };
	CLEANUP(rule_free) struct rule rule = { 0 };
	unsigned int missing;

	rule_parse("[match]\nid = *:*\n" DRIVER, &rule);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct match_facts facts = card;

		util_format(facts.modalias, sizeof(facts.modalias), "%s", bad[i]);
		match_take_modalias(&facts);
		ok(!match_first(&rule, 1, &facts, &missing) && !missing, "no ids: '%s'", bad[i]);
	}
}

static void order(void)
{
	struct rule rules[3] = { 0 };
	const struct match_facts f = know(&function, ALL_FACTS);
	unsigned int missing;

	rule_parse("[match]\nid = 8086:*\n" DRIVER, &rules[0]);
	rule_parse("[match]\nid = 15b3:*\n[override]\ndriver = native\n", &rules[1]);
	rule_parse("[match]\nname = *\n" DRIVER, &rules[2]);
	ok(match_first(rules, 3, &f, &missing) == &rules[1], "the first rule that matches decides");
	rules[1].masked = true;
	ok(match_first(rules, 3, &f, &missing) == &rules[2], "a masked rule does not");
	rules[1].masked = false;
	rules[1].error = -EBADMSG;
	ok(match_first(rules, 3, &f, &missing) == &rules[2], "nor does one with an error");
	ok(!match_first(rules, 2, &f, &missing) && !missing, "no rule");
	ok(!match_first(NULL, 0, &f, &missing) && !missing, "no rules at all");
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		rule_free(&rules[i]);
}

int main(void)
{
	errors();
	bad_values();
	outcomes();
	matching();
	modaliases();
	order();
	return test_end();
}
