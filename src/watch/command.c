#include "watch/command.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TIMEOUT_MS = 5 * 60 * 1000,
	WORD_MAX = 40, /* a longer name is not typed without mistakes */
};

#define VARIABLE_PREFIX "TOCSIN_"

static char *masked(const struct mask *mask, const char *text)
{
	size_t len = strlen(text);
	struct buf out;

	/* Some secrets are shorter than their mask. */
	buf_init(&out, len * 4 + 1);
	mask_text(mask, text, len, &out);
	return buf_take(&out);
}

/* The name of "TOCSIN_validator_pod=…", as bindings know it. */
static char *name_of(char dst[64], const char *assignment)
{
	const char *name = assignment + strlen(VARIABLE_PREFIX);

	return text_format(dst, 64, "%.*s", (int)strcspn(name, "="), name);
}

/* --- where ------------------------------------------------------------------------- */

/* "DIR/cwd", or cwd alone when it begins at the root. */
static void join(char *dst, size_t size, const char *directory, const char *cwd)
{
	if (cwd[0] == '/')
		text_format(dst, size, "%s", cwd);
	else
		text_format(dst, size, "%s/%s", directory, cwd);
}

/* A directory that is named is relative to the runbook; without one it is ours. */
static enum status look_directory(const struct runbook *book, const struct command *command, struct command_view *view, struct error *err)
{
	char here[sizeof(view->directory)], base[sizeof(view->directory)];
	struct stat st;
	const char *slash = book->path ? strrchr(book->path, '/') : NULL;

	if (!getcwd(here, sizeof(here)))
		text_format(here, sizeof(here), "/");
	if (!command->cwd && !book->cwd) {
		text_format(view->directory, sizeof(view->directory), "%s", here);
		return STATUS_OK;
	}
	if (slash) {
		char place[sizeof(base)];
		text_format(place, sizeof(place), "%.*s", (int)(slash - book->path), book->path);
		join(base, sizeof(base), here, place[0] ? place : "/");
	} else {
		text_format(base, sizeof(base), "%s", here);
	}
	join(view->directory, sizeof(view->directory), base, book->cwd ? book->cwd : ".");
	if (command->cwd) {
		text_format(base, sizeof(base), "%s", view->directory);
		join(view->directory, sizeof(view->directory), base, command->cwd);
	}
	if (stat(view->directory, &st) != 0 || !S_ISDIR(st.st_mode))
		return error_set(err, STATUS_REFUSED, "%s: the command wants to run there, and it is no directory (create it, or correct cwd in the runbook)", view->directory);
	return STATUS_OK;
}

static void look_cluster(const struct config *config, struct command_view *view)
{
	const char *context = config_context(config);
	char *text = view->context;
	size_t size = sizeof(view->context);

	view->pinned = context && !config->demo;
	if (config->demo)
		text_format(text, size, "the simulated network; kubectl and cast are stand-ins, nothing reaches a real one");
	else if (context)
		text_format(text, size, "context %s, namespace %s; no other context is within reach", context, config_namespace(config));
	else if (strstr(view->bound.script, "--context"))
		text_format(text, size, "the Kubernetes context that the command names, namespace as it says");
	else
		text_format(text, size, "kubectl's current context, namespace as the command says ([kubernetes] context pins one)");
}

/* --- how ------------------------------------------------------------------------------ */

static bool look_interpreter(const struct runbook *book, const struct command *command, struct command_view *view)
{
	static const struct {
		const char *name, *path;
	} shells[] = {{"sh", "/bin/sh"}, {"bash", "bash"}, {"dash", "dash"}, {"ksh", "ksh"}, {"zsh", "zsh"}};
	const char *asked = command->interpreter ? command->interpreter : book->interpreter ? book->interpreter
											    : "sh";

	for (size_t i = 0; i < ARRAY_LENGTH(shells); i++) {
		const char *slash = strrchr(asked, '/');
		if (strcmp(shells[i].name, slash ? slash + 1 : asked) != 0)
			continue;
		text_format(view->interpreter, sizeof(view->interpreter), "%s", shells[i].path);
		return true;
	}
	text_format(view->refused, sizeof(view->refused), "it wants %.60s, which is not a shell that Tocsin starts (run it yourself and tick the step)", asked);
	return false;
}

/* "tty=true" among the words of the info string. */
static bool wants_pty(const struct command *command)
{
	return command->info && strstr(command->info, "tty=true");
}

/* --- what is confirmed ------------------------------------------------------------------ */

static void add_part(struct sha256_stream *stream, const char *text)
{
	sha256_stream_add(stream, text, strlen(text) + 1);
}

/* A secret takes part by its name: its hash would be something to guess against. */
static void take_fingerprint(const struct command_place *place, struct command_view *view)
{
	struct sha256_stream *stream = sha256_stream_new();

	add_part(stream, view->bound.script);
	for (size_t i = 0; i < view->bound.environment_count; i++) {
		char name[64];
		const struct binding *binding = bindings_get(place->values, name_of(name, view->bound.environment[i]));
		add_part(stream, binding && binding->secret ? name : view->bound.environment[i]);
	}
	add_part(stream, view->directory);
	add_part(stream, view->context);
	add_part(stream, view->interpreter);
	struct hash256 hash = sha256_stream_end(stream);
	sha256_text(view->fingerprint, &hash);
}

/* So much of an address tells it from another, and can be typed. */
enum { ADDRESS_END = 6 };

/* What has to be typed before something changes: the first value that is no URL (that
 * could hold a secret) and short enough to be typed; of an address, its end. */
static void take_word(const struct command_place *place, struct command_view *view)
{
	text_format(view->word, sizeof(view->word), "run");
	for (size_t i = 0; i < view->bound.environment_count; i++) {
		char name[64];
		const struct binding *binding = bindings_get(place->values, name_of(name, view->bound.environment[i]));
		const char *value = strchr(view->bound.environment[i], '=') + 1;
		struct address address;
		if (binding && !binding->secret && address_parse(value, &address)) {
			text_format(view->word, sizeof(view->word), "%s", value + strlen(value) - ADDRESS_END);
			return;
		}
		if (binding && !binding->secret && *value && strlen(value) <= WORD_MAX && !strpbrk(value, " \t\n:/@")) {
			text_format(view->word, sizeof(view->word), "%s", value);
			return;
		}
	}
}

/* Why it cannot run now, the most lasting reason first. */
static void judge(const struct command_place *place, const struct runbook *book, const struct command *command, struct command_view *view)
{
	char *refused = view->refused;
	size_t size = sizeof(view->refused);

	if (command->doubt)
		text_format(refused, size, "it never runs: %s (run it yourself and tick the step)", command->doubt);
	else if (!command->shell)
		text_format(refused, size, "this is %s, not a shell command: it is shown, never run", command->language[0] ? command->language : "text");
	else if (!look_interpreter(book, command, view))
		return;
	else if (view->bound.open_count)
		text_format(refused, size, "%s has no value yet (:set %s VALUE)", view->bound.open[0].written, view->bound.open[0].name);
	else
		(void)permit_mode(place->mode, view->danger, refused, size);
}

enum status command_look(const struct command_place *place, const struct runbook *book, const struct command *command, struct command_view *out, struct error *err)
{
	*out = (struct command_view){0};
	enum status status = bind_command(command->text, place->values, &out->bound, err);
	if (status != STATUS_OK)
		return status;
	status = look_directory(book, command, out, err);
	if (status != STATUS_OK) {
		command_view_free(out);
		return status;
	}
	out->danger = danger_classify(out->bound.script);
	if (command->floor > out->danger)
		out->danger = command->floor;
	out->needs = permit_needs(out->danger);
	out->script = masked(place->mask, out->bound.script);
	out->resolved = masked(place->mask, out->bound.resolved);
	out->stage = command->interactive ? CHILD_TERMINAL : wants_pty(command) ? CHILD_PTY
										: CHILD_PIPES;
	out->timeout_ms = command->timeout_s > 0 ? (int64_t)command->timeout_s * 1000 : command->interactive || command->background ? 0
																    : TIMEOUT_MS;
	look_cluster(place->config, out);
	judge(place, book, command, out);
	take_fingerprint(place, out);
	take_word(place, out);
	return STATUS_OK;
}

void command_view_free(struct command_view *view)
{
	bound_free(&view->bound);
	free(view->script);
	free(view->resolved);
	*view = (struct command_view){0};
}

/* --- in words ------------------------------------------------------------------------------ */

/* Every line of a text as code, so that nothing of it is folded or hidden. */
static void put_code(struct buf *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		buf_printf(out, "$ %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void put_values(const struct command_view *view, const struct command_place *place, struct buf *out)
{
	for (size_t i = 0; i < view->bound.environment_count; i++) {
		char name[64];
		const struct binding *binding = bindings_get(place->values, name_of(name, view->bound.environment[i]));
		if (binding && binding->secret) {
			buf_printf(out, "  " VARIABLE_PREFIX "%s=‹secret›  from %s\n", name, binding->from);
			continue;
		}
		char *shown = masked(place->mask, view->bound.environment[i]);
		buf_printf(out, "  %s  from %s\n", shown, binding ? binding->from : "?");
		free(shown);
	}
}

void command_describe(const struct command_view *view, const struct command_place *place, struct buf *out)
{
	buf_puts(out, "The shell gets exactly this:\n");
	put_code(out, view->script);
	if (view->bound.environment_count > 0) {
		buf_puts(out, "\nwith these values in its environment:\n");
		put_values(view, place, out);
		buf_puts(out, "\nwhich reads:\n");
		put_code(out, view->resolved);
	}
	buf_printf(out, "\nDirectory: %s\nCluster: %s\nDanger: %s, %s\n", view->directory, view->context, danger_name(view->danger), danger_meaning(view->danger));
	if (view->stage == CHILD_TERMINAL)
		buf_puts(out, "Terminal: it takes this terminal until it ends; what it says there is not kept\n");
	if (strcmp(view->interpreter, "/bin/sh") != 0)
		buf_printf(out, "Shell: %s\n", view->interpreter);
	buf_printf(out, "Fingerprint: %.16s\n", view->fingerprint);
}
