#include "collect/loki.h"

#include "collect/poller.h"

const struct settings_def loki_section = {
	.word = "loki",
	.named = true,
	.help = "A Loki: its health, and what validators log of rounds; queries are [probe NAME].",
	.items = (const struct setting_def[]){
		{.name = "url", .type = SETTING_URL, .help = "Where it is, without /loki/api.", .required = true},
		{.name = "tenant", .type = SETTING_TEXT, .help = "The tenant, sent as X-Scope-OrgID."},
		{.name = "rounds", .type = SETTING_TEXT, .help = "A stream selector of the validators' logs, such as {pod=~\"besu-validator.*\"}: their lines about rounds tell who is missing."},
		POLLER_SETTINGS,
		{0},
	},
};
