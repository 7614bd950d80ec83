#include "ui/request.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "base/text.h"
#include "ui/keys.h"
#include "ui/ui.h"

#include <stdio.h>
#include <string.h>

static const struct request *const tables[] = {requests_builtin, requests_actions};

static const char *const scope_titles[SCOPE_COUNT] = {
	[SCOPE_GLOBAL] = "Everywhere",
	[SCOPE_BOARD] = "Board",
	[SCOPE_INCIDENT] = "Incident",
	[SCOPE_TIMELINE] = "Timeline",
	[SCOPE_REVIEW] = "Review",
	[SCOPE_UPDATES] = "Updates",
	[SCOPE_ROOM] = "Roles and clocks",
};

static const char reserved_keys[] = "? F1 : / n N Esc Enter Tab S-Tab 1 2 3 4 5 6 7 8 9 h j k l Left Down Up Right g G Home End "
				    "C-d C-u PageUp PageDown r C-l C-c Z p q y z";

const char *scope_title(enum scope scope)
{
	return scope_titles[scope];
}

const struct request *request_at(size_t i)
{
	for (size_t t = 0; t < ARRAY_LENGTH(tables); t++) {
		for (const struct request *request = tables[t]; request->name; request++) {
			if (i-- == 0)
				return request;
		}
	}
	return NULL;
}

bool request_key_is_reserved(const char *key)
{
	return key_in(reserved_keys, key);
}

const struct request *request_by_name(const char *name)
{
	const struct request *found = NULL, *request;
	size_t matches = 0, len = strlen(name);
	for (size_t i = 0; (request = request_at(i)); i++) {
		if (strcmp(request->name, name) == 0)
			return request;
		if (len > 0 && strncmp(request->name, name, len) == 0) {
			found = request;
			matches++;
		}
	}
	return matches == 1 ? found : NULL;
}

/* --- names that fit nothing ---------------------------------------------------- */

/* The names that begin so, as a list for people. Returns how many. */
static size_t list_fitting(const char *start, char *dst, size_t size)
{
	const struct request *request;
	size_t count = 0, used = 0;
	for (size_t i = 0; (request = request_at(i)); i++) {
		if (strncmp(request->name, start, strlen(start)) != 0)
			continue;
		if (used < size)
			used += (size_t)snprintf(dst + used, size - used, "%s%s", count ? ", " : "", request->name);
		count++;
	}
	return count;
}

enum status request_unknown(const char *name, struct error *err)
{
	const struct request *request;
	char fitting[200] = "";
	struct nearest nearest = nearest_begin(name);
	if (list_fitting(name, fitting, sizeof(fitting)) > 1)
		return error_set(err, STATUS_USAGE, "\"%s\" could be several commands: %s (write more of it)", name, fitting);
	for (size_t i = 0; (request = request_at(i)); i++)
		nearest_offer(&nearest, request->name);
	if (nearest.best)
		return error_set(err, STATUS_NOT_FOUND, "no command \"%s\" (did you mean \"%s\"?)", name, nearest.best);
	return error_set(err, STATUS_NOT_FOUND, "no command \"%s\" (:help lists them)", name);
}

/* --- running ---------------------------------------------------------------- */

bool request_needs_args(const struct request *request)
{
	return request->args[0] != '\0' && request->args[0] != '[';
}

const char *request_refusal(const struct ui *ui, const struct request *request)
{
	if (request->access != ACCESS_OBSERVE && watch_mode(ui_watch(ui)) == MODE_OBSERVER)
		return "this console only observes (start it without --read-only)";
	return request->unavailable ? request->unavailable(ui) : NULL;
}

enum status request_run(struct ui *ui, const struct request *request, const char *args, struct error *err)
{
	const char *refusal = request_refusal(ui, request);
	if (refusal)
		return error_set(err, STATUS_REFUSED, "%s: %s", request->name, refusal);
	if (*args == '\0' && request_needs_args(request))
		return error_set(err, STATUS_USAGE, "%s: something is missing (write :%s %s)", request->name, request->name, request->args);
	if (*args != '\0' && request->args[0] == '\0')
		return error_set(err, STATUS_USAGE, "%s: takes nothing after it (write :%s)", request->name, request->name);
	return request->run(ui, args, err);
}

/* --- the manual --------------------------------------------------------------- */

/* Text for roff: no line begins a request, and a hyphen is a hyphen. */
static void put_roff(struct buf *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		buf_puts(out, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			buf_puts(out, "\\e");
		else if (*text == '-')
			buf_puts(out, "\\-");
		else
			buf_putc(out, *text);
	}
}

static void put_entry(struct buf *out, const struct request *request)
{
	buf_puts(out, ".TP\n.B ");
	put_roff(out, *request->keys ? request->keys : ":");
	buf_puts(out, *request->keys ? "  :" : "");
	put_roff(out, request->name);
	if (*request->args) {
		buf_putc(out, ' ');
		put_roff(out, request->args);
	}
	buf_putc(out, '\n');
	put_roff(out, request->help);
	buf_putc(out, '\n');
}

void requests_manual(struct buf *out)
{
	const struct request *request;
	for (int scope = 0; scope < SCOPE_COUNT; scope++) {
		bool any = false;
		for (size_t i = 0; (request = request_at(i)); i++) {
			if ((int)request->scope != scope)
				continue;
			if (!any)
				buf_printf(out, ".SS %s\n", scope_titles[scope]);
			any = true;
			put_entry(out, request);
		}
	}
}
