#include "watch/verify.h"

void verify_begin(struct verify *verify, int64_t now_us, int64_t for_us, int64_t every_us)
{
	*verify = (struct verify){.started_us = now_us, .next_us = now_us, .every_us = every_us > 0 ? every_us : VERIFY_EVERY_US};
	verify->until_us = now_us + (for_us > 0 ? for_us : VERIFY_FOR_US);
}

enum verify_next verify_next(const struct verify *verify, int64_t now_us)
{
	if (verify->next_us == INT64_MAX)
		return VERIFY_GIVE_UP;
	return now_us >= verify->next_us ? VERIFY_LOOK : VERIFY_WAIT;
}

void verify_looked(struct verify *verify, int64_t now_us)
{
	verify->looks++;
	if (now_us >= verify->until_us)
		verify->next_us = INT64_MAX;
	else
		verify->next_us = now_us + verify->every_us < verify->until_us ? now_us + verify->every_us : verify->until_us;
}

void verify_shift(struct verify *verify, int64_t step_us)
{
	verify->started_us += step_us;
	verify->until_us += step_us;
	if (verify->next_us != INT64_MAX)
		verify->next_us += step_us;
}
