#include "collect/feed.h"

#include "collect/chain.h"
#include "collect/poller.h"

const struct settings_def feed_section = {
	.word = "feed",
	.named = true,
	.help = "A feed of an oracle: an aggregator, or the proxy before it.",
	.items = (const struct setting_def[]){
		{.name = "address", .type = SETTING_ADDRESS, .help = "The contract.", .required = true},
		{.name = "chain", .type = SETTING_TEXT, .help = "The chain it is on: network, or the name of a [chain].", .fallback = CHAIN_OWN},
		{.name = "heartbeat", .type = SETTING_DURATION, .help = "It updates at least that often; nothing on the chain says so.", .fallback = "1h", .low = 1000, .high = INT64_C(2592000000)},
		{.name = "grace", .type = SETTING_DURATION, .help = "How late an update may be before it is a warning.", .fallback = "5m"},
		{.name = "deviation", .type = SETTING_TEXT, .help = "The deviation, in percent, at which it updates. Three times that, against a second source, is a failure.", .fallback = "0.5"},
		{.name = "minimum", .type = SETTING_TEXT, .help = "An answer at or below it is a failure, such as 0.95."},
		{.name = "maximum", .type = SETTING_TEXT, .help = "An answer at or above it is a failure."},
		{.name = "signed", .type = SETTING_FLAG, .help = "Whether zero and less are answers as good as others.", .fallback = "no"},
		{.name = "second_feed", .type = SETTING_TEXT, .help = "The name of another [feed] to compare with."},
		{.name = "second_url", .type = SETTING_URL, .help = "A page to compare with, in JSON; token, user and authority below are for it."},
		{.name = "second_path", .type = SETTING_TEXT, .help = "Where the number is in it: names and positions parted by dots, such as data.0.price."},
		{.name = "publisher", .type = SETTING_TEXT, .help = "The pod that publishes it."},
		{.name = "breaker", .type = SETTING_TEXT, .help = "The name of a [probe] that tells whether the publisher's circuit breaker is open."},
		POLLER_SETTINGS,
		{0},
	},
};
