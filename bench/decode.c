/* Decoding: what a healthy node answers each second becomes a sample, beside the JSON
 * library reading the same bytes; and who sealed a block, first and again. */
#include "bench.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "collect/protocol.h"
#include "collect/header.h"
#include "drill/answer.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

enum {
	FIXTURE_BYTES_MAX = 4 * 1024 * 1024,
	BLOCKS = 200,
};

/* --- a whole answer --------------------------------------------------------------------- */

struct answering {
	struct engine *engine;
	void *memory;
	struct buf body;
	int64_t now_us;
	double *alone; /* seconds that the library needs, shared */
};

static void take_answer(struct answering *a, struct http_reply reply)
{
	struct node_sample sample;

	protocol_besu.decode(a->memory, &reply, a->now_us, &sample);
	bench_need(sample.reach == REACH_OK && (sample.has & SAMPLE_HEAD), "decoding an answer");
	node_sample_free(&sample);
}

/* Asks once as the collector does, and keeps the answer. */
static void converse(struct answering *a)
{
	struct buf question;

	buf_init(&question, ANSWER_REQUEST_MAX);
	protocol_besu.plan(a->memory, NULL, NULL, a->now_us, &question);
	buf_clear(&a->body);
	answer_rpc(a->engine, engine_find(a->engine, "besu-rpc-0"), buf_text(&question), question.len, &a->body);
	buf_free(&question);
	take_answer(a, (struct http_reply){.outcome = HTTP_ANSWERED, .status = 200, .body = buf_text(&a->body), .body_len = a->body.len, .why = ""});
}

/* A new block that other nodes told before: the header is read again, its seals are not. */
static void decode(void *arg)
{
	struct answering *a = arg;
	struct buf question;

	buf_init(&question, ANSWER_REQUEST_MAX);
	protocol_besu.plan(a->memory, NULL, NULL, a->now_us, &question);
	buf_free(&question);
	take_answer(a, (struct http_reply){.outcome = HTTP_ANSWERED, .status = 200, .body = buf_text(&a->body), .body_len = a->body.len, .why = ""});
}

static void parse(void *arg)
{
	struct answering *a = arg;
	cJSON *tree = cJSON_ParseWithLength(buf_text(&a->body), a->body.len);

	bench_need(tree != NULL, "parsing an answer");
	cJSON_Delete(tree);
}

/* In a process of its own, because the program gives the library its own memory. */
static void parse_alone(void *arg)
{
	struct answering *a = arg;

	cJSON_InitHooks(NULL);
	*a->alone = bench_time(parse, a);
}

static void measure_answer(void)
{
	const struct engine_config config = {.validators = 4, .rpc_nodes = 1, .seed = 1, .chain_id = 138, .first_block = 1000, .start_us = 1700000000 * US_PER_S, .period_us = US_PER_S, .timeout_us = 2 * US_PER_S};
	struct answering a = {.memory = protocol_besu.memory_new(), .now_us = config.start_us + BLOCKS * US_PER_S};

	a.engine = engine_new(&config);
	engine_advance(a.engine, a.now_us);
	buf_init(&a.body, ANSWER_BYTES_MAX);
	/* Until only what each second brings is asked. */
	do
		converse(&a);
	while (protocol_besu.eager(a.memory));
	converse(&a);
	a.alone = bench_shared(sizeof(*a.alone));
	double ours = bench_time(decode, &a);
	bench_apart(parse_alone, &a);
	bench_show(&(struct figure){"an answer of four calls into a sample", IN_SECONDS, ours, "cJSON alone, same bytes", *a.alone, 0, false});
	protocol_besu.memory_free(a.memory);
	engine_free(a.engine);
	buf_free(&a.body);
}

/* --- headers ----------------------------------------------------------------------------- */

struct decoding {
	const struct json *block;
	bool recover;
};

static void read_header(void *arg)
{
	struct decoding *decoding = arg;
	struct header header;
	struct error err = {0};

	bench_need(header_from_json(decoding->block, decoding->recover, &header, &err) == STATUS_OK && header.consensus == CONSENSUS_QBFT, "decoding a header");
	header_free(&header);
}

static void measure_header(void)
{
	const char *fixtures = getenv("TOCSIN_FIXTURES");
	struct error err = {0};
	struct buf text;

	buf_init(&text, FIXTURE_BYTES_MAX);
	char *path = xasprintf("%s/besu/qbft_header_vectors.json", fixtures ? fixtures : "tests/fixtures");
	bench_need(file_read(path, FIXTURE_BYTES_MAX, &text, &err) == STATUS_OK, err.text);
	struct json *root = json_parse(buf_text(&text), text.len, FIXTURE_BYTES_MAX, &err);
	struct decoding named = {json_get(json_first(json_get(root, "blocks")), "block"), true}, plain = {named.block, false};
	bench_need(named.block != NULL, "reading the vectors");
	double began = bench_now();
	read_header(&named);
	double first = bench_now() - began;
	bench_show(&(struct figure){"a header with three seals, told by one more node", IN_SECONDS, bench_time(read_header, &named), "by the first node", first, 0, false});
	bench_show(&(struct figure){"  of that, without who sealed", IN_SECONDS, bench_time(read_header, &plain), NULL, 0, 0, false});
	json_free(root);
	buf_free(&text);
	free(path);
}

void bench_decoding(void)
{
	bench_part("decoding (apart from the fetch)");
	measure_answer();
	measure_header();
}
