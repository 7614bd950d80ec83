#include "record/checkpoint.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

#include <inttypes.h>
#include <string.h>

static const char origin_prefix[] = "tocsin/";

enum status checkpoint_take(struct store *store, struct checkpoint *out, struct error *err)
{
	text_format(out->origin, sizeof(out->origin), "%s", store_origin(store));
	return store_head(store, &out->head, err);
}

char *checkpoint_text(char dst[CHECKPOINT_TEXT], const struct checkpoint *checkpoint)
{
	char hex[SHA256_TEXT];

	return text_format(dst, CHECKPOINT_TEXT, "%s\n%" PRIu64 "\n%s\n", checkpoint->origin, checkpoint->head.seq, sha256_text(hex, &checkpoint->head.hash));
}

char *checkpoint_beside(const char *record)
{
	return xasprintf("%s.checkpoint", record);
}

/* Copies the next line without its end; false when there is none or it is too long. */
static bool next_line(const char **cursor, char *line, size_t size)
{
	const char *end = strchr(*cursor, '\n');
	size_t len = end ? (size_t)(end - *cursor) : 0;

	if (!end || len >= size)
		return false;
	memcpy(line, *cursor, len);
	line[len] = '\0';
	*cursor = end + 1;
	return true;
}

static bool is_origin(const char *text)
{
	return strncmp(text, origin_prefix, sizeof(origin_prefix) - 1) == 0 && text[sizeof(origin_prefix) - 1] && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-") == strlen(text);
}

enum status checkpoint_parse(const char *text, struct checkpoint *out, struct error *err)
{
	char size[24], hash[SHA256_TEXT];
	const char *cursor = text;

	memset(out, 0, sizeof(*out));
	bool good = next_line(&cursor, out->origin, sizeof(out->origin)) && is_origin(out->origin) &&
		next_line(&cursor, size, sizeof(size)) && decimal_u64(size, &out->head.seq) && (size[0] != '0' || size[1] == '\0') &&
		next_line(&cursor, hash, sizeof(hash)) && sha256_parse(hash, &out->head.hash) && *cursor == '\0';
	if (!good)
		return error_set(err, STATUS_INVALID, "checkpoint: it is not the three lines origin, size and hash (use a file that Tocsin wrote)");
	return STATUS_OK;
}

enum status checkpoint_load(const char *path, struct checkpoint *out, struct error *err)
{
	struct buf text;

	buf_init(&text, CHECKPOINT_TEXT);
	enum status status = file_read(path, CHECKPOINT_TEXT, &text, err);
	if (status == STATUS_OK) {
		status = checkpoint_parse(buf_text(&text), out, err);
		if (status != STATUS_OK)
			error_prefix(err, "%s", path);
	}
	buf_free(&text);
	return status;
}

enum status checkpoint_save(const char *path, const struct checkpoint *checkpoint, struct error *err)
{
	char text[CHECKPOINT_TEXT];

	checkpoint_text(text, checkpoint);
	return file_write(path, text, strlen(text), 0644, err);
}

struct at_size {
	struct head head;
	bool found;
};

static bool take_first(void *arg, const struct event *event)
{
	struct at_size *at = arg;

	at->head = (struct head){.seq = event->seq, .hash = event->hash};
	at->found = true;
	return false;
}

/* The record's own head at that size. */
static enum status head_at(struct store *store, uint64_t size, struct at_size *at, struct error *err)
{
	if (size == 0) {
		*at = (struct at_size){.head.hash = event_genesis(store_origin(store)), .found = true};
		return STATUS_OK;
	}
	return store_read(store, size - 1, take_first, at, err);
}

enum status checkpoint_match(struct store *store, const struct checkpoint *checkpoint, struct error *err)
{
	struct at_size at = {0};

	if (strcmp(checkpoint->origin, store_origin(store)) != 0)
		return error_set(err, STATUS_CORRUPT, "checkpoint: it belongs to %s, this record is %s (use the checkpoint of this record)", checkpoint->origin, store_origin(store)[0] ? store_origin(store) : "without identity");
	enum status status = head_at(store, checkpoint->head.seq, &at, err);
	if (status != STATUS_OK)
		return status;
	if (!at.found)
		return error_set(err, STATUS_CORRUPT, "checkpoint: the record was cut: event %" PRIu64 " was there and is gone (go back to a copy)", checkpoint->head.seq);
	if (at.head.seq != checkpoint->head.seq || !hash_equal(&at.head.hash, &checkpoint->head.hash))
		return error_set(err, STATUS_CORRUPT, "checkpoint: the record was rewritten: event %" PRIu64 " is not the one that was there (go back to a copy)", checkpoint->head.seq);
	return STATUS_OK;
}
