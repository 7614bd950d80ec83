#include "collect/chain.h"

#include "collect/poller.h"

const struct settings_def chain_section = {
	.word = "chain",
	.named = true,
	.help = "Another chain, that lanes lead to or feeds are on. The chain of the nodes is called network, and needs a section only for what is not so by default.",
	.items = (const struct setting_def[]){
		{.name = "rpc", .type = SETTING_URL, .help = "Where to ask. Left out for network, a healthy node of this file is asked."},
		{.name = "rpc_env", .type = SETTING_ENV, .help = "An environment variable that holds the URL, when there is a key in it."},
		{.name = "rpc_file", .type = SETTING_FILE, .help = "A file that holds the URL, readable by you alone."},
		{.name = "chain_id", .type = SETTING_NUMBER, .help = "Of the chain; an endpoint of another one is refused.", .low = 1, .high = INT64_C(1) << 53},
		{.name = "selector", .type = SETTING_U64, .help = "Of the chain in CCIP, in decimal. It is not the chain id."},
		{.name = "confirmations", .type = SETTING_NUMBER, .help = "Events count once that many blocks are above theirs.", .fallback = "0", .low = 0, .high = 10000},
		{.name = "head_age", .type = SETTING_DURATION, .help = "An older head is a warning; four times as old, the chain has halted.", .fallback = "2m"},
		{.name = "log_blocks", .type = SETTING_NUMBER, .help = "Blocks that one request for events may span.", .fallback = "5000", .low = 1, .high = 5000},
		{.name = "batch", .type = SETTING_NUMBER, .help = "Questions that one request may carry.", .fallback = "100", .low = 1, .high = 1000},
		POLLER_SETTINGS,
		{0},
	},
};
