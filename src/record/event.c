#include "record/event.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[EVENT_KIND_COUNT] = {
	[EVENT_OTHER] = "other",
#define EVENT_NAME(name, text) [EVENT_##name] = text,
	EVENT_KINDS(EVENT_NAME)
#undef EVENT_NAME
};

/* A row is bounded when it is written; one that was made larger behind our back
 * still has to be hashed to be told apart. */
enum { CANONICAL_LIMIT = 64 << 20 };

const char *event_kind_name(enum event_kind kind)
{
	return (unsigned)kind < EVENT_KIND_COUNT ? kind_names[kind] : kind_names[EVENT_OTHER];
}

enum event_kind event_kind_parse(const char *name)
{
	for (int kind = EVENT_OTHER + 1; kind < EVENT_KIND_COUNT; kind++) {
		if (name && strcmp(kind_names[kind], name) == 0)
			return (enum event_kind)kind;
	}
	return EVENT_OTHER;
}

/* Every owned string of an event, so that free and copy cannot forget one. */
#define EVENT_STRINGS(_) _(incident) _(kind_name) _(precision) _(boot) _(actor) _(role) _(source) _(refs) _(visibility) _(summary) _(body) _(data)

void event_free(struct event *event)
{
#define STRING_FREE(field) free(event->field);
	EVENT_STRINGS(STRING_FREE)
#undef STRING_FREE
	memset(event, 0, sizeof(*event));
}

void event_copy(struct event *dst, const struct event *src)
{
	*dst = *src;
#define STRING_COPY(field) dst->field = src->field ? xstrdup(src->field) : NULL;
	EVENT_STRINGS(STRING_COPY)
#undef STRING_COPY
}

/* Not json_quote: that one also escapes what a terminal or a browser would mind,
 * and two spellings of one string would be two hashes. Bytes pass unchanged, even
 * wrong ones, so that no edit can hide behind a replacement character. */
static void put_string(struct buf *out, const char *text)
{
	static const char short_escapes[0x20] = {
		['\b'] = 'b',
		['\t'] = 't',
		['\n'] = 'n',
		['\f'] = 'f',
		['\r'] = 'r',
	};

	buf_putc(out, '"');
	while (*text) {
		size_t plain = 0;
		while ((unsigned char)text[plain] >= 0x20 && text[plain] != '"' && text[plain] != '\\')
			plain++;
		buf_add(out, text, plain);
		text += plain;
		if (!*text)
			break;
		unsigned char c = (unsigned char)*text++;
		if (c >= 0x20)
			buf_printf(out, "\\%c", c);
		else if (short_escapes[c])
			buf_printf(out, "\\%c", short_escapes[c]);
		else
			buf_printf(out, "\\u%04x", c);
	}
	buf_putc(out, '"');
}

/* `key` carries its own punctuation: `{"actor":`, `,"boot":`. */
static void put_field(struct buf *out, const char *key, const char *text)
{
	buf_puts(out, key);
	if (text)
		put_string(out, text);
	else
		buf_puts(out, "null");
}

static void put_number(struct buf *out, const char *key, int64_t number)
{
	buf_printf(out, "%s%" PRId64, key, number);
}

static void put_hash(struct buf *out, const char *key, const struct hash256 *hash)
{
	char hex[SHA256_TEXT];

	put_field(out, key, sha256_text(hex, hash));
}

void event_canonical(const struct event *event, struct buf *out)
{
	put_field(out, "{\"actor\":", event->actor);
	put_field(out, ",\"boot\":", event->boot);
	put_hash(out, ",\"content_hash\":", &event->content_hash);
	put_field(out, ",\"id\":", event->id);
	put_field(out, ",\"incident\":", event->incident);
	put_field(out, ",\"kind\":", event->kind_name);
	put_number(out, ",\"mono_us\":", event->mono_us);
	if (event->occurred_end_us)
		put_number(out, ",\"occurred_end_us\":", event->occurred_end_us);
	else
		put_field(out, ",\"occurred_end_us\":", NULL);
	put_field(out, ",\"occurred_precision\":", event->precision);
	put_number(out, ",\"occurred_us\":", event->occurred_us);
	put_hash(out, ",\"prev_hash\":", &event->prev_hash);
	put_number(out, ",\"recorded_us\":", event->recorded_us);
	buf_printf(out, ",\"refs\":%s", event->refs);
	put_field(out, ",\"role\":", event->role);
	buf_printf(out, ",\"seq\":%" PRIu64, event->seq);
	put_field(out, ",\"source\":", event->source);
	put_number(out, ",\"tz\":", event->tz_minutes);
	put_number(out, ",\"v\":", EVENT_SCHEMA);
	put_field(out, ",\"visibility\":", event->visibility);
	buf_putc(out, '}');
}

void event_content_canonical(const struct event *event, struct buf *out)
{
	put_field(out, "{\"body\":", event->body);
	buf_puts(out, ",\"data\":");
	buf_puts(out, event->data);
	put_field(out, ",\"summary\":", event->summary);
	buf_putc(out, '}');
}

/* The hash of head, then body; body is freed. What would not fit was dropped by
 * the buffer, so such a row hashes to something else than it should: it is found. */
static struct hash256 hash_two(const char *head, struct buf *body)
{
	struct sha256_stream *stream = sha256_stream_new();

	sha256_stream_add(stream, head, strlen(head));
	sha256_stream_add(stream, buf_text(body), body->len);
	buf_free(body);
	return sha256_stream_end(stream);
}

struct hash256 event_content_hash(const struct event *event)
{
	struct buf content;

	buf_init(&content, CANONICAL_LIMIT);
	event_content_canonical(event, &content);
	return hash_two(event->salt, &content);
}

struct hash256 event_hash(const struct event *event)
{
	char prev[SHA256_TEXT];
	struct buf line;

	buf_init(&line, CANONICAL_LIMIT);
	buf_putc(&line, '\n');
	event_canonical(event, &line);
	return hash_two(sha256_text(prev, &event->prev_hash), &line);
}

struct hash256 event_genesis(const char *origin)
{
	return sha256(origin, strlen(origin));
}

void event_id(char dst[27], int64_t us, const uint8_t random[10])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t ms = us > 0 ? (uint64_t)us / 1000 : 0;

	for (int i = 9; i >= 0; i--, ms >>= 5)
		dst[i] = digits[ms & 31];
	for (int group = 0; group < 2; group++) {
		uint64_t bits = 0;
		for (int i = 0; i < 5; i++)
			bits = bits << 8 | random[5 * group + i];
		for (int i = 7; i >= 0; i--, bits >>= 5)
			dst[10 + 8 * group + i] = digits[bits & 31];
	}
	dst[26] = '\0';
}
