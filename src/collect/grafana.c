#include "collect/grafana.h"

#include "collect/poller.h"

const struct settings_def grafana_section = {
	.word = "grafana",
	.named = true,
	.help = "A Grafana: its health, annotations of incidents, and links.",
	.items = (const struct setting_def[]){
		{.name = "url", .type = SETTING_URL, .help = "Where it is, without /api.", .required = true},
		{.name = "annotate", .type = SETTING_FLAG, .help = "Whether an incident is annotated when it is declared and when it is over. Needs a token, and never happens in a drill.", .fallback = "yes"},
		{.name = "dashboard", .type = SETTING_TEXT, .help = "The page that alerts, probes and pods link to, below url; {name} is the component's name: /d/abc/validators?var-pod={name}."},
		POLLER_SETTINGS,
		{0},
	},
};
