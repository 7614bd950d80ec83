#include "collect/rounds.h"

#include "base/text.h"

#include <string.h>

void rounds_init(struct rounds *rounds)
{
	*rounds = (struct rounds){.round = -1, .expires_s = -1, .quorum = -1};
}

/* Digits at `text`, or -1. */
static int64_t number_at(const char *text)
{
	char digits[20];
	size_t len = strspn(text, "0123456789");
	uint64_t number;

	if (len == 0 || len >= sizeof(digits))
		return -1;
	memcpy(digits, text, len);
	digits[len] = '\0';
	return decimal_u64(digits, &number) && number < INT64_MAX ? (int64_t)number : -1;
}

/* The number after a phrase, or -1. */
static int64_t number_after(const char *line, const char *phrase)
{
	const char *found = strstr(line, phrase);

	return found ? number_at(found + strlen(phrase)) : -1;
}

/* "Address: 0x… Round: 2 (Local node)" */
static bool take_heard(struct rounds *rounds, const char *line)
{
	static const char phrase[] = "Address: ";
	const char *at = strstr(line, phrase);
	struct round_change change = {.round = number_after(line, "Round: "), .local = strstr(line, "(Local node)") != NULL};
	char text[ADDRESS_TEXT];

	if (!at || change.round < 0)
		return false;
	text_format(text, sizeof(text), "%.42s", at + sizeof(phrase) - 1);
	if (!address_parse(text, &change.address))
		return false;
	for (size_t i = 0; i < rounds->count; i++) {
		if (address_equal(&rounds->heard[i].address, &change.address)) {
			rounds->heard[i] = change;
			return true;
		}
	}
	if (rounds->count < ROUNDS_MAX)
		rounds->heard[rounds->count++] = change;
	return true;
}

bool rounds_take(struct rounds *rounds, const char *line)
{
	int64_t number;

	number = number_after(line, "Moved to round ");
	if (number >= 0) {
		rounds->round = number;
		rounds->expires_s = number_after(line, "which will expire in ");
		return true;
	}
	if (strstr(line, "BFT round summary (quorum = ")) {
		rounds->quorum = number_after(line, "BFT round summary (quorum = ");
		rounds->count = 0;
		return true;
	}
	if (strstr(line, "BFT Mining thread has suffered a fatal error")) {
		rounds->dead = true;
		return true;
	}
	if (strstr(line, "Imported ") || strstr(line, "Produced ")) {
		/* A block: what was said of rounds before it is over. */
		bool block = strstr(line, " / ") && strchr(line, '#');
		if (block)
			rounds_init(rounds);
		return block;
	}
	return take_heard(rounds, line);
}
