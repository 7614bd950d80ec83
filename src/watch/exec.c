#include "watch/exec.h"

#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "watch/environment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	LINE_BYTES_MAX = 16 * 1024, /* a longer line is taken in pieces */
	KEEP_BYTES = 512 * 1024,    /* of each stream in memory, half of it its end */
	ERRORS_PART = 8,            /* of what is kept as evidence, an eighth is for standard error */
	PREPARE_MS = 15 * 1000,     /* for kubectl to tell its configuration */
	GROWTH = 8,                 /* a tab becomes up to eight blanks */
	SKIM_MS = 50,               /* how often the newest lines of a flood are worth a look */
};

/* What a stream said so far, in a file that has no name any more. */
struct spool {
	int fd;           /* -1: none, or it could not be written any more */
	uint64_t written; /* clean bytes in it */
	uint64_t raw;     /* bytes of the stream that they stand for */
	uint64_t limit;
};

struct stream_state {
	struct buf begun;  /* a line without its end yet */
	bool in_key;       /* inside a private key of several lines */
	struct buf newest; /* of a flood: its last whole lines, not yet handed on */
	struct spool spool;
};

struct exec {
	struct loop *loop;
	struct exec_events events;
	void *arg;
	const struct mask *mask;
	char *script, *directory, *interpreter;
	enum child_stage stage;
	int64_t timeout_ms;
	char **environment;
	size_t environment_count, environment_capacity;
	bool pinned;
	char *context, *namespace;
	char *place;         /* private directory, NULL: none */
	struct child *child; /* the command, or what prepares for it */
	bool preparing, cancelled;
	struct stream_state streams[2];
	int64_t skimmed_us;      /* when the newest lines of a flood were handed on, monotonic */
	struct loop_timer *soon; /* to tell `done` after exec_start has returned */
	char why[320];
};

/* --- environment ------------------------------------------------------------------- */

static void add_variable(struct exec *exec, char *assignment)
{
	exec->environment = mem_grow(exec->environment, &exec->environment_capacity, exec->environment_count + 1, sizeof(*exec->environment));
	exec->environment[exec->environment_count++] = assignment;
	exec->environment[exec->environment_count] = NULL;
}

static bool names_variable(const char *assignment, const char *name)
{
	size_t len = strlen(name);

	return strncmp(assignment, name, len) == 0 && assignment[len] == '=';
}

/* What tools need, and the values. */
static void fill_environment(struct exec *exec, const struct exec_spec *spec)
{
	const char *terminal = spec->view->stage == CHILD_TERMINAL ? getenv("TERM") : NULL;
	const struct bound *bound = &spec->view->bound;
	char **ours = environment_make(spec->tool_environment, terminal, spec->config->demo);

	for (size_t i = 0; ours[i]; i++)
		add_variable(exec, xstrdup(ours[i]));
	environment_free(ours);
	for (size_t i = 0; i < bound->environment_count; i++)
		add_variable(exec, xstrdup(bound->environment[i]));
}

static void set_variable(struct exec *exec, const char *name, const char *value)
{
	for (size_t i = 0; i < exec->environment_count; i++) {
		if (!names_variable(exec->environment[i], name))
			continue;
		free(exec->environment[i]);
		exec->environment[i] = xasprintf("%s=%s", name, value);
		return;
	}
	add_variable(exec, xasprintf("%s=%s", name, value));
}

/* --- what is kept for evidence -------------------------------------------------------- */

static const char *scratch_directory(void)
{
	const char *said = getenv("TMPDIR");

	return said && said[0] == '/' ? said : "/tmp";
}

static void spool_open(struct spool *spool, uint64_t limit)
{
	char *name = xasprintf("%s/tocsin-output-XXXXXX", scratch_directory());

	spool->limit = limit;
	spool->fd = mkstemp(name);
	if (spool->fd >= 0) {
		fcntl(spool->fd, F_SETFD, FD_CLOEXEC);
		unlink(name);
	}
	free(name);
}

/* What does not fit any more, or finds no room on the disk, is left out from here on. */
static void spool_add(struct spool *spool, const char *text, size_t len, size_t raw)
{
	if (spool->fd < 0 || spool->written + len > spool->limit)
		spool->limit = 0;
	for (size_t done = 0; spool->limit && done < len;) {
		ssize_t n = write(spool->fd, text + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			spool->limit = 0;
		else
			done += (size_t)n;
	}
	if (!spool->limit)
		return;
	spool->written += len;
	spool->raw += raw;
}

static void spool_close(struct spool *spool)
{
	if (spool->fd >= 0)
		close(spool->fd);
	spool->fd = -1;
}

/* The end of a stream that was too long, without the part that the file has; `edge` bytes
 * are left out, because they may be the second half of a secret. Returns the raw bytes that
 * are in neither. */
static uint64_t add_tail(const struct exec *exec, const struct spool *spool, const char *kept, size_t len, size_t head, uint64_t total, struct buf *out)
{
	size_t edge = mask_longest(exec->mask), tail = len - head;
	uint64_t rest = total - spool->raw;
	size_t use = rest < tail ? (size_t)rest : tail;
	const char *from = kept + len - use;
	const char *line = memchr(from, '\n', use);
	size_t skip = line && (size_t)(line - from) < use ? (size_t)(line - from) + 1 : edge;

	if (skip < edge)
		skip = edge;
	use = use > skip ? use - skip : 0;
	buf_printf(out, "\n--- %" PRIu64 " bytes left out ---\n", rest - use);
	struct buf clean;
	bool inside = false;
	buf_init(&clean, KEEP_BYTES * GROWTH);
	text_clean_lines(&clean, kept + len - use, use);
	mask_lines(exec->mask, &inside, buf_text(&clean), clean.len, out);
	buf_free(&clean);
	return rest - use;
}

static uint64_t add_stream(const struct exec *exec, size_t which, const struct child_result *result, struct buf *out)
{
	const struct spool *spool = &exec->streams[which].spool;
	bool errors = which == 1;
	uint64_t total = errors ? result->err_total : result->out_total;
	void *map = spool->fd >= 0 && spool->written ? mmap(NULL, (size_t)spool->written, PROT_READ, MAP_PRIVATE, spool->fd, 0) : MAP_FAILED;

	if (map != MAP_FAILED) {
		buf_add(out, map, (size_t)spool->written);
		munmap(map, (size_t)spool->written);
	}
	if (spool->raw >= total)
		return 0;
	if (errors)
		return add_tail(exec, spool, result->err, result->err_len, result->err_head < result->err_len ? result->err_head : 0, total, out);
	return add_tail(exec, spool, result->out, result->out_len, result->out_head < result->out_len ? result->out_head : 0, total, out);
}

/* --- output ------------------------------------------------------------------------------ */

/* Hands on what can be no part of anything longer. */
static void hand_on(struct exec *exec, size_t which, const char *bytes, size_t len)
{
	struct stream_state *stream = &exec->streams[which];
	struct buf clean, masked;

	if (len == 0)
		return;
	/* Cleaned first: an escape sequence in the middle of a secret must not hide it. */
	buf_init(&clean, len * GROWTH + 1);
	buf_init(&masked, len * GROWTH * 4 + 1);
	text_clean_lines(&clean, bytes, len);
	mask_lines(exec->mask, &stream->in_key, buf_text(&clean), clean.len, &masked);
	spool_add(&stream->spool, buf_text(&masked), masked.len, len);
	if (exec->events.text)
		exec->events.text(exec->arg, (int)which + 1, buf_text(&masked), masked.len);
	buf_free(&clean);
	buf_free(&masked);
}

/* How much of a line that is longer than what is taken can go: all but what may be half
 * of a secret or of a character. */
static size_t whole_part(const struct exec *exec, const struct buf *line)
{
	size_t len = line->len - mask_unfinished(exec->mask, line->data, line->len);

	for (int i = 0; i < 3 && len && ((unsigned char)line->data[len - 1] & 0x80); i++)
		len--;
	return len ? len : line->len;
}

static void cut_front(struct buf *line, size_t len)
{
	memmove(line->data, line->data + len, line->len - len + 1);
	line->len -= len;
}

/* The last byte after which nothing goes on: whole lines are handed on at once. */
static size_t whole_lines(const char *bytes, size_t len)
{
	while (len && bytes[len - 1] != '\n')
		len--;
	return len;
}

static uint64_t count_lines(const char *text, size_t len)
{
	uint64_t lines = 0;

	for (const char *at = text, *end = text + len; (at = memchr(at, '\n', (size_t)(end - at))); at++)
		lines++;
	return lines;
}

static void skip(struct exec *exec, size_t which, const char *bytes, size_t len)
{
	uint64_t lines = count_lines(bytes, len);

	mask_skip(&exec->streams[which].in_key, bytes, len);
	if (lines && exec->events.skipped)
		exec->events.skipped(exec->arg, lines);
}

static void hand_on_newest(struct exec *exec, size_t which)
{
	struct buf *newest = &exec->streams[which].newest;

	hand_on(exec, which, buf_text(newest), newest->len);
	buf_clear(newest);
}

/* More than is kept: of the rest a person sees the newest lines now and then, and the last
 * ones. Reading it costs little more than counting its lines. */
static void skim(struct exec *exec, size_t which, const char *bytes, size_t len)
{
	struct stream_state *stream = &exec->streams[which];
	size_t first = len > LINE_BYTES_MAX ? len - LINE_BYTES_MAX : 0;
	const char *line = memchr(bytes + first, '\n', len - first);
	size_t from = line ? (size_t)(line - bytes) + 1 : len, lines = whole_lines(bytes, len);

	skip(exec, which, buf_text(&stream->newest), stream->newest.len);
	buf_clear(&stream->newest);
	skip(exec, which, bytes, from);
	if (lines > from)
		buf_add(&stream->newest, bytes + from, lines - from);
	int64_t now_us = clock_mono_us(clock_system());
	if (now_us - exec->skimmed_us < SKIM_MS * US_PER_MS)
		return;
	exec->skimmed_us = now_us;
	hand_on_newest(exec, which);
}

/* Reads end anywhere, in a secret, a character or an escape sequence as well, so that
 * output is taken by lines; this also keeps those of both streams apart. */
static void take_output(struct exec *exec, size_t which, const char *bytes, size_t len)
{
	struct buf *line = &exec->streams[which].begun;

	if (exec->streams[which].spool.limit == 0 && len > LINE_BYTES_MAX) {
		buf_clear(line);
		skim(exec, which, bytes, len);
		return;
	}
	if (exec->streams[which].newest.len)
		hand_on_newest(exec, which);
	while (len) {
		size_t lines = line->len ? 0 : whole_lines(bytes, len);
		if (lines && lines <= LINE_BYTES_MAX) {
			hand_on(exec, which, bytes, lines);
			bytes += lines;
			len -= lines;
			continue;
		}
		const char *end = memchr(bytes, '\n', len);
		size_t part = end ? (size_t)(end - bytes) + 1 : len;
		if (part > LINE_BYTES_MAX - line->len) {
			part = LINE_BYTES_MAX - line->len;
			end = NULL;
		}
		buf_add(line, bytes, part);
		bytes += part;
		len -= part;
		if (!end && line->len < LINE_BYTES_MAX)
			break;
		size_t ready = end ? line->len : whole_part(exec, line);
		hand_on(exec, which, line->data, ready);
		cut_front(line, ready);
	}
}

static void on_output(void *arg, int stream, const char *bytes, size_t len)
{
	take_output(arg, stream == 2, bytes, len);
}

/* --- the end ------------------------------------------------------------------------------- */

#define PLACE_NAME "tocsin-run-"

static void remove_place(const char *place)
{
	char *file = xasprintf("%s/kubeconfig", place);

	unlink(file);
	free(file);
	rmdir(place);
}

static void exec_free(struct exec *exec)
{
	for (size_t i = 0; i < ARRAY_LENGTH(exec->streams); i++) {
		buf_free(&exec->streams[i].begun);
		buf_free(&exec->streams[i].newest);
		spool_close(&exec->streams[i].spool);
	}
	if (exec->place)
		remove_place(exec->place);
	for (size_t i = 0; i < exec->environment_count; i++)
		free(exec->environment[i]);
	free(exec->environment);
	loop_timer_stop(exec->soon);
	free(exec->place);
	free(exec->context);
	free(exec->namespace);
	free(exec->script);
	free(exec->directory);
	free(exec->interpreter);
	free(exec);
}

static void say_why(struct exec *exec, const char *why)
{
	struct buf clean;

	buf_init(&clean, sizeof(exec->why) * 4);
	mask_text(exec->mask, why, strlen(why), &clean);
	text_clean(exec->why, sizeof(exec->why), buf_text(&clean), clean.len);
	buf_free(&clean);
}

static void finish(struct exec *exec, const struct child_result *child)
{
	struct exec_result result = {.child = child, .why = exec->why};
	struct buf whole;

	for (size_t i = 0; i < ARRAY_LENGTH(exec->streams); i++) {
		hand_on_newest(exec, i);
		hand_on(exec, i, buf_text(&exec->streams[i].begun), exec->streams[i].begun.len);
		buf_clear(&exec->streams[i].begun);
	}
	buf_init(&whole, EXEC_WHOLE_BYTES);
	result.cut_bytes = add_stream(exec, 0, child, &whole);
	if (child->err_total) {
		buf_puts(&whole, "\n--- standard error ---\n");
		result.cut_bytes += add_stream(exec, 1, child, &whole);
	}
	result.whole = buf_text(&whole);
	result.whole_len = whole.len;
	exec->events.done(exec->arg, &result);
	buf_free(&whole);
	exec_free(exec);
}

/* Nothing was started: the reason is the result. */
static void finish_unstarted(void *arg)
{
	struct exec *exec = arg;
	const struct child_result nothing = {.started = false, .exit_code = -1, .cancelled = exec->cancelled, .out = "", .err = "", .why = exec->why};

	finish(exec, &nothing);
}

static void on_done(void *arg, const struct child_result *result)
{
	struct exec *exec = arg;

	exec->child = NULL;
	say_why(exec, result->why);
	finish(exec, result);
}

/* --- the start ------------------------------------------------------------------------------- */

static void launch(struct exec *exec)
{
	static const struct child_events events = {.output = on_output, .done = on_done};
	const char *const argv[] = {exec->interpreter, "-c", exec->script, NULL};
	struct child_spec spec = {.stage = exec->stage, .argv = argv, .environment = (const char *const *)exec->environment, .directory = exec->directory, .timeout_ms = exec->timeout_ms, .keep_bytes = KEEP_BYTES};

	exec->preparing = false;
	exec->child = child_start(exec->loop, &spec, &events, exec);
}

/* What kubectl needs for one context, and nothing of the others. Its secrets go from kubectl
 * into the file and pass nobody else. */
static const char prepare_script[] =
	"umask 077; kubectl config view --raw --minify --flatten --context=\"$TOCSIN_CONTEXT\" >\"$TOCSIN_FILE\" && "
	"kubectl --kubeconfig=\"$TOCSIN_FILE\" config set-context --current --namespace=\"$TOCSIN_NAMESPACE\" >/dev/null";

static void on_prepared(void *arg, const struct child_result *result)
{
	struct exec *exec = arg;
	bool ready = result->started && result->exit_code == 0;

	exec->child = NULL;
	if (exec->cancelled) {
		text_format(exec->why, sizeof(exec->why), "cancelled before it began");
		loop_timer_again(exec->soon, 0);
		return;
	}
	/* What does not speak of kubectl goes on, with a configuration that leads nowhere. */
	if (!ready && strstr(exec->script, "kubectl")) {
		char why[300];
		text_format(why, sizeof(why), "kubectl cannot be pinned to context %s: %.160s (check [kubernetes] context and kubectl config get-contexts)", exec->context,
			    result->timed_out ? "it does not answer" : result->err[0] ? result->err
										      : "it says no");
		say_why(exec, why);
		loop_timer_again(exec->soon, 0);
		return;
	}
	launch(exec);
}

/* Where a secret may lie for a while: memory of this login, where there is such a place. */
static const char *private_directory(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	return runtime && runtime[0] == '/' && access(runtime, W_OK) == 0 ? runtime : scratch_directory();
}

/* What consoles left behind that were killed: their process number is in the name. */
static void sweep_places(const char *parent)
{
	DIR *directory = opendir(parent);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		uint64_t pid;
		char number[24];
		const char *name = entry->d_name;
		if (strncmp(name, PLACE_NAME, strlen(PLACE_NAME)) != 0)
			continue;
		name += strlen(PLACE_NAME);
		text_format(number, sizeof(number), "%.*s", (int)strspn(name, "0123456789"), name);
		if (!decimal_u64(number, &pid) || pid < 2 || pid > INT32_MAX || kill((pid_t)pid, 0) == 0 || errno != ESRCH)
			continue;
		char *place = xasprintf("%s/%s", parent, entry->d_name);
		remove_place(place); /* another login's stays: it is not ours to remove */
		free(place);
	}
	if (directory)
		closedir(directory);
}

/* Makes the private directory; false after saying why it could not. */
static bool make_place(struct exec *exec)
{
	sweep_places(private_directory());
	exec->place = xasprintf("%s/" PLACE_NAME "%ld-XXXXXX", private_directory(), (long)getpid());
	if (mkdtemp(exec->place))
		return true;
	char why[200];
	text_format(why, sizeof(why), "%s: %s (a private directory is needed there)", exec->place, strerror(errno));
	free(exec->place);
	exec->place = NULL;
	say_why(exec, why);
	return false;
}

static void prepare(struct exec *exec)
{
	static const struct child_events events = {.done = on_prepared};
	const char *const argv[] = {"/bin/sh", "-c", prepare_script, NULL};
	char *file = xasprintf("%s/kubeconfig", exec->place);
	size_t count = exec->environment_count;
	const char **environment = xcalloc(count + 4, sizeof(*environment));
	char *added[] = {xasprintf("TOCSIN_CONTEXT=%s", exec->context), xasprintf("TOCSIN_NAMESPACE=%s", exec->namespace), xasprintf("TOCSIN_FILE=%s", file)};

	for (size_t i = 0; i < count; i++)
		environment[i] = exec->environment[i];
	for (size_t i = 0; i < ARRAY_LENGTH(added); i++)
		environment[count + i] = added[i];
	struct child_spec spec = {.argv = argv, .environment = environment, .timeout_ms = PREPARE_MS, .keep_bytes = 4096};
	exec->preparing = true;
	exec->child = child_start(exec->loop, &spec, &events, exec);
	for (size_t i = 0; i < ARRAY_LENGTH(added); i++)
		free(added[i]);
	free(environment);
	set_variable(exec, "KUBECONFIG", file);
	free(file);
}

struct exec *exec_start(struct loop *loop, const struct exec_spec *spec, const struct exec_events *events, void *arg)
{
	const struct command_view *view = spec->view;
	size_t whole = spec->whole_bytes ? spec->whole_bytes : EXEC_WHOLE_BYTES;
	struct exec *exec = xcalloc(1, sizeof(*exec));

	*exec = (struct exec){.loop = loop, .events = *events, .arg = arg, .mask = spec->mask, .stage = view->stage, .timeout_ms = view->timeout_ms, .pinned = view->pinned};
	exec->script = xstrdup(view->bound.script);
	exec->directory = xstrdup(view->directory);
	exec->interpreter = xstrdup(view->interpreter);
	exec->soon = loop_timer(loop, -1, 0, finish_unstarted, exec);
	for (size_t i = 0; i < ARRAY_LENGTH(exec->streams); i++) {
		buf_init(&exec->streams[i].begun, LINE_BYTES_MAX);
		buf_init(&exec->streams[i].newest, LINE_BYTES_MAX);
	}
	/* The ends of both, and what is said about them, have room beside. */
	whole -= whole > 4 * KEEP_BYTES * GROWTH ? 2 * KEEP_BYTES : whole / 2;
	spool_open(&exec->streams[0].spool, whole - whole / ERRORS_PART);
	spool_open(&exec->streams[1].spool, whole / ERRORS_PART);
	fill_environment(exec, spec);
	if (!exec->pinned) {
		launch(exec);
		return exec;
	}
	exec->context = xstrdup(config_context(spec->config));
	exec->namespace = xstrdup(config_namespace(spec->config));
	if (make_place(exec))
		prepare(exec);
	else
		loop_timer_again(exec->soon, 0);
	return exec;
}

void exec_cancel(struct exec *exec)
{
	if (!exec)
		return;
	exec->cancelled = true;
	child_cancel(exec->child);
}

void exec_drop(struct exec *exec)
{
	if (!exec)
		return;
	child_drop(exec->child);
	exec_free(exec);
}
