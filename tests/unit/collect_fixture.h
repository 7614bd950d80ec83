/* Fixture files of the collector's tests, found through TOCSIN_FIXTURES. */
#ifndef TOCSIN_TESTS_COLLECT_FIXTURE_H
#define TOCSIN_TESTS_COLLECT_FIXTURE_H

#include "base/json.h"
#include "base/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FIXTURE_LIMIT = 1024 * 1024 };

/* The text of "besu/eth_chainId.json", owned by the caller. */
static inline char *fixture_text(const char *name)
{
	const char *directory = getenv("TOCSIN_FIXTURES");
	char path[1024];
	struct buf text;
	struct error err = {0};

	snprintf(path, sizeof(path), "%s/%s", directory ? directory : "tests/fixtures", name);
	buf_init(&text, FIXTURE_LIMIT);
	if (file_read(path, FIXTURE_LIMIT, &text, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return buf_take(&text);
}

/* The parsed file; free with json_free. */
static inline struct json *fixture_json(const char *name)
{
	char *text = fixture_text(name);
	struct error err = {0};
	struct json *root = json_parse(text, strlen(text), 16 * (size_t)FIXTURE_LIMIT, &err);

	if (!root)
		fail_msg("%s: %s", name, err.text);
	free(text);
	return root;
}

/* The member of a JSON-RPC reply that says that a node does not serve the method. */
static inline void put_no_method(struct json_writer *w)
{
	json_begin_object(w, "error");
	json_put_i64(w, "code", -32601);
	json_put_string(w, "message", "Method not found");
	json_end_object(w);
}

#endif
