#include "incident/proposing.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for one more item; memory doubles, so that long lists cost little. */
static void *grow_one(void *items, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0)
		return items;
	return xreallocarray(items, count == 0 ? 1 : 2 * count, size);
}

struct proposal *proposals_add(struct proposals *out, enum cause cause, enum rule rule, const char *subject)
{
	struct proposal *p;

	out->items = mem_grow(out->items, &out->capacity, out->count, sizeof(*out->items));
	p = &out->items[out->count++];
	*p = (struct proposal){.cause = cause, .severity = rule_def(rule)->severity, .confidence = CONFIDENCE_CERTAIN};
	text_format(p->key, sizeof(p->key), "%s", cause_def(cause)->name);
	text_format(p->title, sizeof(p->title), "%s%s%s", cause_def(cause)->title, subject == NULL ? "" : ": ", subject == NULL ? "" : subject);
	text_format(p->rule, sizeof(p->rule), "%s", rule_def(rule)->id);
	text_format(p->reason, sizeof(p->reason), "%s", rule_def(rule)->why);
	return p;
}

void proposal_consequence(struct proposal *p, const struct component *c)
{
	p->consequences = grow_one(p->consequences, p->consequence_count, sizeof(*p->consequences));
	memcpy(p->consequences[p->consequence_count++], c->id, sizeof(c->id));
}

void proposal_evidence(struct proposal *p, int64_t at_us, const char *fmt, ...)
{
	struct evidence_line *line;
	va_list args;

	p->evidence = grow_one(p->evidence, p->evidence_count, sizeof(*p->evidence));
	line = &p->evidence[p->evidence_count++];
	line->at_us = at_us;
	va_start(args, fmt);
	vsnprintf(line->text, sizeof(line->text), fmt, args);
	va_end(args);
}

void proposal_refuted(struct proposal *p, const char *fmt, ...)
{
	va_list args;

	p->refuted = grow_one(p->refuted, p->refuted_count, sizeof(*p->refuted));
	va_start(args, fmt);
	vsnprintf(p->refuted[p->refuted_count++], sizeof(*p->refuted), fmt, args);
	va_end(args);
}

void proposal_sick(struct proposal *p, const struct component *c)
{
	p->components = grow_one(p->components, p->component_count, sizeof(*p->components));
	memcpy(p->components[p->component_count++], c->id, sizeof(c->id));
	if (p->since_us == 0 || (c->since_us != 0 && c->since_us < p->since_us))
		p->since_us = c->since_us;
	if (p->component_count > PROPOSAL_LINES)
		return;
	/* There is one chain: its name would only push the numbers out of the line. */
	if (c->kind == KIND_CHAIN)
		proposal_evidence(p, c->since_us, "%s", c->reason);
	else
		proposal_evidence(p, c->since_us, "%s %s: %s", kind_name(c->kind), c->name, c->reason);
}

bool proposal_names(const struct proposal *p, const char *id)
{
	return component_listed(p->components, p->component_count, id) || component_listed(p->consequences, p->consequence_count, id);
}
