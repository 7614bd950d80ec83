#include "collect/samples.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { TREE_BYTES = 256 * 1024 * 1024 };

void samples_free(struct samples *samples)
{
	free(samples->items);
	*samples = (struct samples){0};
}

/* Seconds with a fraction, as a number. */
static int64_t read_seconds(const struct json *v)
{
	double seconds;

	if (!json_double(v, &seconds) || seconds < 0 || seconds > 1e11)
		return 0;
	return (int64_t)(seconds * 1e6);
}

static void write_labels(const struct json *metric, char *dst, size_t size)
{
	char value[SERIES_LABELS];
	size_t used = 0;

	dst[0] = '\0';
	for (const struct json *member = json_first(metric); member && used + 1 < size; member = json_next(member)) {
		if (!json_key(member) || !json_string(member))
			continue;
		text_format(value, sizeof(value), "%s%s=%s", used ? " " : "", json_key(member), json_string(member));
		used += text_clean(dst + used, size - used, value, strlen(value));
	}
}

/* A pair of time and text. */
static void take_pair(const struct json *pair, const struct json *metric, struct samples *out)
{
	struct sample sample = {.at_us = read_seconds(json_first(pair))};

	if (out->count >= SERIES_MAX || !decimal_double(json_string(json_next(json_first(pair))), &sample.value))
		return;
	write_labels(metric, sample.labels, sizeof(sample.labels));
	out->items = mem_grow(out->items, &out->capacity, out->count, sizeof(*out->items));
	out->items[out->count++] = sample;
}

static void take_vector(const struct json *result, struct samples *out)
{
	for (const struct json *series = json_first(result); series; series = json_next(series)) {
		if (json_get(series, "histogram") && !json_get(series, "value"))
			out->histograms++;
		else
			take_pair(json_get(series, "value"), json_get(series, "metric"), out);
	}
}

static void take_matrix(const struct json *result, struct samples *out)
{
	for (const struct json *series = json_first(result); series; series = json_next(series)) {
		const struct json *last = NULL;
		for (const struct json *pair = json_first(json_get(series, "values")); pair; pair = json_next(pair))
			last = pair;
		if (last)
			take_pair(last, json_get(series, "metric"), out);
		else if (json_get(series, "histograms"))
			out->histograms++;
	}
}

/* Times of lines are nanoseconds, as text. */
static void take_streams(const struct json *result, struct samples *out)
{
	struct sample sample = {.value = 0};
	uint64_t newest = 0, ns;

	out->lines = true;
	for (const struct json *stream = json_first(result); stream; stream = json_next(stream)) {
		for (const struct json *entry = json_first(json_get(stream, "values")); entry; entry = json_next(entry)) {
			const char *line = json_string(json_next(json_first(entry)));
			if (!line)
				continue;
			sample.value++;
			if (!decimal_u64(json_string(json_first(entry)), &ns) || ns < newest)
				continue;
			newest = ns;
			text_clean(out->line, sizeof(out->line), line, strlen(line));
			write_labels(json_get(stream, "stream"), sample.labels, sizeof(sample.labels));
		}
	}
	sample.at_us = (int64_t)(newest / 1000);
	out->items = mem_grow(out->items, &out->capacity, out->count, sizeof(*out->items));
	out->items[out->count++] = sample;
}

enum status samples_read(const char *body, size_t len, struct samples *out, struct error *err)
{
	struct json *root = json_parse(body, len, TREE_BYTES, err);
	const struct json *data = json_get(root, "data"), *result = json_get(data, "result");
	const char *type = json_string(json_get(data, "resultType")), *said = json_string(json_get(root, "error"));
	enum status status = STATUS_OK;

	*out = (struct samples){0};
	if (said)
		status = error_set(err, STATUS_REFUSED, "%.200s", said);
	else if (type && strcmp(type, "vector") == 0)
		take_vector(result, out);
	else if (type && strcmp(type, "scalar") == 0)
		take_pair(result, NULL, out);
	else if (type && strcmp(type, "matrix") == 0)
		take_matrix(result, out);
	else if (type && strcmp(type, "streams") == 0)
		take_streams(result, out);
	else
		status = error_set(err, STATUS_CORRUPT, "not the answer to a query");
	json_free(root);
	return status;
}

void samples_error(const char *body, size_t len, char *out, size_t size)
{
	struct json *root = json_parse(body, len, TREE_BYTES, NULL);
	const char *said = json_string(json_get(root, "error"));

	if (!said)
		said = json_string(json_get(root, "message"));
	if (!said)
		said = json_string(root);
	if (said)
		text_clean(out, size, said, strlen(said));
	else
		text_clean(out, size, body, len);
	json_free(root);
}
