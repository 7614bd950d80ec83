#include "config.h"

#include "base/nearest.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

enum { WORD_MAX = 63 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static int fold_case(const char *text, size_t i)
{
	return tolower((unsigned char)text[i]);
}

unsigned nearest_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1];
	size_t a_len = strnlen(a, WORD_MAX), b_len = strnlen(b, WORD_MAX);
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned differs = fold_case(a, i - 1) != fold_case(b, j - 1);
			now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + differs);
			if (i > 1 && j > 1 && fold_case(a, i - 1) == fold_case(b, j - 2) && fold_case(a, i - 2) == fold_case(b, j - 1))
				now[j] = least(now[j], before[j - 2] + 1);
		}
		unsigned *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[b_len];
}

struct nearest nearest_begin(const char *word)
{
	/* Half of a word may be wrong, and never more than three letters: beyond that a
	 * suggestion confuses more than it helps. */
	unsigned most = (unsigned)strnlen(word, WORD_MAX) / 2;

	return (struct nearest){.word = word, .distance = (most > 3 ? 3 : most) + 1};
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
	unsigned distance = nearest_distance(nearest->word, candidate);

	if (distance < nearest->distance) {
		nearest->distance = distance;
		nearest->best = candidate;
	}
}
