/* Targets for the readers of src/base and src/io. */
#include "fuzz.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rlp.h"
#include "base/text.h"
#include "io/http.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	TREE_BYTES = 4 << 20,
	OUT_BYTES = 16 << 20,
};

/* --- JSON ---------------------------------------------------------------------- */

static void walk(const struct json *value)
{
	int64_t number;
	uint64_t quantity;
	bool flag;
	size_t count = 0;

	if (json_i64(value, &number))
		require(number <= INT64_C(1) << 53 && number >= -(INT64_C(1) << 53));
	if (json_quantity(value, &quantity))
		require(json_string(value) != NULL);
	if (json_bool(value, &flag))
		require(!json_string(value) && !json_is_null(value));
	for (const struct json *item = json_first(value); item; item = json_next(item), count++) {
		if (json_is_object(value))
			require(json_get(value, json_key(item)) == item);
		walk(item);
	}
	require(count == json_count(value));
}

/* One meaning has one spelling: the canonical form parses, and is its own canonical form. */
void fuzz_json(const uint8_t *bytes, size_t len)
{
	struct buf first, second;
	struct json *json = json_parse((const char *)bytes, len, TREE_BYTES, NULL);

	if (!json)
		return;
	walk(json);
	buf_init(&first, OUT_BYTES);
	buf_init(&second, OUT_BYTES);
	if (json_canonical(json, &first) && !first.full) {
		struct json *again = json_parse(buf_text(&first), first.len, TREE_BYTES, NULL);
		require(again != NULL);
		require(json_canonical(again, &second));
		require(strcmp(buf_text(&first), buf_text(&second)) == 0);
		json_free(again);
	}
	if (json_string(json)) {
		buf_clear(&first);
		json_quote(&first, json_string(json));
		struct json *again = json_parse(buf_text(&first), first.len, TREE_BYTES, NULL);
		require(again && json_string(again));
		require(strcmp(json_string(again), json_string(json)) == 0);
		json_free(again);
	}
	buf_free(&first);
	buf_free(&second);
	json_free(json);
}

/* --- RLP ----------------------------------------------------------------------- */

enum { RLP_DEPTH = 40 };

/* Encodes what was decoded; false when it is too deep to follow. */
static bool encode_again(const struct rlp *item, struct buf *out, int depth)
{
	const uint8_t *at = item->bytes, *end = item->bytes + item->len;
	struct rlp inner;
	struct buf payload;
	bool good = depth < RLP_DEPTH;

	if (!item->list) {
		rlp_put_string(out, item->bytes, item->len);
		return good;
	}
	buf_init(&payload, OUT_BYTES);
	while (good && at < end && rlp_next(&at, end, &inner))
		good = encode_again(&inner, &payload, depth + 1);
	good = good && at == end;
	rlp_put_list(out, &payload);
	buf_free(&payload);
	return good;
}

void fuzz_rlp(const uint8_t *bytes, size_t len)
{
	const uint8_t *at = bytes, *end = len ? bytes + len : bytes;
	struct rlp item;
	uint64_t number;

	while (at < end) {
		const uint8_t *start = at;
		struct buf out;
		if (!rlp_next(&at, end, &item))
			break;
		require(at > start && at <= end);
		require(item.bytes >= start && item.bytes + item.len == at);
		buf_init(&out, OUT_BYTES);
		/* Canonical means that there is one encoding only. */
		if (encode_again(&item, &out, 0)) {
			require(out.len == (size_t)(at - start));
			require(memcmp(buf_text(&out), start, out.len) == 0);
		}
		if (rlp_u64(&item, &number)) {
			buf_clear(&out);
			rlp_put_u64(&out, number);
			require(out.len == (size_t)(at - start) && memcmp(buf_text(&out), start, out.len) == 0);
		}
		buf_free(&out);
	}
}

/* --- numbers and times ------------------------------------------------------------ */

void fuzz_number(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = fuzz_input(bytes, len);
	char *text = fuzz_rest(&in), again[80];
	struct address address;
	uint8_t data[64];
	size_t data_len;
	uint64_t number, same;
	struct u256 wide;

	if (hex_u64(text, &number)) {
		text_format(again, sizeof(again), "0x%" PRIx64, number);
		require(hex_u64(again, &same) && same == number);
		require(hex_u256(text, &wide) && u256_u64(&wide, &same) && same == number);
	}
	if (decimal_u64(text, &number)) {
		text_format(again, sizeof(again), "%" PRIu64, number);
		require(decimal_u64(again, &same) && same == number);
	}
	if (hex_u256(text, &wide)) {
		u256_text(again, sizeof(again), &wide);
		require(strspn(again, "0123456789") == strlen(again) && again[0] != '\0');
		require(u256_compare(&wide, &wide) == 0);
	}
	if (address_parse(text, &address))
		require(strcasecmp(address_text(again, &address), text) == 0);
	if (hex_data(text, data, sizeof(data), &data_len))
		require(data_len <= sizeof(data) && strlen(text) == 2 + 2 * data_len);
	if (hex_bytes(text, data, 32))
		require(strlen(text) == 66);
	free(text);
}

void fuzz_time(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = fuzz_input(bytes, len);
	char *text = fuzz_rest(&in), shown[TIME_TEXT], duration[DURATION_TEXT];
	int64_t us, again;
	int offset = 0;

	if (time_parse(text, &us, &offset, NULL) == STATUS_OK) {
		require(offset > -24 * 60 && offset < 24 * 60);
		time_rfc3339(shown, us);
		require(time_parse(shown, &again, NULL, NULL) == STATUS_OK && again == us);
		time_human(shown, us, offset);
		require(text_is_clean(shown, strlen(shown)));
		require(strlen(time_of_day(shown, us, offset)) == 8);
	}
	if (duration_parse(text, &us, NULL) == STATUS_OK) {
		require(us >= 0);
		require(strlen(duration_human(duration, us)) < DURATION_TEXT);
		require(duration_human(duration, -us)[0] != '\0');
	}
	free(text);
}

/* --- text -------------------------------------------------------------------------- */

static void check_graphemes(const char *clean)
{
	struct text_grapheme grapheme;
	const char *cursor = clean;
	size_t bytes = 0;
	int width = 0;

	while (text_next(&cursor, &grapheme)) {
		require(grapheme.len > 0 && grapheme.len <= 12);
		require(grapheme.width >= 0 && grapheme.width <= 2);
		require(cursor == grapheme.bytes + grapheme.len);
		bytes += grapheme.len;
		width += grapheme.width;
	}
	require(bytes == strlen(clean));
	require(width == text_width(clean));
}

/* Clean text is clean, stays as it is when cleaned again, and fits where it should. */
void fuzz_text(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = fuzz_input(bytes, len);
	size_t room = fuzz_byte(&in) + 1u;
	int columns = (int)fuzz_byte(&in);
	const char *src = (const char *)in.at;
	size_t src_len = (size_t)(in.end - in.at);
	size_t size = 3 * src_len + 1;
	char *clean = xmalloc(size), *again = xmalloc(size), *cut = xmalloc(room);

	size_t clean_len = text_clean(clean, size, src, src_len);
	require(clean_len == strlen(clean));
	require(text_is_clean(clean, clean_len));
	require(text_clean(again, size, clean, clean_len) == clean_len && strcmp(again, clean) == 0);
	require(text_is_clean(src, src_len) == (src_len == clean_len && (clean_len == 0 || memcmp(src, clean, clean_len) == 0)));
	check_graphemes(clean);

	size_t cut_len = text_clean(cut, room, src, src_len);
	require(cut_len < room && cut_len == strlen(cut));
	require(text_is_clean(cut, cut_len));
	require(strncmp(cut, clean, cut_len) == 0);

	text_fit(cut, room, clean, columns, "…");
	require(text_width(cut) <= columns);
	require(text_is_clean(cut, strlen(cut)));
	free(clean);
	free(again);
	free(cut);
}

void fuzz_lines(const uint8_t *bytes, size_t len)
{
	struct buf clean, again;

	buf_init(&clean, OUT_BYTES);
	buf_init(&again, OUT_BYTES);
	text_clean_lines(&clean, (const char *)bytes, len);
	for (const char *line = buf_text(&clean); *line;) {
		size_t n = strcspn(line, "\n");
		require(text_is_clean(line, n));
		line += n + (line[n] == '\n');
	}
	text_clean_lines(&again, buf_text(&clean), clean.len);
	require(strcmp(buf_text(&again), buf_text(&clean)) == 0);
	buf_free(&clean);
	buf_free(&again);
}

/* --- URLs --------------------------------------------------------------------------- */

/* Whatever stands in a URL, the result is clean and fits; a key put into its user, query
 * or path does not come through. */
void fuzz_url(const uint8_t *bytes, size_t len)
{
	static const char secret[] = "S3cr3tK3yS3cr3tK3y42";
	static const struct {
		const char *before, *after;
	} places[] = {{"http://", "@"}, {"http://alice:", "@"}, {"https://host/?key=", "&"}, {"https://host/v3/", "/"}, {"https://host/#", ""}};
	struct fuzz_input in = fuzz_input(bytes, len);
	size_t room = fuzz_byte(&in) + 1u;
	size_t place = fuzz_byte(&in) % ARRAY_LENGTH(places);
	char *text = fuzz_rest(&in), masked[512], *cut = xmalloc(room);

	http_mask_url(cut, room, text);
	require(strlen(cut) < room && text_is_clean(cut, strlen(cut)));

	char *url = xasprintf("%s%s%s%s", places[place].before, secret, places[place].after, text);
	http_mask_url(masked, sizeof(masked), url);
	require(text_is_clean(masked, strlen(masked)));
	require(!strstr(masked, secret) || strstr(text, secret));
	free(url);
	free(cut);
	free(text);
}
