#include "watch/sections.h"

#include "collect/chain.h"
#include "collect/feed.h"
#include "collect/lane.h"

static const struct settings_def kubernetes_section = {
	.word = "kubernetes",
	.help = "Where pods are: for runbooks, and for the pane of pods.",
	.items = (const struct setting_def[]){
		{.name = "namespace", .type = SETTING_TEXT, .help = "The namespace of the network's pods.", .fallback = NAMESPACE_DEFAULT},
		{.name = "context", .type = SETTING_TEXT, .help = "The context of kubectl; without it, kubectl's current one."},
		{0},
	},
};

/* One line for each. */
const struct settings_def *const declared_sections[] = {
	&kubernetes_section,
	&chain_section,
	&lane_section,
	&feed_section,
	NULL,
};
