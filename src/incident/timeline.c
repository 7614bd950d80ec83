/* Events as people see them, after corrections, and the timelines made of them. */
#include "incident/fold_state.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "incident/payload.h"

#include <stdlib.h>
#include <string.h>

/* A timeline begins this long before the first symptom, so that it shows what
 * the network was like until then. */
#define PREHISTORY_US (10 * US_PER_MINUTE)

struct cell *fold_cell(const struct fold *fold, size_t index)
{
	return &fold->blocks[index / BLOCK_CELLS][index % BLOCK_CELLS];
}

struct cell *fold_cell_by_seq(const struct fold *fold, uint64_t seq, size_t *index)
{
	if (fold->count == 0 || seq < fold_cell(fold, 0)->event.seq)
		return NULL;
	/* Numbers have no gaps, so the first guess is right unless the record is broken. */
	uint64_t guess = seq - fold_cell(fold, 0)->event.seq;
	size_t low = 0, high = fold->count;
	size_t i = guess < fold->count ? (size_t)guess : fold->count - 1;
	while (low < high) {
		struct cell *cell = fold_cell(fold, i);
		if (cell->event.seq == seq) {
			if (index)
				*index = i;
			return cell;
		}
		if (cell->event.seq < seq)
			low = i + 1;
		else
			high = i;
		i = low + (high - low) / 2;
	}
	return NULL;
}

size_t fold_event_count(const struct fold *fold)
{
	return fold->count;
}

const struct event *fold_event_at(const struct fold *fold, size_t i)
{
	return i < fold->count ? &fold_cell(fold, i)->event : NULL;
}

const struct event *fold_event(const struct fold *fold, uint64_t seq)
{
	const struct cell *cell = fold_cell_by_seq(fold, seq, NULL);
	return cell ? &cell->event : NULL;
}

bool fold_view(const struct fold *fold, const struct event *event, struct event_view *out)
{
	const struct cell *cell = fold_cell_by_seq(fold, event->seq, NULL);
	const struct correction *correction = cell ? cell->correction : NULL;
	*out = (struct event_view){
		.occurred_us = event->occurred_us,
		.summary = event->summary ? event->summary : "",
		.body = event->body ? event->body : "",
		.redacted = event->redacted,
	};
	if (correction) {
		out->amended = correction->amended;
		out->redacted |= correction->redacted;
		if (correction->occurred_us)
			out->occurred_us = correction->occurred_us;
		if (correction->summary)
			out->summary = correction->summary;
		if (correction->body)
			out->body = correction->body;
	}
	if (out->redacted) {
		out->summary = "(redacted)";
		out->body = "";
	}
	return !(correction && correction->retracted);
}

void timeline_signal(struct fold *fold, const char *component, size_t index)
{
	void **at = keymap_at(&fold->components, component);
	if (!*at)
		*at = xcalloc(1, sizeof(struct signal_list));
	struct signal_list *list = *at;
	list->items = mem_grow(list->items, &list->capacity, list->count, sizeof(*list->items));
	list->items[list->count++] = (struct signal){index, fold_cell(fold, index)->event.occurred_us};
}

static int compare_rows(const void *a, const void *b)
{
	const struct timeline_row *x = a, *y = b;
	if (x->occurred_us != y->occurred_us)
		return x->occurred_us < y->occurred_us ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

static void add_row(const struct fold *fold, struct incident_state *state, size_t index)
{
	const struct event *event = &fold_cell(fold, index)->event;
	struct event_view view;
	if (!fold_view(fold, event, &view))
		return;
	struct incident *pub = &state->pub;
	pub->timeline = mem_grow(pub->timeline, &state->timeline_capacity, pub->timeline_count, sizeof(*pub->timeline));
	pub->timeline[pub->timeline_count++] = (struct timeline_row){event->seq, view.occurred_us};
}

/* The events of an incident and of those merged into it. Merges make no circle:
 * fold.c takes only an incident that is not merged itself as the target. A broken
 * record may still make a long row of them. */
static void add_own_rows(const struct fold *fold, struct incident_state *state, const struct incident_state *from, int depth)
{
	for (size_t i = 0; i < from->own_count; i++)
		add_row(fold, state, from->own[i]);
	for (size_t i = 0; i < fold->incident_count && depth > 0; i++) {
		const struct incident_state *other = fold->incidents[i];
		if (other->pub.merged && strcmp(other->pub.merged_into, from->pub.id) == 0)
			add_own_rows(fold, state, other, depth - 1);
	}
}

/* Until when signals belong to the incident; INT64_MAX while it is open. */
static int64_t signals_until(const struct incident *incident)
{
	return incident->stage == STAGE_CLOSED ? incident->stage_us[STAGE_CLOSED] : INT64_MAX;
}

static void add_signal_rows(const struct fold *fold, struct incident_state *state)
{
	int64_t until = signals_until(&state->pub);
	int64_t from = state->pub.impact_started_us - PREHISTORY_US;
	for (size_t i = 0; i < state->pub.component_count; i++) {
		const struct signal_list *list = keymap_find(&fold->components, state->pub.components[i]);
		for (size_t k = 0; list && k < list->count; k++) {
			if (list->items[k].occurred_us >= from && list->items[k].occurred_us <= until)
				add_row(fold, state, list->items[k].index);
		}
	}
}

static size_t count_signals(const struct fold *fold, const struct incident *incident)
{
	size_t sum = 0;
	for (size_t i = 0; i < incident->component_count; i++) {
		const struct signal_list *list = keymap_find(&fold->components, incident->components[i]);
		sum += list ? list->count : 0;
	}
	return sum;
}

void timeline_refresh(const struct fold *fold, struct incident_state *state)
{
	size_t signals = count_signals(fold, &state->pub);
	if (!state->stale && state->corrections == fold->corrections && state->signals == signals)
		return;
	struct incident *pub = &state->pub;
	pub->timeline_count = 0;
	add_own_rows(fold, state, state, MERGE_DEPTH);
	add_signal_rows(fold, state);
	if (pub->timeline_count > 1)
		qsort(pub->timeline, pub->timeline_count, sizeof(*pub->timeline), compare_rows);
	/* The same event may have come by several ways. */
	size_t kept = 0;
	for (size_t i = 0; i < pub->timeline_count; i++) {
		if (kept == 0 || pub->timeline[kept - 1].seq != pub->timeline[i].seq)
			pub->timeline[kept++] = pub->timeline[i];
	}
	pub->timeline_count = kept;
	state->stale = false;
	state->corrections = fold->corrections;
	state->signals = signals;
}

void copy_clean(char *dst, size_t size, const char *src)
{
	text_clean(dst, size, src ? src : "", src ? strlen(src) : 0);
}

char *clean_lines(const char *src)
{
	struct buf clean;
	/* A cleaned text can be longer: a bad byte becomes U+FFFD, a tab up to eight blanks. */
	size_t len = strlen(src);
	buf_init(&clean, len * 8 + 1);
	text_clean_lines(&clean, src, len);
	return buf_take(&clean);
}

char *first_line(const char *text)
{
	char line[LINE_BYTES + 1];
	text += strspn(text, "\n ");
	text_clean(line, sizeof(line), text, strcspn(text, "\n"));
	return xstrdup(line);
}

unsigned incident_number(const char *id)
{
	if (!id)
		return 0;
	if ((id[0] == 'I' || id[0] == 'i') && (id[1] == 'N' || id[1] == 'n') && (id[2] == 'C' || id[2] == 'c') && id[3] == '-')
		id += 4;
	uint64_t number;
	if (!decimal_u64(id, &number) || number == 0 || number > 999999999)
		return 0;
	return (unsigned)number;
}
