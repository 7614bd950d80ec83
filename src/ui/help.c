/* The help overlay and the list of messages, both made from what is there. */
#include "base/text.h"
#include "ui/state.h"

#include <string.h>

static const char *const severity_words[] = {
	[MESSAGE_INFO] = "INFO",
	[MESSAGE_WARNING] = "WARN",
	[MESSAGE_ERROR] = "ERROR",
	[MESSAGE_ALARM] = "ALARM",
};

static const enum role severity_roles[] = {
	[MESSAGE_INFO] = ROLE_INFO,
	[MESSAGE_WARNING] = ROLE_WARN,
	[MESSAGE_ERROR] = ROLE_CRIT,
	[MESSAGE_ALARM] = ROLE_CRIT,
};

static const char *const access_words[] = {
	[ACCESS_OBSERVE] = "looks only, works in every mode",
	[ACCESS_ANNOTATE] = "writes the record, not in OBSERVER mode",
	[ACCESS_ACT] = "may run a command, not in OBSERVER mode",
};

/* "1 2 3 4 5 6 7 8 9" is shown as "1-9". */
static void show_keys(char *dst, size_t size, const char *keys, bool key_is_args)
{
	size_t len = strlen(keys);
	if (key_is_args && len > 2)
		text_format(dst, size, "%c-%c", keys[0], keys[len - 1]);
	else
		text_format(dst, size, "%s", keys);
}

static void add_request(struct ui *ui, const struct request *request)
{
	char keys[48], text[600];
	const char *refusal = request_refusal(ui, request);
	show_keys(keys, sizeof(keys), ui_keys(ui, request), request->key_is_args);
	text_format(text, sizeof(text), "%s  :%s%s%s%s%s%s", request->help, request->name, *request->args ? " " : "", request->args,
		    refusal ? "  (not now: " : "", refusal ? refusal : "", refusal ? ")" : "");
	ui_pager_line(ui, refusal ? ROLE_DIM : ROLE_BASE, 0, keys, text);
}

static bool add_scope(struct ui *ui, enum scope scope)
{
	const struct request *request;
	bool any = false;
	for (size_t i = 0; (request = request_at(i)); i++) {
		if (request->scope != scope)
			continue;
		if (!any)
			ui_pager_line(ui, ROLE_TITLE, ATTR_BOLD, NULL, scope_title(scope));
		any = true;
		add_request(ui, request);
	}
	if (any)
		ui_pager_line(ui, ROLE_BASE, 0, NULL, "");
	return any;
}

void help_open(struct ui *ui)
{
	char title[80];
	enum scope here = ui_screen_entry(ui)->scope;
	text_format(title, sizeof(title), "Help: %s", ui_screen_entry(ui)->title);
	ui_pager_open(ui, title);
	if (here != SCOPE_GLOBAL)
		add_scope(ui, here);
	add_scope(ui, SCOPE_GLOBAL);
	ui_pager_line(ui, ROLE_TITLE, ATTR_BOLD, NULL, "While typing a line");
	for (const struct prompt_binding *binding = prompt_bindings(); binding->keys; binding++)
		ui_pager_line(ui, ROLE_BASE, 0, binding->keys, binding->help);
}

enum status help_request(struct ui *ui, const char *name, struct error *err)
{
	const struct request *request = request_by_name(name);
	char line[600];
	if (!request)
		return request_unknown(name, err);
	text_format(line, sizeof(line), ":%s %s", request->name, request->args);
	ui_pager_open(ui, line);
	ui_pager_line(ui, ROLE_BASE, 0, "what", request->help);
	ui_pager_line(ui, ROLE_BASE, 0, "keys", *ui_keys(ui, request) ? ui_keys(ui, request) : "none");
	ui_pager_line(ui, ROLE_BASE, 0, "where", scope_title(request->scope));
	ui_pager_line(ui, ROLE_BASE, 0, "mode", access_words[request->access]);
	const char *refusal = request_refusal(ui, request);
	if (refusal)
		ui_pager_line(ui, ROLE_WARN, 0, "not now", refusal);
	return STATUS_OK;
}

void messages_open(struct ui *ui)
{
	ui_pager_open(ui, "Messages");
	size_t first = ui->message_count < MESSAGES_KEPT ? 0 : ui->message_next;
	for (size_t i = 0; i < ui->message_count; i++) {
		const struct message *message = &ui->messages[(first + i) % MESSAGES_KEPT];
		char time[TIME_TEXT], text[sizeof(message->text) + 16];
		time_human(time, message->at_us, ui_zone_minutes(ui, message->at_us));
		text_format(text, sizeof(text), "%-5s %s", severity_words[message->severity], message->text);
		ui_pager_line(ui, severity_roles[message->severity], 0, time, text);
	}
	if (ui->message_count == 0)
		ui_pager_line(ui, ROLE_DIM, 0, NULL, "no messages since the start");
	ui_pager_end(ui);
}
