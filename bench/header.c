/* QBFT headers: reading a block's JSON, and telling who sealed it. */
#include "bench.h"

#include "base/mem.h"
#include "base/path.h"
#include "collect/header.h"
#include "collect/qbft.h"

#include <stdlib.h>

enum { FIXTURE_BYTES_MAX = 4 * 1024 * 1024 };

struct decoding {
	const struct json *block;
	bool recover;
};

static void decode(void *arg)
{
	struct decoding *decoding = arg;
	struct header header;
	struct error err = {0};

	bench_need(header_from_json(decoding->block, decoding->recover, &header, &err) == STATUS_OK && header.consensus == CONSENSUS_QBFT, "decoding a header");
	header_free(&header);
}

void bench_headers(void)
{
	const char *fixtures = getenv("TOCSIN_FIXTURES");
	struct error err = {0};
	struct buf text;

	buf_init(&text, FIXTURE_BYTES_MAX);
	char *path = xasprintf("%s/besu/qbft_header_vectors.json", fixtures ? fixtures : "tests/fixtures");
	bench_need(file_read(path, FIXTURE_BYTES_MAX, &text, &err) == STATUS_OK, err.text);
	struct json *root = json_parse(buf_text(&text), text.len, FIXTURE_BYTES_MAX, &err);
	const struct json *block = json_get(json_first(json_get(root, "blocks")), "block");
	bench_need(block != NULL, "reading the vectors");
	struct decoding plain = {block, false}, named = {block, true};
	double without = bench_time(decode, &plain);
	bench_row("decode a header", without, "", 0);
	bench_row("decode a header, sealers by name", bench_time(decode, &named), "without the names", without);
	json_free(root);
	buf_free(&text);
	free(path);
}
