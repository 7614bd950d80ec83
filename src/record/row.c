#include "record/row.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum form {
	FORM_INTEGER,  /* int64_t */
	FORM_SMALL,    /* int32_t */
	FORM_MOMENT,   /* int64_t; 0 is stored as NULL */
	FORM_TEXT,     /* char *, never NULL */
	FORM_OPTIONAL, /* char * or NULL */
	FORM_FIXED,    /* char array of exactly size - 1 characters */
	FORM_DIGEST,   /* struct hash256, stored as hex: readable with the sqlite3 program,
			* and what sha256sum prints can be compared with the eye */
};

struct column {
	const char *name;
	enum form form;
	size_t offset;
	size_t size;
};

#define COLUMN(name, form, field)                                                             \
	{                                                                                     \
		name, form, offsetof(struct event, field), sizeof(((struct event *)0)->field) \
	}

static const struct column event_columns[] = {
	COLUMN("seq", FORM_INTEGER, seq),
	COLUMN("id", FORM_FIXED, id),
	COLUMN("incident", FORM_OPTIONAL, incident),
	COLUMN("kind", FORM_TEXT, kind_name),
	COLUMN("occurred_us", FORM_INTEGER, occurred_us),
	COLUMN("occurred_end_us", FORM_MOMENT, occurred_end_us),
	COLUMN("occurred_precision", FORM_TEXT, precision),
	COLUMN("recorded_us", FORM_INTEGER, recorded_us),
	COLUMN("boot", FORM_TEXT, boot),
	COLUMN("mono_us", FORM_INTEGER, mono_us),
	COLUMN("tz", FORM_SMALL, tz_minutes),
	COLUMN("actor", FORM_TEXT, actor),
	COLUMN("role", FORM_OPTIONAL, role),
	COLUMN("source", FORM_TEXT, source),
	COLUMN("refs", FORM_TEXT, refs),
	COLUMN("visibility", FORM_TEXT, visibility),
	COLUMN("content_hash", FORM_DIGEST, content_hash),
	COLUMN("prev_hash", FORM_DIGEST, prev_hash),
	COLUMN("hash", FORM_DIGEST, hash),
};

static const struct column content_columns[] = {
	COLUMN("salt", FORM_FIXED, salt),
	COLUMN("summary", FORM_TEXT, summary),
	COLUMN("body", FORM_TEXT, body),
	COLUMN("data", FORM_TEXT, data),
};

enum {
	CONTENT_SEQ = ARRAY_LENGTH(event_columns), /* NULL when there is no content row */
	CONTENT_FIRST,
};

const char row_select[] =
	"SELECT e.seq, e.id, e.incident, e.kind, e.occurred_us, e.occurred_end_us, e.occurred_precision,"
	" e.recorded_us, e.boot, e.mono_us, e.tz, e.actor, e.role, e.source, e.refs, e.visibility,"
	" e.content_hash, e.prev_hash, e.hash, c.seq, c.salt, c.summary, c.body, c.data"
	" FROM event AS e LEFT JOIN content AS c ON c.seq = e.seq";

const char row_insert_event[] =
	"INSERT INTO event(seq, id, incident, kind, occurred_us, occurred_end_us, occurred_precision,"
	" recorded_us, boot, mono_us, tz, actor, role, source, refs, visibility, content_hash, prev_hash, hash)"
	" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const char row_insert_content[] = "INSERT INTO content(seq, salt, summary, body, data) VALUES(?, ?, ?, ?, ?)";

static void *field_of(struct event *event, const struct column *column)
{
	return (char *)event + column->offset;
}

static const void *field_in(const struct event *event, const struct column *column)
{
	return (const char *)event + column->offset;
}

static void decode(sqlite3_stmt *stmt, int at, const struct column *column, struct event *event)
{
	void *field = field_of(event, column);
	const char *text = NULL;

	if (column->form >= FORM_TEXT)
		text = (const char *)sqlite3_column_text(stmt, at);
	switch (column->form) {
	case FORM_INTEGER:
	case FORM_MOMENT:
		*(int64_t *)field = sqlite3_column_int64(stmt, at);
		break;
	case FORM_SMALL:
		*(int32_t *)field = sqlite3_column_int(stmt, at);
		break;
	case FORM_TEXT:
		*(char **)field = xstrdup(text ? text : "");
		break;
	case FORM_OPTIONAL:
		*(char **)field = text ? xstrdup(text) : NULL;
		break;
	case FORM_FIXED: {
		size_t len = text ? strnlen(text, column->size - 1) : 0;
		memcpy(field, text ? text : "", len);
		((char *)field)[len] = '\0';
		break;
	}
	case FORM_DIGEST:
		if (!text || !sha256_parse(text, field))
			memset(field, 0, sizeof(struct hash256));
		break;
	}
}

static bool text_is(sqlite3_stmt *stmt, int at, const char *expected)
{
	const char *text = (const char *)sqlite3_column_text(stmt, at);
	size_t bytes = (size_t)sqlite3_column_bytes(stmt, at);

	return text && bytes == strlen(expected) && memcmp(text, expected, bytes) == 0;
}

static bool exact(sqlite3_stmt *stmt, int at, const struct column *column, const struct event *event)
{
	const void *field = field_in(event, column);
	int type = sqlite3_column_type(stmt, at);
	char hex[SHA256_TEXT];

	switch (column->form) {
	case FORM_INTEGER:
		return type == SQLITE_INTEGER;
	case FORM_SMALL:
		return type == SQLITE_INTEGER && sqlite3_column_int64(stmt, at) == *(const int32_t *)field;
	case FORM_MOMENT:
		return *(const int64_t *)field ? type == SQLITE_INTEGER : type == SQLITE_NULL;
	case FORM_TEXT:
		return type == SQLITE_TEXT && text_is(stmt, at, *(char *const *)field);
	case FORM_OPTIONAL:
		return *(char *const *)field ? type == SQLITE_TEXT && text_is(stmt, at, *(char *const *)field) : type == SQLITE_NULL;
	case FORM_FIXED:
		return type == SQLITE_TEXT && strlen(field) == column->size - 1 && text_is(stmt, at, field);
	case FORM_DIGEST:
		return type == SQLITE_TEXT && text_is(stmt, at, sha256_text(hex, field));
	}
	return false;
}

void row_decode(sqlite3_stmt *stmt, struct event *event)
{
	for (size_t i = 0; i < ARRAY_LENGTH(event_columns); i++)
		decode(stmt, (int)i, &event_columns[i], event);
	for (size_t i = 0; i < ARRAY_LENGTH(content_columns); i++)
		decode(stmt, (int)(CONTENT_FIRST + i), &content_columns[i], event);
	event->kind = event_kind_parse(event->kind_name);
	event->redacted = sqlite3_column_type(stmt, CONTENT_SEQ) == SQLITE_NULL;
}

const char *row_mismatch(sqlite3_stmt *stmt, const struct event *event)
{
	for (size_t i = 0; i < ARRAY_LENGTH(event_columns); i++) {
		if (!exact(stmt, (int)i, &event_columns[i], event))
			return event_columns[i].name;
	}
	for (size_t i = 0; !event->redacted && i < ARRAY_LENGTH(content_columns); i++) {
		if (!exact(stmt, (int)(CONTENT_FIRST + i), &content_columns[i], event))
			return content_columns[i].name;
	}
	return NULL;
}

static void bind(sqlite3_stmt *stmt, int at, const struct column *column, const struct event *event)
{
	const void *field = field_in(event, column);
	char hex[SHA256_TEXT];

	switch (column->form) {
	case FORM_INTEGER:
		sqlite3_bind_int64(stmt, at, *(const int64_t *)field);
		break;
	case FORM_SMALL:
		sqlite3_bind_int(stmt, at, *(const int32_t *)field);
		break;
	case FORM_MOMENT:
		if (*(const int64_t *)field)
			sqlite3_bind_int64(stmt, at, *(const int64_t *)field);
		break;
	case FORM_TEXT:
	case FORM_OPTIONAL: /* NULL binds NULL */
		sqlite3_bind_text(stmt, at, *(char *const *)field, -1, SQLITE_STATIC);
		break;
	case FORM_FIXED:
		sqlite3_bind_text(stmt, at, field, -1, SQLITE_STATIC);
		break;
	case FORM_DIGEST:
		sqlite3_bind_text(stmt, at, sha256_text(hex, field), -1, SQLITE_TRANSIENT);
		break;
	}
}

void row_bind_event(sqlite3_stmt *stmt, const struct event *event)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	for (size_t i = 0; i < ARRAY_LENGTH(event_columns); i++)
		bind(stmt, (int)i + 1, &event_columns[i], event);
}

void row_bind_content(sqlite3_stmt *stmt, const struct event *event)
{
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	sqlite3_bind_int64(stmt, 1, (int64_t)event->seq);
	for (size_t i = 0; i < ARRAY_LENGTH(content_columns); i++)
		bind(stmt, (int)i + 2, &content_columns[i], event);
}
