/* Templates of updates: one file per audience, in it a part per stage. Shipped in updates/,
 * overridden by a file of the same name in the configuration directory. */
#ifndef TOCSIN_COMMS_TEMPLATE_H
#define TOCSIN_COMMS_TEMPLATE_H

#include "base/buf.h"
#include "incident/fold.h"

/* A file looks like this:
 *
 *   What stands before the first heading is a remark.
 *
 *   # triage respond
 *   Subject: [{{severity}}] {{incident}} {{title}}
 *
 *   Conditions: {{conditions}}
 *
 *   # any
 *   …
 *
 * The part that names the incident's stage is taken, else "any". A line with placeholders
 * that are all empty is left out. */

struct template_value {
	const char *name; /* "conditions" */
	const char *text; /* NULL: empty */
};

struct template
{
	char *audience;
	char *where; /* the file, for messages */
	char *text;
};

/* Reads the template of an audience. `directory` is searched before the shipped ones; NULL:
 * updates/ of the configuration directory. STATUS_NOT_FOUND names those that exist. */
enum status template_load(struct template *out, const char *audience, const char *directory, struct error *err) TOCSIN_CHECK;
void template_free(struct template *template);

/* Writes subject and text of the part for that stage. Values are made to fit one place: line
 * ends become blanks, but for a placeholder that has a line for itself. STATUS_INVALID: a
 * placeholder is not known, or no part fits; err names file and line. */
enum status template_write(const struct template *template, const char *stage, const struct template_value *values, size_t count, struct buf *subject, struct buf *text, struct error *err) TOCSIN_CHECK;

/* The audiences that have a template, in order, each once. */
struct template_list {
	char **names;
	size_t count;
};
void template_list(struct template_list *out, const char *directory);
void template_list_free(struct template_list *list);

#endif
