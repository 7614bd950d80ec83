#include "collect/query.h"

#include "collect/poller.h"

const struct settings_def probe_section = {
	.word = "probe",
	.named = true,
	.help = "One question asked again and again: a query, or a page.",
	.items = (const struct setting_def[]){
		{.name = "source", .type = SETTING_TEXT, .help = "Who is asked: prometheus NAME, loki NAME, or http URL.", .required = true},
		{.name = "query", .type = SETTING_TEXT, .help = "PromQL, or LogQL. Lines that match a log query are counted over the time in range."},
		{.name = "title", .type = SETTING_TEXT, .help = "What it tells, in a few words."},
		{.name = "warn", .type = SETTING_TEXT, .help = "Which value is a warning: > 5, >= 5, < 2 or <= 2; of http, its latency in ms."},
		{.name = "crit", .type = SETTING_TEXT, .help = "Which value is critical, likewise."},
		{.name = "unit", .type = SETTING_TEXT, .help = "The unit of the value, for people."},
		{.name = "about", .type = SETTING_TEXT, .help = "Components that it is about, by id, parted by blanks: node/besu-rpc-0."},
		{.name = "kind", .type = SETTING_WORD, .help = "security when a value beyond its bounds is a sign of an attack.", .choices = "health security", .fallback = "health"},
		{.name = "range", .type = SETTING_DURATION, .help = "How far back a log query looks.", .fallback = "5m"},
		{.name = "status", .type = SETTING_NUMBER, .help = "http: the status that is right; without it, 200 to 299.", .low = 100, .high = 599},
		{.name = "match", .type = SETTING_TEXT, .help = "http: text that the page must hold."},
		{.name = "certificate", .type = SETTING_DURATION, .help = "http: a certificate that runs out sooner is a warning, and critical at a third of it.", .fallback = "21d", .low = 1000, .high = 34560000000},
		POLLER_SETTINGS,
		{0},
	},
};
