/* "Did you mean …?": the nearest word of a list to a misspelt one. */
#ifndef TOCSIN_BASE_NEAREST_H
#define TOCSIN_BASE_NEAREST_H

#include <stddef.h>

/* Edits (insert, delete, replace, swap neighbours) between two short words, without
 * regard to ASCII case. Words beyond 63 bytes are compared by their beginnings. */
unsigned nearest_distance(const char *a, const char *b);

/* Remembers the best candidate while a list is walked. */
struct nearest {
	const char *word;
	const char *best; /* NULL until something is close enough to be worth saying */
	unsigned distance;
};
struct nearest nearest_begin(const char *word);
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
