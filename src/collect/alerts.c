#include "collect/alerts.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "world/world.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAME_BYTES = 48, /* of an alert's name in its id */
	EXPRESSION_BYTES = 256,
	LABELS_BYTES = 64 * 1024,
};

/* --- alerts ---------------------------------------------------------------------------- */

struct alert *alert_list_add(struct alert_list *list)
{
	if (list->count >= ALERTS_MAX) {
		list->left_out++;
		return NULL;
	}
	list->items = mem_grow(list->items, &list->capacity, list->count, sizeof(*list->items));
	list->items[list->count] = (struct alert){0};
	return &list->items[list->count++];
}

static void alert_free(struct alert *alert)
{
	for (size_t i = 0; i < alert->label_count; i++) {
		free(alert->labels[i].name);
		free(alert->labels[i].value);
	}
	free(alert->labels);
	char *owned[] = {alert->summary, alert->owner, alert->quiet, alert->link, alert->silence};
	for (size_t i = 0; i < ARRAY_LENGTH(owned); i++)
		free(owned[i]);
}

void alert_list_drop_last(struct alert_list *list)
{
	alert_free(&list->items[--list->count]);
}

void alert_list_free(struct alert_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		alert_free(&list->items[i]);
	free(list->items);
	*list = (struct alert_list){0};
}

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->name, ((const struct label *)b)->name);
}

static char *clean_copy(const char *text)
{
	char clean[LABEL_TEXT_MAX];

	text_clean(clean, sizeof(clean), text, strlen(text));
	return xstrdup(clean);
}

/* An id that stays the same while the labels do, whoever tells of the alert. */
static void name_alert(struct alert *alert)
{
	char digits[SHA256_TEXT];
	struct buf all;

	buf_init(&all, LABELS_BYTES);
	for (size_t i = 0; i < alert->label_count; i++) {
		buf_add(&all, alert->labels[i].name, strlen(alert->labels[i].name) + 1);
		buf_add(&all, alert->labels[i].value, strlen(alert->labels[i].value) + 1);
	}
	struct hash256 hash = sha256(all.data, all.len);
	text_format(alert->id, sizeof(alert->id), "%.*s-%.16s", NAME_BYTES, alert_label(alert, "alertname"), sha256_text(digits, &hash));
	buf_free(&all);
}

bool alert_read_labels(struct alert *alert, const struct json *labels)
{
	size_t count = json_count(labels);

	alert->labels = xcalloc(count < LABELS_MAX ? count + 1 : LABELS_MAX + 1, sizeof(*alert->labels));
	for (const struct json *member = json_first(labels); member && json_key(member) && alert->label_count < LABELS_MAX; member = json_next(member)) {
		const char *value = json_string(member);
		if (value)
			alert->labels[alert->label_count++] = (struct label){clean_copy(json_key(member)), clean_copy(value)};
	}
	qsort(alert->labels, alert->label_count, sizeof(*alert->labels), compare_labels);
	name_alert(alert);
	return alert_label(alert, "alertname")[0] != '\0';
}

static int compare_label_name(const void *name, const void *label)
{
	return strcmp(name, ((const struct label *)label)->name);
}

const char *alert_label(const struct alert *alert, const char *name)
{
	const struct label *found = alert->label_count ? bsearch(name, alert->labels, alert->label_count, sizeof(*found), compare_label_name) : NULL;

	return found ? found->value : "";
}

char *alert_labels_text(char *dst, size_t size, const struct alert *alert)
{
	size_t used = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < alert->label_count && used + 1 < size; i++) {
		if (strcmp(alert->labels[i].name, "alertname") == 0)
			continue;
		text_format(dst + used, size - used, "%s%s=%s", used ? " " : "", alert->labels[i].name, alert->labels[i].value);
		used = strlen(dst);
	}
	return dst;
}

/* --- matchers ----------------------------------------------------------------------------- */

/* What RE2 and POSIX read alike, and what no library takes long for. */
static bool is_common(const char *expression)
{
	if (strlen(expression) > EXPRESSION_BYTES || strpbrk(expression, "{}") || strstr(expression, "(?"))
		return false;
	for (const char *p = strchr(expression, '\\'); p; p = strchr(p, '\\')) {
		if (isalnum((unsigned char)p[1]) || p[1] == '\0')
			return false;
		p += 2;
	}
	return true;
}

static bool expression_fits(const char *expression, const char *value, bool *judged)
{
	char *anchored = xasprintf("^(%s)$", expression);
	regex_t compiled;
	bool fits = false;

	*judged = is_common(expression) && regcomp(&compiled, anchored, REG_EXTENDED | REG_NOSUB) == 0;
	if (*judged) {
		fits = regexec(&compiled, value, 0, NULL, 0) == 0;
		regfree(&compiled);
	}
	free(anchored);
	return fits;
}

bool matcher_fits(const struct matcher *matcher, const char *value, bool *judged)
{
	bool fits;

	*judged = true;
	/* An empty expression is the empty text, which POSIX leaves open in brackets. */
	if (matcher->regex && matcher->value[0])
		fits = expression_fits(matcher->value, value, judged);
	else
		fits = strcmp(matcher->value, value) == 0;
	return *judged && fits == matcher->equal;
}

bool silence_covers(const struct matcher *matchers, size_t count, const struct alert *alert, bool *judged)
{
	bool all = true, open = false;

	for (size_t i = 0; i < count; i++) {
		bool one, fits = matcher_fits(&matchers[i], alert_label(alert, matchers[i].name), &one);
		open |= !one;
		all &= fits || !one;
	}
	*judged = !all || !open;
	return all && !open && count > 0;
}

char *matchers_text(const struct matcher *matchers, size_t count)
{
	struct buf out;

	buf_init(&out, LABELS_BYTES);
	for (size_t i = 0; i < count; i++) {
		const struct matcher *m = &matchers[i];
		buf_printf(&out, "%s%s%s\"%s\"", i ? " " : "", m->name, m->regex ? (m->equal ? "=~" : "!~") : (m->equal ? "=" : "!="), m->value);
	}
	char *text = buf_take(&out);
	return text ? text : xstrdup("");
}

void matchers_free(struct matcher *matchers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(matchers[i].name);
		free(matchers[i].value);
	}
	free(matchers);
}

void silence_list_free(struct silence_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct silence *s = &list->items[i];
		matchers_free(s->matchers, s->matcher_count);
		free(s->id);
		free(s->by);
		free(s->comment);
	}
	free(list->items);
	*list = (struct silence_list){0};
}

/* --- the board ------------------------------------------------------------------------------ */

struct told {
	char *source;
	bool alertmanager;
	struct alert_list list; /* by id */
	struct silence_list silences;
};

struct alerts {
	struct told *items;
	size_t count;
};

struct alerts *alerts_new(void)
{
	return xcalloc(1, sizeof(struct alerts));
}

void alerts_free(struct alerts *alerts)
{
	if (!alerts)
		return;
	for (size_t i = 0; i < alerts->count; i++) {
		free(alerts->items[i].source);
		alert_list_free(&alerts->items[i].list);
		silence_list_free(&alerts->items[i].silences);
	}
	free(alerts->items);
	free(alerts);
}

static struct told *find_told(const struct alerts *alerts, const char *source)
{
	for (size_t i = 0; i < alerts->count; i++)
		if (strcmp(alerts->items[i].source, source) == 0)
			return &alerts->items[i];
	return NULL;
}

static struct told *told_by(struct alerts *alerts, const char *source)
{
	struct told *told = find_told(alerts, source);

	if (told)
		return told;
	alerts->items = xreallocarray(alerts->items, alerts->count + 1, sizeof(*alerts->items));
	told = &alerts->items[alerts->count++];
	*told = (struct told){.source = xstrdup(source)};
	return told;
}

static int compare_alerts(const void *a, const void *b)
{
	return strcmp(((const struct alert *)a)->id, ((const struct alert *)b)->id);
}

static int compare_alert_id(const void *id, const void *alert)
{
	return strcmp(id, ((const struct alert *)alert)->id);
}

static const struct alert *find_alert(const struct alert_list *list, const char *id)
{
	return list->count ? bsearch(id, list->items, list->count, sizeof(*list->items), compare_alert_id) : NULL;
}

/* All labels of `narrow` are among those of `wide`: a Prometheus adds some of its own on the way. */
static bool holds_labels(const struct alert *wide, const struct alert *narrow)
{
	for (size_t i = 0; i < narrow->label_count; i++)
		if (strcmp(alert_label(wide, narrow->labels[i].name), narrow->labels[i].value) != 0)
			return false;
	return true;
}

/* Alerts of one name stand together. */
static bool list_holds(const struct alert_list *list, const struct alert *alert)
{
	size_t low = 0, high = list->count;
	char prefix[NAME_BYTES + 2];

	text_format(prefix, sizeof(prefix), "%.*s-", NAME_BYTES, alert_label(alert, "alertname"));
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(list->items[middle].id, prefix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < list->count && strncmp(list->items[low].id, prefix, strlen(prefix)) == 0; low++)
		if (holds_labels(&list->items[low], alert))
			return true;
	return false;
}

static bool told_elsewhere(const struct alerts *alerts, const struct told *but, const char *id)
{
	for (size_t i = 0; i < alerts->count; i++)
		if (&alerts->items[i] != but && find_alert(&alerts->items[i].list, id))
			return true;
	return false;
}

/* --- in the world ------------------------------------------------------------------------------ */

/* Labels that say what an alert is about, the nearest first. */
static const char *const places[] = {"pod", "instance", "node", "validator", "lane", "feed", "statefulset", "deployment", "host", "component", "job", "service"};

static bool relate_once(struct component *c, size_t *slot, const char *id)
{
	for (size_t i = 0; i < *slot; i++)
		if (strcmp(component_related(c, i), id) == 0)
			return true;
	world_relate(c, *slot, id);
	return ++*slot < RELATED_SOURCE;
}

/* False when all slots are taken. */
static bool relate_value(struct world *world, struct component *c, size_t *slot, const char *value)
{
	static const enum kind kinds[] = {KIND_POD, KIND_VALIDATOR, KIND_WORKLOAD, KIND_FEED, KIND_LANE, KIND_PROBE};
	char id[128], host[LABEL_TEXT_MAX];
	const struct component *node;

	/* "besu-validator-1:9545", or the URL of what is probed. */
	url_host(host, sizeof(host), value);
	node = world_node_at(world, host);
	if (node && !relate_once(c, slot, node->id))
		return false;
	if (node && world_partner(node) && !relate_once(c, slot, world_partner(node)->id))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		text_format(id, sizeof(id), "%s/%s", kind_name(kinds[i]), kinds[i] == KIND_LANE || kinds[i] == KIND_FEED || !host[0] ? value : host);
		if (world_find(world, id) && !relate_once(c, slot, id))
			return false;
	}
	return true;
}

static void relate(struct world *world, struct component *c, const struct alert *alert)
{
	size_t slot = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		const char *value = alert_label(alert, places[i]);
		if (value[0] && !relate_value(world, c, &slot, value))
			return;
	}
	for (; slot < RELATED_SOURCE; slot++)
		world_relate(c, slot, "");
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static void show_text(struct component *c, int value, const char *text, int64_t at_us)
{
	if (text && text[0])
		world_set_text(c, value, text, at_us);
	else
		world_unset(c, value);
}

/* Texts that are as they were before need not be cleaned again, thousands of times. */
static void show_texts(struct component *c, const struct alert *alert, const struct alert *before, int64_t at_us)
{
	char text[256];

	if (before && before->state == alert->state && same(before->summary, alert->summary) && same(before->owner, alert->owner) && same(before->quiet, alert->quiet) && same(before->silence, alert->silence) && same(before->link, alert->link))
		return;
	show_text(c, ALERT_STATE, alert_state_name(alert->state), at_us);
	show_text(c, ALERT_SEVERITY, alert_label(alert, "severity")[0] ? alert_label(alert, "severity") : alert_label(alert, "priority"), at_us);
	show_text(c, ALERT_SUMMARY, alert->summary, at_us);
	show_text(c, ALERT_LABELS, alert_labels_text(text, sizeof(text), alert), at_us);
	show_text(c, ALERT_OWNER, alert->owner, at_us);
	/* To end a silence, its id has to be written. */
	show_text(c, ALERT_SILENCE, alert->silence && alert->quiet ? text_format(text, sizeof(text), "%s, %s", alert->silence, alert->quiet) : alert->quiet, at_us);
	show_text(c, ALERT_LINK, alert->link, at_us);
}

/* "BesuPeersLow besu-validator-1" */
static void show_name(struct component *c, const struct alert *alert)
{
	const char *place = "";
	char name[64];

	for (size_t i = 0; i < ARRAY_LENGTH(places) && !place[0]; i++)
		place = alert_label(alert, places[i]);
	world_set_name(c, text_format(name, sizeof(name), "%s%s%s", alert_label(alert, "alertname"), place[0] ? " " : "", place));
}

static void show_alert(struct world *world, const char *source, const struct alert *alert, const struct alert *before, int64_t stale_after_us, int64_t at_us)
{
	struct component *c = world_add(world, KIND_ALERT, alert->id, source, stale_after_us);
	const char *severity = alert_label(alert, "severity");
	struct alert_facts facts = {.state = alert->state, .severity = severity[0] ? severity : alert_label(alert, "priority"), .summary = alert->summary ? alert->summary : "", .quiet = alert->quiet ? alert->quiet : "", .since_us = alert->since_us};
	struct sighting sighting = {.at_us = at_us, .verdict = judge_alert(&facts, at_us), .since_us = alert->since_us, .certain = true};
	char id[96];

	if (!before)
		show_name(c, alert);
	show_texts(c, alert, before, at_us);
	relate(world, c, alert);
	world_relate(c, RELATED_SOURCE, text_format(id, sizeof(id), "probe/%s", source));
	if (alert->since_us)
		world_set_number(c, ALERT_SINCE_S, (at_us - alert->since_us) / US_PER_S, at_us);
	world_sight(world, c, &sighting);
}

/* An alert of a Prometheus that an Alertmanager tells too is told by that one alone. */
static bool is_shadowed(const struct alerts *alerts, const struct told *told, const struct alert *alert)
{
	for (size_t i = 0; !told->alertmanager && i < alerts->count; i++)
		if (alerts->items[i].alertmanager && list_holds(&alerts->items[i].list, alert))
			return true;
	return false;
}

static struct component *component_of(struct world *world, const char *id)
{
	char whole[96];

	text_format(whole, sizeof(whole), "alert/%s", id);
	const struct component *found = world_find(world, whole);
	/* World_add gives what is there already, as one that may be changed. */
	return found ? world_add(world, KIND_ALERT, id, found->source, 0) : NULL;
}

static void remove_alert(const struct alerts *alerts, const struct told *told, struct world *world, const char *id, const char *why, int64_t at_us)
{
	struct component *c = told_elsewhere(alerts, told, id) ? NULL : component_of(world, id);

	if (c)
		world_remove(world, c, at_us, why);
}

/* Keeps the alerts that nobody else tells, ordered, each once. */
static void settle_list(const struct alerts *alerts, const struct told *told, struct alert_list *list)
{
	size_t kept = 0;

	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), compare_alerts);
	for (size_t i = 0; i < list->count; i++) {
		bool twice = kept > 0 && strcmp(list->items[kept - 1].id, list->items[i].id) == 0;
		if (twice || is_shadowed(alerts, told, &list->items[i]))
			alert_free(&list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

/* What a Prometheus told while no Alertmanager had it, and one has now. */
static void drop_shadowed(struct alerts *alerts, struct world *world, int64_t at_us)
{
	for (size_t i = 0; i < alerts->count; i++) {
		struct told *told = &alerts->items[i];
		size_t kept = 0;
		for (size_t j = 0; !told->alertmanager && j < told->list.count; j++) {
			struct alert *alert = &told->list.items[j];
			if (is_shadowed(alerts, told, alert)) {
				remove_alert(alerts, told, world, alert->id, "told by Alertmanager", at_us);
				alert_free(alert);
			} else {
				told->list.items[kept++] = *alert;
			}
		}
		if (!told->alertmanager)
			told->list.count = kept;
	}
}

void alerts_put(struct alerts *alerts, struct world *world, const char *source, bool alertmanager, struct alert_list *list, int64_t stale_after_us, int64_t at_us)
{
	struct told *told = told_by(alerts, source);
	struct alert_list before = told->list;

	told->alertmanager = alertmanager;
	told->list = (struct alert_list){0};
	settle_list(alerts, told, list);
	told->list = *list;
	*list = (struct alert_list){0};
	for (size_t i = 0; i < before.count; i++)
		if (!find_alert(&told->list, before.items[i].id))
			remove_alert(alerts, told, world, before.items[i].id, "resolved", at_us);
	for (size_t i = 0; i < told->list.count; i++)
		show_alert(world, source, &told->list.items[i], find_alert(&before, told->list.items[i].id), stale_after_us, at_us);
	alert_list_free(&before);
	if (alertmanager)
		drop_shadowed(alerts, world, at_us);
}

void alerts_miss(struct alerts *alerts, struct world *world, const char *source, enum reach reach, const char *why, int64_t at_us)
{
	const struct told *told = find_told(alerts, source);

	for (size_t i = 0; told && i < told->list.count; i++) {
		struct component *c = component_of(world, told->list.items[i].id);
		/* Another Alertmanager of the same cluster may still tell of it. */
		if (c && !told_elsewhere(alerts, told, told->list.items[i].id))
			world_miss(world, c, at_us, reach, why);
	}
}

void alerts_put_silences(struct alerts *alerts, const char *source, struct silence_list *list)
{
	struct told *told = told_by(alerts, source);

	silence_list_free(&told->silences);
	told->silences = *list;
	*list = (struct silence_list){0};
}

const struct alert_list *alerts_of(const struct alerts *alerts, const char *source)
{
	const struct told *told = find_told(alerts, source);

	return told ? &told->list : NULL;
}

const struct silence *alerts_silence_at(const struct alerts *alerts, size_t i, const char **source)
{
	for (size_t at = 0; at < alerts->count; at++) {
		const struct told *told = &alerts->items[at];
		if (i < told->silences.count) {
			*source = told->source;
			return &told->silences.items[i];
		}
		i -= told->silences.count;
	}
	return NULL;
}
