/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for containers that were given none: an adjective and a noun.
 */
#include "container/container.h"

static const char adjectives[][8] = {
	"amber",  "ample",  "autumn", "bold",   "brisk", "bronze", "calm",   "candid",
	"clear",  "clever", "cool",   "copper", "cosy",  "crisp",  "curly",  "deft",
	"dewy",   "dusky",  "eager",  "early",  "fair",  "fleet",  "fluffy", "fresh",
	"frosty", "gentle", "glad",   "golden", "grand", "handy",  "hazel",  "hidden",
	"ivory",  "jolly",  "keen",   "kind",   "late",  "lively", "lucky",  "lunar",
	"mellow", "merry",  "mild",   "misty",  "neat",  "noble",  "olive",  "placid",
	"plucky", "proud",  "quick",  "quiet",  "rapid", "rosy",   "rustic", "silent",
	"silver", "snowy",  "sunny",  "swift",  "tidy",  "vivid",  "warm",   "witty",
};

static const char nouns[][8] = {
	"acorn",  "alder",  "aspen",   "badger", "basil",  "beaver",  "birch",  "bison",
	"brook",  "cedar",  "clover",  "comet",  "coral",  "crane",   "delta",  "dingo",
	"dune",   "eagle",  "egret",   "ember",  "falcon", "fern",    "fjord",  "gecko",
	"glade",  "grove",  "harbor",  "hedge",  "heron",  "hill",    "ibis",   "iris",
	"island", "kiwi",   "lagoon",  "lark",   "linden", "lotus",   "lynx",   "maple",
	"marten", "meadow", "moss",    "newt",   "oak",    "orchid",  "osprey", "otter",
	"pebble", "pine",   "plover",  "pond",   "puffin", "quail",   "raven",  "reef",
	"robin",  "sedge",  "sparrow", "summit", "tern",   "thistle", "willow", "wren",
};

_Static_assert(ARRAY_SIZE(adjectives) * ARRAY_SIZE(nouns) == CONTAINER_PLAIN_NAMES,
	       "every pair of words is a name");

/**
 * container_name - the @n-th name: different for each number
 * @n: a random number; the next one when that name is taken
 * @out: receives the name
 *
 * Context: pure. The first CONTAINER_PLAIN_NAMES are two words, those behind have a number as well.
 */
void container_name(char out[CONTAINER_NAME], uint64_t n)
{
	uint64_t pairs = ARRAY_SIZE(adjectives) * ARRAY_SIZE(nouns), round = n / pairs;
	/* An odd step goes through all pairs, and neighbours do not look alike. */
	uint64_t pair = n % pairs * 1229 % pairs;
	int used = snprintf(out, CONTAINER_NAME, "%s_%s", adjectives[pair / ARRAY_SIZE(nouns)],
			    nouns[pair % ARRAY_SIZE(nouns)]);

	if (round)
		snprintf(out + used, CONTAINER_NAME - (size_t)used, "%llu",
			 (unsigned long long)round);
}
