#include "incident/drafting.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/payload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void drafts_init(struct drafts *drafts)
{
	*drafts = (struct drafts){0};
}

void drafts_free(struct drafts *drafts)
{
	for (size_t i = 0; i < drafts->owned_count; i++)
		free(drafts->owned[i]);
	free(drafts->owned);
	free(drafts->items);
	*drafts = (struct drafts){0};
}

char *drafts_keep(struct drafts *drafts, char *text)
{
	drafts->owned = mem_grow(drafts->owned, &drafts->owned_capacity, drafts->owned_count, sizeof(*drafts->owned));
	drafts->owned[drafts->owned_count++] = text;
	return text;
}

static char *format(const char *fmt, va_list args) TOCSIN_PRINTF(1, 0);

static char *format(const char *fmt, va_list args)
{
	struct buf text;
	char fixed[1024];
	buf_init(&text, PAYLOAD_BYTES);
	int len = vsnprintf(fixed, sizeof(fixed), fmt, args);
	buf_add(&text, fixed, len < 0 ? 0 : (size_t)len < sizeof(fixed) ? (size_t)len
									: sizeof(fixed) - 1);
	return buf_take(&text);
}

char *drafts_format(struct drafts *drafts, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char *text = format(fmt, args);
	va_end(args);
	return drafts_keep(drafts, text);
}

static struct draft *add(struct drafts *drafts, enum event_kind kind)
{
	drafts->items = mem_grow(drafts->items, &drafts->capacity, drafts->count, sizeof(*drafts->items));
	struct draft *draft = &drafts->items[drafts->count++];
	*draft = (struct draft){.kind = kind};
	return draft;
}

/* The role that the actor holds now, NULL when none. */
static const char *role_of(const struct actor *who, const struct incident *incident)
{
	if (!incident || !who->name)
		return NULL;
	if (strcmp(incident->owner, who->name) == 0)
		return "commander";
	return incident_role_of(incident, who->name);
}

struct draft *drafts_add(struct drafts *drafts, enum event_kind kind, const struct actor *who, const struct incident *incident)
{
	char line[LINE_BYTES + 1], clean[LINE_BYTES + 1];
	bool placed = who->where && who->where[0];
	text_format(line, sizeof(line), "%s%s%s", who->name ? who->name : "unknown", placed ? "@" : "", placed ? who->where : "");
	text_clean(clean, sizeof(clean), line, strlen(line));
	struct draft *draft = add(drafts, kind);
	draft->actor = drafts_keep(drafts, xstrdup(clean));
	draft->occurred_us = who->now_us;
	draft->role = role_of(who, incident);
	draft->source = "operator";
	if (incident)
		draft->incident = drafts_keep(drafts, xstrdup(incident->id));
	return draft;
}

struct draft *drafts_add_machine(struct drafts *drafts, enum event_kind kind, int64_t occurred_us, const char *incident)
{
	struct draft *draft = add(drafts, kind);
	draft->actor = "tocsin";
	draft->source = "system";
	draft->occurred_us = occurred_us;
	if (incident)
		draft->incident = drafts_keep(drafts, xstrdup(incident));
	return draft;
}

void draft_summary(struct drafts *drafts, struct draft *draft, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char *text = format(fmt, args);
	va_end(args);
	char clean[LINE_BYTES + 1];
	text_clean(clean, sizeof(clean), text, strlen(text));
	free(text);
	draft->summary = drafts_keep(drafts, xstrdup(clean));
}

void draft_refer(struct drafts *drafts, struct draft *draft, const struct event *event, const char *rel)
{
	if (event)
		draft->refs = drafts_format(drafts, "[{\"id\":\"%s\",\"rel\":\"%s\"}]", event->id, rel);
}

void payload_begin(struct payload *payload)
{
	buf_init(&payload->text, PAYLOAD_BYTES);
	json_writer_init(&payload->w, &payload->text, false);
	json_begin_object(&payload->w, NULL);
}

void payload_string(struct payload *payload, const char *key, const char *value)
{
	if (value)
		json_put_string(&payload->w, key, value);
}

void payload_end(struct payload *payload, struct drafts *drafts, struct draft *draft)
{
	json_end_object(&payload->w);
	struct buf canonical;
	buf_init(&canonical, PAYLOAD_BYTES);
	/* Reading it back sorts the keys and proves that it is what a reader accepts. */
	struct json *tree = payload->text.full ? NULL : json_parse(buf_text(&payload->text), payload->text.len, PAYLOAD_TREE_BYTES, NULL);
	if (tree && json_canonical(tree, &canonical) && !canonical.full)
		draft->data = drafts_keep(drafts, buf_take(&canonical));
	json_free(tree);
	buf_free(&canonical);
	buf_free(&payload->text);
}

/* --- what people typed ----------------------------------------------------------- */

/* Cuts blanks and line ends from both ends, in place. */
static char *trim(char *text)
{
	size_t start = strspn(text, " \n");
	size_t len = strlen(text);
	while (len > start && (text[len - 1] == ' ' || text[len - 1] == '\n'))
		len--;
	memmove(text, text + start, len - start);
	text[len - start] = '\0';
	return text;
}

enum status input_text(struct drafts *drafts, const struct input *input, const char *text, const char **out, struct error *err)
{
	*out = NULL;
	struct buf clean;
	/* Room for a text that is a little too long, so that its length can be named. */
	buf_init(&clean, TEXT_BYTES * 8);
	size_t len = text ? strlen(text) : 0;
	if (len > TEXT_BYTES * 2) {
		buf_free(&clean);
		return error_set(err, STATUS_LIMIT, "%s: %zu bytes, the limit is %zu (shorten it, or attach it as evidence)", input->what, len, input->limit);
	}
	text_clean_lines(&clean, text ? text : "", len);
	char *kept = trim(drafts_keep(drafts, xstrdup(buf_text(&clean))));
	buf_free(&clean);
	if (kept[0] == '\0') {
		if (input->optional)
			return STATUS_OK;
		return error_set(err, STATUS_INVALID, "%s: there is no text (give it: %s)", input->what, input->cure);
	}
	if (strlen(kept) > input->limit)
		return error_set(err, STATUS_LIMIT, "%s: %zu bytes, the limit is %zu (shorten it)", input->what, strlen(kept), input->limit);
	for (char *c = kept; !input->lines && *c; c++) {
		if (*c == '\n')
			*c = ' ';
	}
	*out = kept;
	return STATUS_OK;
}

enum status input_time(const struct actor *who, int64_t occurred_us, int64_t *out, struct error *err)
{
	char given[TIME_TEXT], now[TIME_TEXT];
	*out = occurred_us ? occurred_us : who->now_us;
	if (occurred_us < 0)
		return error_set(err, STATUS_INVALID, "time: it is before 1970 (write it like 2026-01-31T14:05:00Z)");
	if (occurred_us > who->now_us)
		return error_set(err, STATUS_INVALID, "time: %s is in the future, it is %s now (give a time up to now, or none)", time_human(given, occurred_us, who->zone_minutes), time_human(now, who->now_us, who->zone_minutes));
	return STATUS_OK;
}

enum status input_components(struct drafts *drafts, const char *const *components, const char *const **out, struct error *err)
{
	static const struct input input = {.what = "component", .limit = 95, .cure = ":components ID ID …"};
	const char **list = xcalloc(COMPONENTS_MAX + 1, sizeof(*list));
	/* The list itself is freed with the drafts, like a text. */
	drafts_keep(drafts, (char *)list);
	size_t count = 0;
	for (size_t i = 0; components && components[i]; i++) {
		const char *id;
		enum status status = input_text(drafts, &input, components[i], &id, err);
		if (status != STATUS_OK)
			return status;
		if (strpbrk(id, " ,"))
			return error_set(err, STATUS_INVALID, "component \"%s\": an id has no blanks and commas (name one after the other)", id);
		bool known = false;
		for (size_t k = 0; k < count && !known; k++)
			known = strcmp(list[k], id) == 0;
		if (known)
			continue;
		if (count == COMPONENTS_MAX)
			return error_set(err, STATUS_LIMIT, "components: more than %d (name the group in the impact instead)", COMPONENTS_MAX);
		list[count++] = id;
	}
	if (count == 0)
		return error_set(err, STATUS_INVALID, "components: none named (give ids as the board shows them, like node/besu-rpc-0)");
	*out = list;
	return STATUS_OK;
}

enum status input_role(struct drafts *drafts, const char *role, const char **out, struct error *err)
{
	static const struct input input = {.what = "role", .limit = 31, .cure = "commander, operations, scribe, communications, or one of your own"};
	enum status status = input_text(drafts, &input, role, out, err);
	if (status == STATUS_OK && (*out)[strspn(*out, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
		status = error_set(err, STATUS_INVALID, "role %s: not a role's name (commander, operations, scribe, communications, or one of your own in lower case)", *out);
	return status;
}

/* The newest incidents, as a cure for a name that does not exist. */
static const char *existing(const struct fold *fold, char *dst, size_t size)
{
	size_t count = fold_incident_count(fold);
	if (count == 0)
		return "there is none yet; declare one";
	struct buf names;
	buf_init(&names, size - 1);
	buf_puts(&names, count > 8 ? "the newest are" : count == 1 ? "there is"
								   : "there are");
	for (size_t i = count > 8 ? count - 8 : 0; i < count; i++)
		buf_printf(&names, " %s", fold_incident_at(fold, i)->id);
	text_format(dst, size, "%s", buf_text(&names));
	buf_free(&names);
	return dst;
}

enum status need_incident(const struct fold *fold, const char *id, enum need need, const struct incident **out, struct error *err)
{
	char names[160];
	*out = NULL;
	if (!id || !id[0])
		return error_set(err, STATUS_INVALID, "incident: none named (%s)", existing(fold, names, sizeof(names)));
	const struct incident *incident = fold_incident(fold, id);
	if (!incident)
		return error_set(err, STATUS_NOT_FOUND, "%s: no such incident (%s)", id, existing(fold, names, sizeof(names)));
	if (need == NEED_OPEN && incident->merged)
		return error_set(err, STATUS_REFUSED, "%s: it was merged into %s (work there, or take it out with :reopen REASON)", incident->id, incident->merged_into);
	if (need == NEED_OPEN && incident->stage == STAGE_CLOSED)
		return error_set(err, STATUS_REFUSED, "%s: it is closed (reopen it first: :reopen REASON)", incident->id);
	*out = incident;
	return STATUS_OK;
}
