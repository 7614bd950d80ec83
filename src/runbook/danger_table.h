/* What programs do, as tables: the shipped one, and the one that a person may add to it. */
#ifndef TOCSIN_RUNBOOK_DANGER_TABLE_H
#define TOCSIN_RUNBOOK_DANGER_TABLE_H

#include "runbook/danger.h"

/* One row. "a|b" names alternatives, "a*" what begins so, and "-[ab]" a group of short
 * options with one of these letters in it. Words of a row that warns may stand anywhere
 * behind the program; those of a row that reads must be its first and second operand, or a
 * pod named "get" would excuse any verb. */
struct danger_rule {
	const char *program;
	const char *words[2]; /* NULL: any */
	enum danger danger;
};

/* The shipped rows: the first that fits decides. Both end with program NULL. */
extern const struct danger_rule danger_rules[];
/* The rows of the person's own table; a pointer that is valid until the next danger_load. */
const struct danger_rule *danger_own_rules(void);

/* Programs that only look, whatever their words; ends with NULL. */
extern const char *const danger_readers[];
/* Options of a program that take the next word, as alternatives; NULL when unknown. */
const char *danger_valued_options(const char *program);
/* The class of a JSON-RPC method; mutate when it is not known. */
enum danger danger_of_method(const char *method);

#endif
