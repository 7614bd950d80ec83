#include "collect/backoff.h"

int64_t backoff_ms(const struct backoff *rule, int64_t interval_ms, unsigned failures, int64_t retry_after_s, uint64_t random)
{
	int64_t longest = interval_ms > rule->longest_ms ? interval_ms : rule->longest_ms;
	int64_t pause = interval_ms, asked = rule->retry_after_max_ms;

	for (unsigned i = rule->patient; i < failures && pause < longest; i++)
		pause *= 2;
	if (pause > longest)
		pause = longest;
	pause = pause * 3 / 4 + (int64_t)(random % (uint64_t)(pause / 2 + 1));
	if (retry_after_s < asked / 1000)
		asked = retry_after_s * 1000;
	return pause > asked ? pause : asked;
}
