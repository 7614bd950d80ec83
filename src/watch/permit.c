#include "watch/permit.h"

#include "base/mem.h"
#include "base/text.h"

/* The allow-list. What is not in it is not allowed. */
static const unsigned needs[] = {
	[DANGER_READ] = PERMIT_CONFIRM,
	[DANGER_MUTATE] = PERMIT_CONFIRM | PERMIT_ARMED | PERMIT_NAME,
	[DANGER_DESTRUCTIVE] = PERMIT_CONFIRM | PERMIT_ARMED | PERMIT_NAME | PERMIT_PERSON,
	[DANGER_FUNDS] = PERMIT_ALL,
	[DANGER_CUSTODY] = PERMIT_ALL,
	[DANGER_NETWORK] = PERMIT_ALL,
};

const char *mode_name(enum mode mode)
{
	static const char *const names[] = {[MODE_OBSERVER] = "OBSERVER", [MODE_UNARMED] = "UNARMED", [MODE_ARMED] = "ARMED"};

	return names[mode];
}

unsigned permit_needs(enum danger danger)
{
	bool known = (unsigned)danger < ARRAY_LENGTH(needs) && needs[danger];

	return known ? needs[danger] : PERMIT_ALL;
}

bool permit_mode(enum mode mode, enum danger danger, char *why, size_t size)
{
	*why = '\0';
	if (mode == MODE_OBSERVER)
		text_format(why, size, "OBSERVER runs nothing (start without --read-only to take part)");
	else if ((permit_needs(danger) & PERMIT_ARMED) && mode != MODE_ARMED)
		text_format(why, size, "UNARMED runs only what is known to be a read; this is %s (:arm 10m REASON, or run it yourself and tick the step)", danger_name(danger));
	return *why == '\0';
}

bool permit_unattended(bool armed, enum danger danger, char *why, size_t size)
{
	unsigned asked = permit_needs(danger);

	*why = '\0';
	if (asked & PERMIT_PERSON)
		text_format(why, size, "%s: %s; without a person at a terminal it never runs (run it in the console)", danger_name(danger), danger_meaning(danger));
	else if ((asked & PERMIT_ARMED) && !armed)
		text_format(why, size, "only what is known to be a read runs; this is %s (add --arm REASON)", danger_name(danger));
	return *why == '\0';
}
