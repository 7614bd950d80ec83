/* The table of fuzz targets, and what they share. */
#include "fuzz.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct fuzz_target fuzz_targets[] = {
	{"json", "JSON, and its canonical form", fuzz_json},
	{"rlp", "RLP, decoded and encoded again", fuzz_rlp},
	{"number", "hexadecimal and decimal numbers", fuzz_number},
	{"time", "times and durations", fuzz_time},
	{"text", "cleaning of one line, its width and its cuts", fuzz_text},
	{"lines", "cleaning of several lines", fuzz_lines},
	{"url", "masking of URLs", fuzz_url},
	{"extra", "extraData of a QBFT header", fuzz_extra},
	{"block", "a block object to a header", fuzz_block},
	{"besu", "replies to the Besu protocol", fuzz_besu},
	{"abi", "signatures, words and reverts", fuzz_abi},
	{"eth", "replies to batches of questions", fuzz_eth},
	{"ccip", "events of lanes", fuzz_ccip},
	{"kube", "lists, watches and objects of Kubernetes", fuzz_kube},
	{"monitor", "answers of Prometheus, Alertmanager, Loki and Grafana", fuzz_monitor},
	{"silence", "silences as people type them", fuzz_silence},
	{"checkpoint", "checkpoint files", fuzz_checkpoint},
	{"fold", "payloads of events", fuzz_fold},
	{"report", "exports of a hostile record", fuzz_report},
	{"config", "configuration files", fuzz_config},
	{"runbook", "runbooks, and the commands in them", fuzz_runbook},
	{"bind", "placeholders, shell text and danger classes", fuzz_bind},
	{"theme", "themes", fuzz_theme},
	{"script", "scripts of keys and commands on a real console", fuzz_script},
	{"prompt", "key names and the line editor", fuzz_prompt},
	{NULL, NULL, NULL},
};

const struct fuzz_target *fuzz_target(const char *name)
{
	for (const struct fuzz_target *target = fuzz_targets; target->name; target++) {
		if (strcmp(target->name, name) == 0)
			return target;
	}
	return NULL;
}

void fuzz_require(int holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

struct fuzz_input fuzz_input(const uint8_t *bytes, size_t len)
{
	return (struct fuzz_input){bytes, len ? bytes + len : bytes};
}

unsigned fuzz_byte(struct fuzz_input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

char *fuzz_string(struct fuzz_input *in, char stop)
{
	const uint8_t *start = in->at;

	while (in->at < in->end && *in->at != 0 && *in->at != (uint8_t)stop)
		in->at++;
	char *text = xstrndup((const char *)start, (size_t)(in->at - start));
	if (in->at < in->end)
		in->at++;
	return text;
}

char *fuzz_rest(struct fuzz_input *in)
{
	size_t len = (size_t)(in->end - in->at), kept = 0;
	char *text = xmalloc(len + 1);

	for (size_t i = 0; i < len; i++) {
		if (in->at[i] != 0)
			text[kept++] = (char)in->at[i];
	}
	text[kept] = '\0';
	in->at = in->end;
	return text;
}
