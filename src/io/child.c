#include "config.h" /* first: it opens the system's extensions */

#include "io/child.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define SUPERVISOR "tocsin-supervise"

/* The descriptors of the supervisor, as it says itself (supervise.c). */
enum {
	FD_CONTROL,
	FD_OUT,
	FD_ERR,
	FD_NEWS,
	FD_COUNT,
};

enum {
	KEEP_BYTES = 1024 * 1024,
	GRACE_MS = 5000,
	LAST_OUTPUT_MS = 200, /* a process of nobody's tree may hold the pipes open */
	READ_BYTES = 64 * 1024,
	READS_AT_ONCE = 8, /* a talkative command must not keep the loop to itself */
	WHY_TEXT = 320,
	PTY_COLUMNS = 120, /* of a terminal that nobody looks at */
	PTY_ROWS = 40,
};

/* The first and the last bytes of what was written, each half of what is kept. */
struct stream {
	struct child *child;
	int number; /* 1 or 2 */
	int fd;     /* -1: ended */
	struct loop_watch *watch;
	size_t head_limit, tail_limit;
	struct buf head;
	char *tail; /* a ring, from tail_at on when it is full */
	size_t tail_len, tail_at;
	uint64_t total;
	char *kept;
	size_t kept_len;
};

struct child {
	struct loop *loop;
	struct child_events events;
	void *arg;
	pid_t pid;    /* of the supervisor */
	pid_t leader; /* the command, and the number of its group */
	enum child_stage stage;
	int control;
	int news;
	struct loop_watch *news_watch;
	char line[64]; /* of the news, until its end */
	size_t line_len;
	struct stream out, err;
	struct loop_timer *finish; /* runs when nothing more is to be waited for */
	int64_t started_us;
	bool tree_gone;
	bool told_end; /* how the command itself ended is known */
	struct child_result result;
	char *program;
	char *directory;
	char why[WHY_TEXT];
};

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* --- what is kept of the output ------------------------------------------------------- */

static void stream_init(struct stream *stream, struct child *child, int number, size_t keep)
{
	stream->child = child;
	stream->number = number;
	stream->fd = -1;
	stream->tail_limit = keep / 2;
	stream->head_limit = keep - stream->tail_limit;
	buf_init(&stream->head, stream->head_limit);
}

static void tail_keep(struct stream *stream, const char *bytes, size_t len)
{
	if (len > stream->tail_limit) {
		bytes += len - stream->tail_limit;
		len = stream->tail_limit;
	}
	if (len == 0)
		return;
	if (!stream->tail)
		stream->tail = xmalloc(stream->tail_limit);
	for (size_t done = 0; done < len;) {
		size_t room = stream->tail_limit - stream->tail_at;
		size_t part = len - done < room ? len - done : room;

		memcpy(stream->tail + stream->tail_at, bytes + done, part);
		stream->tail_at = (stream->tail_at + part) % stream->tail_limit;
		done += part;
	}
	stream->tail_len = stream->tail_len + len < stream->tail_limit ? stream->tail_len + len : stream->tail_limit;
}

static void stream_keep(struct stream *stream, const char *bytes, size_t len)
{
	size_t room = stream->head_limit - stream->head.len;
	size_t first = len < room ? len : room;

	stream->total += len;
	buf_add(&stream->head, bytes, first);
	tail_keep(stream, bytes + first, len - first);
}

/* Puts head and tail together. */
static void stream_join(struct stream *stream)
{
	size_t start = stream->tail_len == stream->tail_limit ? stream->tail_at : 0;

	stream->kept_len = stream->head.len + stream->tail_len;
	stream->kept = xmalloc(stream->kept_len + 1);
	memcpy(stream->kept, buf_text(&stream->head), stream->head.len);
	for (size_t i = 0; i < stream->tail_len; i++)
		stream->kept[stream->head.len + i] = stream->tail[(start + i) % stream->tail_limit];
	stream->kept[stream->kept_len] = '\0';
}

static void stream_end(struct stream *stream)
{
	loop_watch_stop(stream->watch);
	stream->watch = NULL;
	fd_close(&stream->fd);
}

static void stream_free(struct stream *stream)
{
	stream_end(stream);
	buf_free(&stream->head);
	free(stream->tail);
	free(stream->kept);
}

/* --- the end ------------------------------------------------------------------------------ */

static void child_free(struct child *child)
{
	stream_free(&child->out);
	stream_free(&child->err);
	loop_watch_stop(child->news_watch);
	loop_timer_stop(child->finish);
	fd_close(&child->control);
	fd_close(&child->news);
	free(child->program);
	free(child->directory);
	free(child);
}

static void child_finish(void *arg)
{
	struct child *child = arg;
	struct child_result *result = &child->result;

	stream_join(&child->out);
	stream_join(&child->err);
	result->out = child->out.kept;
	result->out_len = child->out.kept_len;
	result->out_head = child->out.head.len;
	result->out_total = child->out.total;
	result->err = child->err.kept;
	result->err_len = child->err.kept_len;
	result->err_head = child->err.head.len;
	result->err_total = child->err.total;
	result->why = child->why;
	child->events.done(child->arg, result);
	child_free(child);
}

static int64_t child_age_us(const struct child *child)
{
	return clock_mono_us(clock_system()) - child->started_us;
}

/* Once the tree is gone the rest of its output is waited for, but not for long. */
static void child_settle(struct child *child)
{
	if (child->tree_gone)
		loop_timer_again(child->finish, child->out.fd < 0 && child->err.fd < 0 ? 0 : LAST_OUTPUT_MS);
}

static void child_ended(struct child *child)
{
	child->told_end = true;
	child->result.duration_us = child_age_us(child);
}

static void child_not_started(struct child *child, const char *what, const char *why)
{
	char text[WHY_TEXT];

	text_format(text, sizeof(text), "%s: %s", what, why);
	text_clean(child->why, sizeof(child->why), text, strlen(text));
	child->result.started = false;
	child_ended(child);
}

static const char *exec_words(const char *program, int error)
{
	switch (error) {
	case ENOENT:
		return strchr(program, '/') ? "no such file (check the path and its interpreter)" : "not found in PATH (install it or add it to PATH)";
	case EACCES:
		return "not executable (check its permissions)";
	case E2BIG:
		return "arguments and environment are too long (shorten them)";
	case ENOTTY:
		return "wants a terminal, and there is none (run it in the console, or by hand)";
	case ENOEXEC:
		return "not a program of this machine (check what it is)";
	default:
		return strerror(error);
	}
}

static void news_failed(struct child *child, const char *stage, int error)
{
	if (strcmp(stage, "chdir") == 0)
		child_not_started(child, child->directory, error == ENOENT ? "no such directory (create it or choose another)" : strerror(error));
	else
		child_not_started(child, child->program, exec_words(child->program, error));
}

static void news_line(struct child *child, const char *line)
{
	struct child_result *result = &child->result;
	char stage[16];
	int number;

	if (strcmp(line, "timeout") == 0) {
		result->timed_out = true;
	} else if (strcmp(line, "survived") == 0) {
		result->survived = true;
	} else if (sscanf(line, "failed %15s %d", stage, &number) == 2) {
		news_failed(child, stage, number);
	} else if (sscanf(line, "leader %d", &number) == 1) {
		child->leader = number;
	} else if (sscanf(line, "exit %d", &number) == 1) {
		result->exit_code = number;
		child_ended(child);
	} else if (sscanf(line, "signal %d", &number) == 1) {
		result->signal = number;
		child_ended(child);
	}
}

static void news_take(struct child *child, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n') {
			if (child->line_len < sizeof(child->line) - 1)
				child->line[child->line_len++] = bytes[i];
			continue;
		}
		child->line[child->line_len] = '\0';
		child->line_len = 0;
		news_line(child, child->line);
	}
}

/* The foreground of our terminal is ours again. */
static void terminal_take_back(void)
{
	struct sigaction ignored = {.sa_handler = SIG_IGN}, before;

	/* Until then we are in the background, where the request itself would stop us. */
	sigemptyset(&ignored.sa_mask);
	sigaction(SIGTTOU, &ignored, &before);
	(void)tcsetpgrp(STDIN_FILENO, getpgrp());
	sigaction(SIGTTOU, &before, NULL);
}

/* The supervisor has ended, and with it the tree. */
static void news_end(struct child *child)
{
	int status = 0;

	loop_watch_stop(child->news_watch);
	child->news_watch = NULL;
	fd_close(&child->news);
	fd_close(&child->control);
	/* Its last descriptor is closed, so this waits for no more than its last instruction. */
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!child->told_end) {
		if (child->leader > 0)
			kill(-child->leader, SIGKILL);
		child->result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : SIGKILL;
		child->result.survived = true;
		child_ended(child);
		text_format(child->why, sizeof(child->why), "%s: ended from outside (look for what the command left running)", SUPERVISOR);
	}
	if (child->stage == CHILD_TERMINAL)
		terminal_take_back();
	child->tree_gone = true;
	child_settle(child);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void news_ready(void *arg, int events TOCSIN_UNUSED)
{
	struct child *child = arg;
	char bytes[256];
	ssize_t got = read(child->news, bytes, sizeof(bytes));

	if (got > 0)
		news_take(child, bytes, (size_t)got);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		news_end(child);
}

static void stream_ready(void *arg, int events TOCSIN_UNUSED)
{
	struct stream *stream = arg;
	struct child *child = stream->child;
	char bytes[READ_BYTES];

	for (int i = 0; i < READS_AT_ONCE; i++) {
		ssize_t got = read(stream->fd, bytes, sizeof(bytes));

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			stream_end(stream);
			child_settle(child);
			return;
		}
		stream_keep(stream, bytes, (size_t)got);
		if (child->events.output)
			child->events.output(child->arg, stream->number, bytes, (size_t)got);
	}
}

/* --- the start ---------------------------------------------------------------------------------- */

/* A pipe of two descriptors that no program inherits, above those the supervisor gets. */
static bool pipe_make(int ends[2])
{
	int low[2];

	if (pipe(low) != 0)
		return false;
	ends[0] = fcntl(low[0], F_DUPFD_CLOEXEC, FD_COUNT);
	ends[1] = fcntl(low[1], F_DUPFD_CLOEXEC, FD_COUNT);
	close(low[0]);
	close(low[1]);
	return ends[0] >= 0 && ends[1] >= 0;
}

/* Makes the four pipes: `theirs` for the supervisor, `ours` for here. */
static bool pipes_make(int ours[FD_COUNT], int theirs[FD_COUNT])
{
	for (int i = 0; i < FD_COUNT; i++)
		ours[i] = theirs[i] = -1;
	for (int i = 0; i < FD_COUNT; i++) {
		int ends[2] = {-1, -1};
		bool made = pipe_make(ends);

		ours[i] = ends[i == FD_CONTROL ? 1 : 0];
		theirs[i] = ends[i == FD_CONTROL ? 0 : 1];
		if (!made)
			return false;
		fcntl(ours[i], F_SETFL, O_NONBLOCK);
	}
	return true;
}

static void ends_set(int ours[FD_COUNT], int theirs[FD_COUNT], int which, int our_fd, int their_fd)
{
	fd_close(&ours[which]);
	fd_close(&theirs[which]);
	ours[which] = our_fd;
	theirs[which] = their_fd;
}

/* As a terminal that passes bytes on as they are. */
static void pty_tame(int fd)
{
	struct termios modes;
	struct winsize size = {.ws_col = PTY_COLUMNS, .ws_row = PTY_ROWS};

	ioctl(fd, TIOCSWINSZ, &size);
	if (tcgetattr(fd, &modes) != 0)
		return;
	modes.c_oflag &= ~(tcflag_t)OPOST;
	modes.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON);
	tcsetattr(fd, TCSANOW, &modes);
}

/* Puts a pseudo-terminal in the place of both pipes. */
static bool pty_make(int ours[FD_COUNT], int theirs[FD_COUNT])
{
	int low = posix_openpt(O_RDWR | O_NOCTTY), slave = -1;
	int master = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, FD_COUNT);

	if (low >= 0)
		close(low);
	if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 && ptsname(master)) {
		low = open(ptsname(master), O_RDWR | O_NOCTTY);
		slave = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, FD_COUNT);
		if (low >= 0)
			close(low);
	}
	if (slave < 0) {
		fd_close(&master);
		return false;
	}
	pty_tame(slave);
	fcntl(master, F_SETFL, O_NONBLOCK);
	ends_set(ours, theirs, FD_OUT, master, slave);
	ends_set(ours, theirs, FD_ERR, -1, fcntl(slave, F_DUPFD_CLOEXEC, FD_COUNT));
	return true;
}

/* Our terminal in the place of both pipes. */
static bool terminal_lend(int ours[FD_COUNT], int theirs[FD_COUNT])
{
	int out = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, FD_COUNT);
	int err = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, FD_COUNT);

	ends_set(ours, theirs, FD_OUT, -1, out);
	ends_set(ours, theirs, FD_ERR, -1, err);
	return out >= 0 && err >= 0 && isatty(STDIN_FILENO);
}

static bool stage_make(enum child_stage stage, int ours[FD_COUNT], int theirs[FD_COUNT])
{
	if (!pipes_make(ours, theirs))
		return false;
	if (stage == CHILD_PTY)
		return pty_make(ours, theirs);
	return stage == CHILD_PIPES || terminal_lend(ours, theirs);
}

static void attributes_init(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
}

static int supervisor_spawn(pid_t *pid, const char *path, char *const *argv, const char *const *environment, const int theirs[FD_COUNT])
{
	static const char *const nothing[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error;

	posix_spawn_file_actions_init(&actions);
	for (int i = 0; i < FD_COUNT; i++)
		posix_spawn_file_actions_adddup2(&actions, theirs[i], i);
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
	posix_spawn_file_actions_addclosefrom_np(&actions, FD_COUNT);
#endif
	attributes_init(&attributes);
	/* POSIX leaves the strings alone, but its type for them is older than const. */
	error = posix_spawn(pid, path, &actions, &attributes, argv, (char *const *)(uintptr_t)(environment ? environment : nothing));
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* The supervisor's own words, then the command's. */
static char **supervisor_argv(const char *path, const struct child_spec *spec)
{
	static const char *const stages[] = {[CHILD_PIPES] = "pipes", [CHILD_PTY] = "pty", [CHILD_TERMINAL] = "terminal"};
	size_t count = 0;
	char **argv;

	while (spec->argv[count])
		count++;
	argv = xcalloc(count + 6, sizeof(*argv));
	argv[0] = xstrdup(path);
	argv[1] = xasprintf("%lld", (long long)(spec->timeout_ms > 0 ? spec->timeout_ms : 0));
	argv[2] = xasprintf("%lld", (long long)(spec->grace_ms > 0 ? spec->grace_ms : GRACE_MS));
	argv[3] = xstrdup(stages[spec->stage]);
	argv[4] = xstrdup(spec->directory ? spec->directory : "");
	for (size_t i = 0; i < count; i++)
		argv[5 + i] = xstrdup(spec->argv[i]);
	return argv;
}

static void argv_free(char **argv)
{
	for (char **word = argv; *word; word++)
		free(*word);
	free(argv);
}

static void child_listen(struct child *child, int ours[FD_COUNT])
{
	child->control = ours[FD_CONTROL];
	child->out.fd = ours[FD_OUT];
	child->err.fd = ours[FD_ERR];
	child->news = ours[FD_NEWS];
	if (child->out.fd >= 0)
		child->out.watch = loop_watch(child->loop, child->out.fd, LOOP_READ, stream_ready, &child->out);
	if (child->err.fd >= 0)
		child->err.watch = loop_watch(child->loop, child->err.fd, LOOP_READ, stream_ready, &child->err);
	child->news_watch = loop_watch(child->loop, child->news, LOOP_READ, news_ready, child);
}

/* False after child_not_started. */
static bool child_launch(struct child *child, const struct child_spec *spec)
{
	int ours[FD_COUNT], theirs[FD_COUNT], error = spec->stage == CHILD_TERMINAL ? ENOTTY : EMFILE;
	char *path = path_shipped("libexec", SUPERVISOR);
	char **argv;

	if (!path) {
		child_not_started(child, SUPERVISOR, "not found (install Tocsin again)");
		return false;
	}
	argv = supervisor_argv(path, spec);
	if (stage_make(spec->stage, ours, theirs))
		error = supervisor_spawn(&child->pid, path, argv, spec->environment, theirs);
	argv_free(argv);
	for (int i = 0; i < FD_COUNT; i++)
		fd_close(&theirs[i]);
	if (error == 0) {
		child_listen(child, ours);
	} else {
		for (int i = 0; i < FD_COUNT; i++)
			fd_close(&ours[i]);
		child_not_started(child, error == E2BIG ? child->program : path, exec_words(path, error));
	}
	free(path);
	return error == 0;
}

struct child *child_start(struct loop *loop, const struct child_spec *spec, const struct child_events *events, void *arg)
{
	size_t keep = spec->keep_bytes > 0 ? spec->keep_bytes : KEEP_BYTES;
	struct child *child = xcalloc(1, sizeof(*child));

	child->loop = loop;
	child->events = *events;
	child->arg = arg;
	child->stage = spec->stage;
	child->control = child->news = -1;
	child->program = xstrdup(spec->argv[0]);
	child->directory = xstrdup(spec->directory ? spec->directory : "");
	child->result.exit_code = -1;
	child->result.started = true;
	child->started_us = clock_mono_us(clock_system());
	stream_init(&child->out, child, 1, keep);
	stream_init(&child->err, child, 2, keep);
	child->finish = loop_timer(loop, -1, 0, child_finish, child);
	if (!child_launch(child, spec)) {
		child->tree_gone = true;
		child_settle(child);
	}
	return child;
}

void child_cancel(struct child *child)
{
	if (!child || child->control < 0)
		return;
	if (!child->told_end)
		child->result.cancelled = true;
	fd_close(&child->control); /* its end is what the supervisor waits for */
}

void child_drop(struct child *child)
{
	if (child)
		child_free(child);
}
