#include "collect/alertmanager.h"

#include "collect/poller.h"

const struct settings_def alertmanager_section = {
	.word = "alertmanager",
	.named = true,
	.help = "An Alertmanager: its alerts, and where silences are made.",
	.items = (const struct setting_def[]){
		{.name = "url", .type = SETTING_URL, .help = "Where it is, without /api. One of a cluster is enough.", .required = true},
		{.name = "filter", .type = SETTING_TEXT, .help = "A matcher that alerts have to fit, such as severity=~\"critical|warning\"."},
		POLLER_SETTINGS,
		{0},
	},
};
