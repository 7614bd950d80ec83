#include "sink.h"

#include "base/buf.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 512 * 1024 };

struct sink {
	bool smtp;
	int listening, port;
	char *log;
	pthread_t thread;
	pthread_mutex_t lock;
	enum sink_manner manner;
	const char *says;
	int hanging[64]; /* connections that are kept and not answered */
	size_t hanging_count;
	size_t count;
	char *last;
};

const char *sink_manner_name(enum sink_manner manner)
{
	static const char *const names[] = {"takes", "bad", "gone", "later", "broken", "hangs", "cuts", "cuts-early"};
	return names[manner];
}

/* --- lines ------------------------------------------------------------------------------- */

struct reading {
	int fd;
	char bytes[4096];
	size_t at, len;
};

static int next_byte(struct reading *r)
{
	if (r->at == r->len) {
		ssize_t got = read(r->fd, r->bytes, sizeof(r->bytes));
		if (got <= 0)
			return -1;
		r->at = 0;
		r->len = (size_t)got;
	}
	return (unsigned char)r->bytes[r->at++];
}

/* One line without its end; false when the peer hung up. */
static bool next_line(struct reading *r, struct buf *line)
{
	int c;
	buf_clear(line);
	while ((c = next_byte(r)) >= 0) {
		if (c == '\n')
			return true;
		if (c != '\r')
			buf_putc(line, (char)c);
	}
	return false;
}

static void answer(int fd, const char *text)
{
	size_t len = strlen(text);
	while (len > 0) {
		ssize_t put = send(fd, text, len, MSG_NOSIGNAL);
		if (put <= 0)
			return;
		text += put;
		len -= (size_t)put;
	}
}

/* --- what came ------------------------------------------------------------------------------ */

static void keep(struct sink *sink, const struct buf *message)
{
	pthread_mutex_lock(&sink->lock);
	sink->count++;
	free(sink->last);
	sink->last = xstrdup(buf_text(message));
	if (sink->log) {
		FILE *file = fopen(sink->log, "a");
		for (const char *c = sink->last; file && *c; c++)
			fprintf(file, *c == '\n' ? "\\n" : "%c", *c);
		if (file) {
			fputc('\n', file);
			fclose(file);
		}
	}
	pthread_mutex_unlock(&sink->lock);
}

static enum sink_manner manner_of(struct sink *sink)
{
	pthread_mutex_lock(&sink->lock);
	enum sink_manner manner = sink->manner;
	pthread_mutex_unlock(&sink->lock);
	return manner;
}

/* True when the connection is over for us: it hangs, or is cut. */
static bool goes_silent(struct sink *sink, int fd, enum sink_manner manner)
{
	if (manner == SINK_CUTS) {
		close(fd);
		return true;
	}
	if (manner != SINK_HANGS)
		return false;
	pthread_mutex_lock(&sink->lock);
	if (sink->hanging_count < sizeof(sink->hanging) / sizeof(sink->hanging[0]))
		sink->hanging[sink->hanging_count++] = fd;
	pthread_mutex_unlock(&sink->lock);
	return true;
}

/* --- HTTP -------------------------------------------------------------------------------------- */

static void serve_http(struct sink *sink, int fd)
{
	static const char *const heads[SINK_MANNERS] = {
		[SINK_TAKES] = "200 OK",
		[SINK_BAD] = "400 Bad Request",
		[SINK_GONE] = "404 Not Found",
		[SINK_LATER] = "429 Too Many Requests\r\nRetry-After: 60",
		[SINK_BROKEN] = "500 Internal Server Error",
	};
	struct reading r = {.fd = fd};
	struct buf line, message;
	enum sink_manner manner = manner_of(sink);
	size_t body = 0;
	buf_init(&line, MESSAGE_BYTES);
	buf_init(&message, MESSAGE_BYTES);
	while (next_line(&r, &line) && line.len > 0) {
		buf_printf(&message, "%s\n", buf_text(&line));
		if (strncasecmp(buf_text(&line), "Content-Length:", 15) == 0)
			body = strtoul(buf_text(&line) + 15, NULL, 10);
	}
	buf_putc(&message, '\n');
	int c = 0;
	for (; body > 0 && (c = next_byte(&r)) >= 0; body--)
		buf_putc(&message, (char)c);
	bool whole = c >= 0 && message.len > 1;
	if (whole)
		keep(sink, &message);
	buf_free(&line);
	buf_free(&message);
	if (whole && goes_silent(sink, fd, manner))
		return;
	if (whole) {
		char reply[1024];
		const char *text = manner == SINK_TAKES ? sink->says : "no_service";
		snprintf(reply, sizeof(reply), "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", heads[manner], strlen(text), text);
		answer(fd, reply);
	}
	close(fd);
}

/* --- SMTP ---------------------------------------------------------------------------------------- */

/* The text up to the lone dot; false when the peer hung up before. */
static bool take_text(struct reading *r, struct buf *line, struct buf *message)
{
	while (next_line(r, line)) {
		if (strcmp(buf_text(line), ".") == 0)
			return true;
		buf_printf(message, "%s\n", buf_text(line) + (buf_text(line)[0] == '.'));
	}
	return false;
}

static void serve_smtp(struct sink *sink, int fd)
{
	struct reading r = {.fd = fd};
	struct buf line, message;
	enum sink_manner manner = manner_of(sink);
	bool silent = false;
	buf_init(&line, MESSAGE_BYTES);
	buf_init(&message, MESSAGE_BYTES);
	answer(fd, "220 sink ESMTP\r\n");
	while (!silent && next_line(&r, &line)) {
		const char *said = buf_text(&line);
		if (strncasecmp(said, "EHLO", 4) == 0) {
			answer(fd, "250-sink\r\n250 AUTH PLAIN\r\n");
		} else if (strncasecmp(said, "RCPT", 4) == 0) {
			buf_printf(&message, "%s\n", said);
			answer(fd, manner == SINK_BAD ? "550 5.1.1 no such user\r\n" : manner == SINK_LATER ? "451 4.7.1 greylisted\r\n"
													    : "250 ok\r\n");
		} else if (strncasecmp(said, "DATA", 4) == 0) {
			answer(fd, "354 go on\r\n");
			if (!take_text(&r, &line, &message))
				break;
			keep(sink, &message);
			silent = goes_silent(sink, fd, manner);
			if (!silent)
				answer(fd, manner == SINK_GONE ? "554 5.7.1 not wanted\r\n" : manner == SINK_BROKEN ? "421 4.3.0 closing\r\n"
														    : "250 queued\r\n");
		} else if (strncasecmp(said, "QUIT", 4) == 0) {
			answer(fd, "221 bye\r\n");
			break;
		} else {
			if (strncasecmp(said, "MAIL", 4) == 0)
				buf_printf(&message, "%s\n", said);
			answer(fd, strncasecmp(said, "AUTH", 4) == 0 ? "235 ok\r\n" : "250 ok\r\n");
		}
	}
	buf_free(&line);
	buf_free(&message);
	if (!silent)
		close(fd);
}

/* --- life ------------------------------------------------------------------------------------------- */

static void *run(void *arg)
{
	struct sink *sink = arg;
	int fd;
	while ((fd = accept(sink->listening, NULL, NULL)) >= 0) {
		if (manner_of(sink) == SINK_CUTS_EARLY)
			close(fd);
		else if (sink->smtp)
			serve_smtp(sink, fd);
		else
			serve_http(sink, fd);
	}
	return NULL;
}

struct sink *sink_open(bool smtp, const char *log)
{
	struct sink *sink = xcalloc(1, sizeof(*sink));
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);
	sink->smtp = smtp;
	sink->says = "ok";
	sink->log = log ? xstrdup(log) : NULL;
	pthread_mutex_init(&sink->lock, NULL);
	sink->listening = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(sink->listening, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(sink->listening, 16) != 0 || getsockname(sink->listening, (struct sockaddr *)&address, &len) != 0)
		abort();
	sink->port = ntohs(address.sin_port);
	pthread_create(&sink->thread, NULL, run, sink);
	return sink;
}

void sink_close(struct sink *sink)
{
	shutdown(sink->listening, SHUT_RDWR);
	pthread_join(sink->thread, NULL);
	close(sink->listening);
	for (size_t i = 0; i < sink->hanging_count; i++)
		close(sink->hanging[i]);
	pthread_mutex_destroy(&sink->lock);
	free(sink->last);
	free(sink->log);
	free(sink);
}

int sink_port(const struct sink *sink)
{
	return sink->port;
}

void sink_set(struct sink *sink, enum sink_manner manner)
{
	pthread_mutex_lock(&sink->lock);
	sink->manner = manner;
	pthread_mutex_unlock(&sink->lock);
}

void sink_say(struct sink *sink, const char *body)
{
	pthread_mutex_lock(&sink->lock);
	sink->says = body;
	pthread_mutex_unlock(&sink->lock);
}

size_t sink_count(struct sink *sink)
{
	pthread_mutex_lock(&sink->lock);
	size_t count = sink->count;
	pthread_mutex_unlock(&sink->lock);
	return count;
}

char *sink_last(struct sink *sink)
{
	pthread_mutex_lock(&sink->lock);
	char *last = xstrdup(sink->last ? sink->last : "");
	pthread_mutex_unlock(&sink->lock);
	return last;
}
