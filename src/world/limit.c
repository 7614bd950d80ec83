#include "world/limit.h"

#include "base/text.h"
#include "world/judge.h"

#include <math.h>
#include <string.h>

enum { CERTIFICATE_CRITICAL_PART = 3 }; /* of the time at which it warns */

bool limit_parse(const char *text, struct limit *out)
{
	const char *at = text;
	bool equal;

	*out = (struct limit){.direction = LIMIT_NONE};
	if (*at != '<' && *at != '>')
		return false;
	bool above = *at++ == '>';
	equal = *at == '=';
	at += equal;
	at += strspn(at, " ");
	if (strlen(text) >= sizeof(out->text) || !decimal_double(at, &out->bound) || !isfinite(out->bound))
		return false;
	out->direction = above ? (equal ? LIMIT_AT_LEAST : LIMIT_ABOVE) : (equal ? LIMIT_AT_MOST : LIMIT_BELOW);
	text_format(out->text, sizeof(out->text), "%s", text);
	return true;
}

bool limit_hit(const struct limit *limit, double value)
{
	switch (limit->direction) {
	case LIMIT_ABOVE:
		return value > limit->bound;
	case LIMIT_AT_LEAST:
		return value >= limit->bound;
	case LIMIT_BELOW:
		return value < limit->bound;
	case LIMIT_AT_MOST:
		return value <= limit->bound;
	case LIMIT_NONE:
		break;
	}
	return false;
}

struct verdict judge_limit(const struct limit *warn, const struct limit *crit, double value, const char *unit, bool security)
{
	enum symptom symptom = security ? SYMPTOM_SECURITY : SYMPTOM_LIMIT;
	const char *blank = unit[0] ? " " : "";
	char number[32];

	double_text(number, sizeof(number), value);
	if (isnan(value))
		return verdict_make(HEALTH_UNKNOWN, SYMPTOM_NONE, "not a number (NaN): nothing to divide by, or nothing measured");
	if (limit_hit(crit, value))
		return verdict_make(HEALTH_CRITICAL, symptom, "%s%s%s, critical %s", number, blank, unit, crit->text);
	if (limit_hit(warn, value))
		return verdict_make(HEALTH_WARNING, symptom, "%s%s%s, warns %s", number, blank, unit, warn->text);
	if (isinf(value))
		return verdict_make(HEALTH_UNKNOWN, SYMPTOM_NONE, "without bounds (%s): something is divided by zero", number);
	return verdict_make(HEALTH_OK, SYMPTOM_NONE, "%s%s%s", number, blank, unit);
}

static struct verdict judge_certificate(const struct page_facts *page)
{
	char left[DURATION_TEXT];

	if (!page->has_certificate || page->certificate_left_us >= page->certificate_warn_us)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "certificate is good");
	if (page->certificate_left_us <= 0)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_CERTIFICATE, "certificate expired");
	enum health health = page->certificate_left_us < page->certificate_warn_us / CERTIFICATE_CRITICAL_PART ? HEALTH_CRITICAL : HEALTH_WARNING;
	return verdict_make(health, SYMPTOM_CERTIFICATE, "certificate runs out in %s", duration_human(left, page->certificate_left_us));
}

struct verdict judge_page(const struct page_facts *page, const struct limit *warn, const struct limit *crit)
{
	bool right = page->wanted ? page->status == page->wanted : page->status / 100 == 2;

	if (!page->reached)
		return verdict_make(HEALTH_CRITICAL, strstr(page->why, "certificate") ? SYMPTOM_CERTIFICATE : SYMPTOM_LIMIT, "no answer: %.120s", page->why);
	if (!right && page->wanted)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_LIMIT, "HTTP %d instead of %d", page->status, page->wanted);
	if (!right)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_LIMIT, "HTTP %d", page->status);
	if (page->has_match && !page->matched)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_LIMIT, "HTTP %d, and the page does not hold what it should", page->status);
	struct verdict latency = judge_limit(warn, crit, (double)page->latency_ms, "ms", false);
	return verdict_worse(verdict_worse(latency, judge_certificate(page)), (struct verdict){.health = HEALTH_OK});
}
