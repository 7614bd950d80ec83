/* tocsin outbox, and tocsin incident update: what leaves, from scripts. */
#include "cli/cli.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "comms/compose.h"
#include "comms/kind.h"
#include "incident/clock.h"
#include "record/checkpoint.h"
#include "watch/mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	JSON_BYTES_MAX = 64 * 1024 * 1024,
	TEXT_BYTES_MAX = 64 * 1024,
};

struct call {
	const struct globals *globals;
	const struct verb *verb;
	const char **words;
	int word_count;
	const char *audience, *conditions, *actions, *needs, *subject, *text, *next, *by;
	bool approve, dry_run, as_json;
	struct config config;
	bool configured;
	struct channels channels;
	struct store *store;
	struct fold *fold;
	struct actor who;
	struct drafts drafts;
	struct buf out; /* printed once all is durable */
};

struct verb {
	const char *name;
	const char *args;
	int least, most; /* words it takes */
	bool reads;      /* writes nothing */
	enum status (*run)(struct call *call, struct error *err);
};

/* --- the record ------------------------------------------------------------------------------ */

/* A record can be worked with where its network is not configured; then there are no channels. */
static void read_config(struct call *call)
{
	struct error ignored = {0};
	char *path = call->globals->config ? NULL : path_config("tocsin.conf");
	bool there = call->globals->config || access(path, F_OK) == 0;
	free(path);
	call->configured = there && cli_config(call->globals, NULL, 0, &call->config, &ignored) == STATUS_OK;
	if (call->configured)
		channels_read(call->config.sections, call->config.section_count, &call->channels);
}

static enum status draft_verb(void *arg, struct error *err)
{
	struct call *call = arg;
	buf_clear(&call->out);
	return call->verb->run(call, err);
}

static enum status do_verb(struct call *call, struct error *err)
{
	read_config(call);
	buf_init(&call->out, JSON_BYTES_MAX);
	bool writes = !call->verb->reads && !call->dry_run;
	enum status status = cli_store(call->globals, call->configured ? &call->config : NULL, writes ? STORE_WRITE : STORE_READ, &call->store, err);
	if (status == STATUS_OK) {
		call->who = cli_actor(call->globals);
		status = cli_change(call->store, &call->fold, &call->drafts, draft_verb, call, err);
		if (status == STATUS_OK)
			fputs(buf_text(&call->out), stdout);
		store_close(call->store);
	}
	buf_free(&call->out);
	channels_free(&call->channels);
	if (call->configured)
		config_free(&call->config);
	return status;
}

static const char *network_of(const struct call *call)
{
	return call->configured && call->config.network ? call->config.network : "the network";
}

static void checkpoint_of(struct call *call, char dst[CHECKPOINT_TEXT])
{
	struct checkpoint checkpoint;
	*dst = '\0';
	if (checkpoint_take(call->store, &checkpoint, NULL) == STATUS_OK)
		checkpoint_text(dst, &checkpoint);
}

/* --- updates ------------------------------------------------------------------------------------ */

/* "-" is standard input, all else a file. */
static enum status read_text(const char *from, struct buf *out, struct error *err)
{
	char part[4096];
	size_t len;
	if (strcmp(from, "-") != 0)
		return file_read(from, TEXT_BYTES_MAX, out, err);
	while ((len = fread(part, 1, sizeof(part), stdin)) > 0)
		buf_add(out, part, len);
	return buf_check(out, "the text", err);
}

static void replace(char **slot, const char *given)
{
	if (given)
		mem_set(slot, given);
}

/* What the options say, over what the record says by itself. */
static enum status compose(struct call *call, const struct incident *incident, struct composition *c, struct error *err)
{
	struct clocks clocks;
	int64_t next_us;
	clocks_read(call->configured ? call->config.sections : NULL, call->configured ? call->config.section_count : 0, &clocks);
	int64_t interval_us = incident->severity == SEVERITY_UNSET ? 0 : clocks.update_us[incident->severity];
	enum status status = compose_begin(c, incident, call->audience ? call->audience : "technical", network_of(call), interval_us, call->who.now_us, err);
	if (status == STATUS_OK && call->next) {
		status = duration_parse(call->next, &next_us, err);
		if (status != STATUS_OK)
			return STATUS_USAGE;
		c->next_us = next_us ? call->who.now_us + next_us : 0;
	}
	if (status != STATUS_OK)
		return status;
	replace(&c->conditions, call->conditions);
	replace(&c->actions, call->actions);
	replace(&c->needs, call->needs);
	status = compose_text(c, incident, network_of(call), call->who.now_us, err);
	if (status == STATUS_OK && call->text) {
		struct buf text;
		buf_init(&text, TEXT_BYTES_MAX);
		status = read_text(call->text, &text, err);
		mem_set(&c->text, buf_text(&text));
		buf_free(&text);
	}
	replace(&c->subject, call->subject);
	return status;
}

/* Secrets of the configuration do not belong into what leaves, nor into the record. */
static void mask_update(const struct call *call, char **slot)
{
	struct mask *mask = mask_new();
	struct buf out;
	for (size_t i = 0; call->configured && i < call->config.node_count; i++)
		if (call->config.nodes[i].url)
			mask_add_url(mask, call->config.nodes[i].url);
	buf_init(&out, strlen(*slot) * 4 + 1);
	mask_text(mask, *slot, strlen(*slot), &out);
	mem_set(slot, buf_text(&out));
	buf_free(&out);
	mask_free(mask);
}

static struct update_text update_text_of(const struct composition *c)
{
	return (struct update_text){.audience = c->audience, .subject = c->subject, .text = c->text, .conditions = c->conditions, .actions = c->actions, .needs = c->needs, .next_us = c->next_us};
}

/* What would leave, channel by channel; the text alone when no channel takes it. */
static void preview(struct call *call, const struct incident *incident, const struct update_text *text, const char *checkpoint)
{
	size_t shown = 0;
	buf_printf(&call->out, "%s\n\n%s\n", text->subject, text->text);
	if (checkpoint[0])
		buf_printf(&call->out, "\nRecord checkpoint:\n%s", checkpoint);
	for (size_t i = 0; i < call->channels.count; i++) {
		const struct channel *channel = &call->channels.items[i];
		struct message_record message;
		if (!channel_takes(channel, text->audience))
			continue;
		message_preview(&message, channel, incident, text, checkpoint, call->who.now_us);
		const struct letter letter = letter_of(call->fold, incident, &message, network_of(call), store_origin(call->store));
		buf_printf(&call->out, "\n--- as it would leave by %s (%s) ---\n", channel->name, channel->kind->name);
		letter_preview(channel, &letter, &call->out);
		shown++;
	}
	if (shown == 0)
		buf_printf(&call->out, "\nNo channel of the configuration takes updates for %s: paste it where it is read.\n", text->audience);
}

static void say_queued(struct call *call, const struct way_out *ways, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_printf(&call->out, "%s%s", i ? ", " : "queued for ", ways[i].channel);
	if (count && fold_is_drill(call->fold))
		buf_puts(&call->out, " (a drill: nothing leaves)\n");
	else if (count)
		buf_puts(&call->out, "; it leaves while a console or tocsin watch has this record open\n");
	else
		buf_puts(&call->out, "approved; no channel takes it (tocsin incident update --dry-run shows what to paste)\n");
}

static enum status verb_update(struct call *call, struct error *err)
{
	const struct incident *incident = fold_incident(call->fold, call->words[0]);
	struct composition c = {0};
	char checkpoint[CHECKPOINT_TEXT];
	if (!incident)
		return error_set(err, STATUS_NOT_FOUND, "%s: no such incident in %s (tocsin incident list)", call->words[0], store_where(call->store));
	enum status status = compose(call, incident, &c, err);
	if (status == STATUS_OK) {
		struct way_out *ways = xcalloc(call->channels.count + 1, sizeof(*ways));
		char **fields[] = {&c.subject, &c.text, &c.conditions, &c.actions, &c.needs};
		for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
			mask_update(call, fields[i]);
		size_t count = channels_for(&call->channels, c.audience, ways);
		struct update_text text = update_text_of(&c);
		checkpoint_of(call, checkpoint);
		if (call->dry_run)
			preview(call, incident, &text, checkpoint);
		else
			status = act_update_send(call->fold, &call->who, incident->id, &text, call->approve, ways, count, checkpoint, &call->drafts, err);
		if (status == STATUS_OK && call->approve && !call->dry_run)
			say_queued(call, ways, count);
		else if (status == STATUS_OK && !call->dry_run)
			buf_printf(&call->out, "drafted update %zu of %s (tocsin outbox approve %s %zu)\n", incident->update_count + 1, incident->id, incident->id, incident->update_count + 1);
		free(ways);
	}
	composition_free(&c);
	return status;
}

static enum status verb_approve(struct call *call, struct error *err)
{
	const struct incident *incident = fold_incident(call->fold, call->words[0]);
	const struct update_record *update = incident ? incident_update(incident, call->word_count > 1 ? call->words[1] : "") : NULL;
	char checkpoint[CHECKPOINT_TEXT];
	if (!update)
		return error_set(err, STATUS_NOT_FOUND, "%s: no such draft of an update (tocsin outbox list)", call->words[0]);
	struct way_out *ways = xcalloc(call->channels.count + 1, sizeof(*ways));
	size_t count = channels_for(&call->channels, update->audience, ways);
	const struct update_text text = {.id = update->id, .audience = update->audience, .subject = update->subject, .text = update->text, .conditions = update->conditions, .actions = update->actions, .needs = update->needs, .next_us = update->next_us};
	checkpoint_of(call, checkpoint);
	enum status status = act_update_approve(call->fold, &call->who, incident->id, &text, ways, count, checkpoint, &call->drafts, err);
	if (status == STATUS_OK)
		say_queued(call, ways, count);
	free(ways);
	return status;
}

/* --- messages -------------------------------------------------------------------------------------- */

static void message_json(const struct incident *incident, const struct message_record *m, struct json_writer *w)
{
	char when[TIME_TEXT];
	json_begin_object(w, NULL);
	json_put_string(w, "id", m->id);
	json_put_string(w, "incident", incident->id);
	const struct update_record *update = m->update[0] ? incident_update(incident, m->update) : NULL;
	if (update)
		json_put_i64(w, "update", update->number);
	else
		json_put_null(w, "update");
	json_put_string(w, "channel", m->channel);
	json_put_string(w, "kind", m->kind);
	json_put_string(w, "action", m->action);
	json_put_string(w, "state", message_state_name(m->state));
	json_put_i64(w, "attempts", m->attempts);
	json_put_i64(w, "status", m->status);
	json_put_text(w, "why", m->why);
	json_put_string(w, "subject", m->subject);
	json_put_string(w, "queued", time_rfc3339(when, m->queued_us));
	json_put_string(w, "at", time_rfc3339(when, m->at_us));
	json_put_string(w, "retry", m->state == MESSAGE_WAITING ? time_rfc3339(when, m->retry_us) : NULL);
	json_put_text(w, "answered_by", m->answered_by);
	json_put_string(w, "checkpoint", m->checkpoint);
	json_end_object(w);
}

static void list_json(struct call *call)
{
	struct json_writer w;
	json_writer_init(&w, &call->out, true);
	json_begin_array(&w, NULL);
	for (size_t i = 0; i < fold_incident_count(call->fold); i++) {
		const struct incident *incident = fold_incident_at(call->fold, i);
		for (size_t k = 0; k < incident->message_count; k++)
			message_json(incident, &incident->messages[k], &w);
	}
	json_end_array(&w);
	buf_putc(&call->out, '\n');
}

static void list_incident(struct call *call, const struct incident *incident)
{
	for (size_t k = 0; k < incident->update_count; k++) {
		const struct update_record *u = &incident->updates[k];
		if (u->state == UPDATE_DRAFT)
			buf_printf(&call->out, "%-6s  %-9s  %-12s  %-7s  %s (tocsin outbox approve %s %u)\n", u->id, "draft", u->audience, incident->id, u->subject, incident->id, u->number);
	}
	for (size_t k = 0; k < incident->message_count; k++) {
		const struct message_record *m = &incident->messages[k];
		buf_printf(&call->out, "%-6s  %-9s  %-12s  %-7s  %s%s%s%s%s\n", m->id, message_state_name(m->state), m->channel, incident->id, m->subject, m->why[0] ? ": " : "", m->why, m->answered_by[0] ? "; acknowledged by " : "", m->answered_by);
	}
}

static enum status verb_list(struct call *call, struct error *err)
{
	(void)err;
	if (call->as_json) {
		list_json(call);
		return buf_check(&call->out, "the list", err);
	}
	for (size_t i = 0; i < fold_incident_count(call->fold); i++)
		list_incident(call, fold_incident_at(call->fold, i));
	if (call->out.len == 0)
		buf_puts(&call->out, "the outbox is empty\n");
	return STATUS_OK;
}

static enum status verb_show(struct call *call, struct error *err)
{
	const struct incident *incident;
	const struct message_record *m = fold_message(call->fold, call->words[0], &incident);
	if (!m)
		return error_set(err, STATUS_NOT_FOUND, "message %s: there is none, or more than one (tocsin outbox list)", call->words[0]);
	const struct channel *channel = channels_find(&call->channels, m->channel);
	buf_printf(&call->out, "%s by %s (%s), %s%s%s, %u attempts\n\n", m->id, m->channel, m->kind, message_state_name(m->state), m->why[0] ? ": " : "", m->why, m->attempts);
	if (channel) {
		const struct letter letter = letter_of(call->fold, incident, m, network_of(call), store_origin(call->store));
		letter_preview(channel, &letter, &call->out);
	} else {
		buf_printf(&call->out, "%s\n\n%s\n\n%s", m->subject, m->text, m->checkpoint);
	}
	return STATUS_OK;
}

static enum status verb_resend(struct call *call, struct error *err)
{
	return act_message_resend(call->fold, &call->who, call->words[0], &call->drafts, err);
}

static enum status verb_arrived(struct call *call, struct error *err)
{
	return act_message_arrived(call->fold, &call->who, call->words[0], call->word_count > 1 ? call->words[1] : NULL, &call->drafts, err);
}

static enum status verb_withdraw(struct call *call, struct error *err)
{
	return act_message_withdraw(call->fold, &call->who, call->words[0], call->word_count > 1 ? call->words[1] : NULL, &call->drafts, err);
}

static enum status verb_answered(struct call *call, struct error *err)
{
	return act_message_answered(call->fold, &call->who, call->words[0], call->by, &call->drafts, err);
}

/* --- the commands ------------------------------------------------------------------------------------ */

static const struct verb verbs[] = {
	{"list", "[--json]", 0, 0, true, verb_list},
	{"show", "MESSAGE", 1, 1, true, verb_show},
	{"approve", "INC [UPDATE]", 1, 2, false, verb_approve},
	{"resend", "MESSAGE", 1, 1, false, verb_resend},
	{"arrived", "MESSAGE [ID]", 1, 2, false, verb_arrived},
	{"withdraw", "MESSAGE [REASON]", 1, 2, false, verb_withdraw},
	{"answered", "MESSAGE [--by NAME]", 1, 1, false, verb_answered},
};

static int finish(const struct cli_command *command, const struct verb *verb, struct call *call)
{
	struct error err = {0};
	if (call->word_count < verb->least || call->word_count > verb->most)
		return cli_usage(command, "%s %s takes: %s", command->name, verb->name, verb->args);
	if (call->globals->read_only && !verb->reads && !call->dry_run)
		return cli_usage(command, "--read-only: %s %s writes the record", command->name, verb->name);
	call->verb = verb;
	enum status status = do_verb(call, &err);
	if (status == STATUS_OK)
		return EXIT_OK;
	return cli_failed(status, &err);
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct call call = {.globals = globals};
	const struct cli_option options[] = {{.name = "by", .value = &call.by}, {.name = "json", .flag = &call.as_json}, {.name = NULL}};
	argc = cli_options(&cli_outbox, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (argc < 2)
		return cli_usage(&cli_outbox, "say what to do with the outbox");
	call.words = (const char **)argv + 2;
	call.word_count = argc - 2;
	for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++)
		if (strcmp(verbs[i].name, argv[1]) == 0)
			return finish(&cli_outbox, &verbs[i], &call);
	return cli_usage(&cli_outbox, "%s: no such outbox command", argv[1]);
}

int cli_incident_update(const struct globals *globals, int argc, char **argv)
{
	static const struct verb update = {"update", "INC [--audience A] [--conditions TEXT] [--actions TEXT] [--needs TEXT] [--next 20m] [--subject TEXT] [--text FILE] [--approve] [--dry-run]", 1, 1, false, verb_update};
	struct call call = {.globals = globals};
	const struct cli_option options[] = {
		{.name = "audience", .value = &call.audience},
		{.name = "conditions", .value = &call.conditions},
		{.name = "actions", .value = &call.actions},
		{.name = "needs", .value = &call.needs},
		{.name = "next", .value = &call.next},
		{.name = "subject", .value = &call.subject},
		{.name = "text", .value = &call.text},
		{.name = "approve", .flag = &call.approve},
		{.name = "dry-run", .flag = &call.dry_run},
		{.name = NULL},
	};
	argc = cli_options(&cli_incident, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	call.words = (const char **)argv + 1;
	call.word_count = argc - 1;
	return finish(&cli_incident, &update, &call);
}

const struct cli_command cli_outbox = {
	.name = "outbox",
	.args = "list|show|approve|resend|arrived|withdraw|answered …",
	.help = "what leaves: updates, pages, and what became of them",
	.manual = "list [--json]              drafts, and every message with its state\n"
		  "show MESSAGE               what leaves, to be pasted when no way is open\n"
		  "approve INC [UPDATE]       approves a draft: it is queued for its channels\n"
		  "resend MESSAGE             sends again what failed, or whose answer was lost\n"
		  "arrived MESSAGE [ID]       it did arrive; ID is what a status page calls it\n"
		  "withdraw MESSAGE [REASON]  gives it up\n"
		  "answered MESSAGE [--by NAME]  somebody acknowledged it\n\n"
		  "tocsin incident update INC drafts an update. What is queued leaves while a console or\n"
		  "tocsin watch has the record open.\n",
	.run = run,
};
