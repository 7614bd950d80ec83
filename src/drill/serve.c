#include "drill/serve.h"

#include "base/clock.h"
#include "base/mem.h"
#include "drill/answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTIONS_MAX = 80,
	IDLE_S = 120,
	BACKLOG = 64,
	REBIND_TRIES = 50,
};

struct server {
	struct serve_host host;
	size_t node;
	unsigned port;
	int held; /* bound and not listening, or -1 */
	struct MHD_Daemon *daemon;
	bool threads; /* one for each connection */
};

/* A request while its body arrives. */
struct exchange {
	struct buf body;
};

/* "Sun, 06 Nov 1994 08:49:37 GMT", in English whatever the locale says. */
static void put_date(struct MHD_Response *response, int64_t at_us)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t at = (time_t)(at_us / US_PER_S);
	struct tm tm;
	char text[48];
	if (!gmtime_r(&at, &tm))
		return;
	(void)snprintf(text, sizeof(text), "%s, %02d %s %d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
		       tm.tm_min, tm.tm_sec);
	MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, text);
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct serve_reply *reply)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(reply->body.len, (void *)(uintptr_t)buf_text(&reply->body), MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
	if (reply->skew_us != 0)
		put_date(response, clock_wall_us(clock_system()) + reply->skew_us);
	enum MHD_Result result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

/* Only names of this machine, as a node does it: a page in a browser that resolves its
 * own name to 127.0.0.1 gets nothing. */
static bool host_allowed(const char *host)
{
	static const char *const names[] = {"127.0.0.1", "localhost"};
	for (size_t i = 0; host && i < ARRAY_LENGTH(names); i++) {
		size_t len = strlen(names[i]);
		if (strncasecmp(host, names[i], len) == 0 && (host[len] == '\0' || host[len] == ':'))
			return true;
	}
	return false;
}

static void fill_reply(struct server *server, struct MHD_Connection *connection, const char *method, const char *path, const struct exchange *exchange, struct serve_reply *reply)
{
	if (!host_allowed(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST))) {
		reply->status = MHD_HTTP_FORBIDDEN;
		buf_puts(&reply->body, "{\"message\":\"Host not authorized.\"}");
		return;
	}
	if (exchange->body.full) {
		reply->status = MHD_HTTP_CONTENT_TOO_LARGE;
		buf_puts(&reply->body, "{\"message\":\"Request too large.\"}");
		return;
	}
	struct serve_request request = {
		.method = method,
		.path = path,
		.min_peers = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "minPeers"),
		.max_behind = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "maxBlocksBehind"),
		.query = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "query"),
		.since = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "resourceVersion"),
		.watch = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "watch") != NULL,
		.control = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Tocsin-Control") != NULL,
		.body = buf_text(&exchange->body),
		.len = exchange->body.len,
	};
	server->host.handle(server->host.arg, server->node, &request, reply);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path, const char *method, const char *version, const char *data, size_t *data_len, void **state)
{
	(void)version;
	struct exchange *exchange = *state;
	if (!exchange) {
		exchange = xcalloc(1, sizeof(*exchange));
		buf_init(&exchange->body, ANSWER_REQUEST_MAX);
		*state = exchange;
		return MHD_YES;
	}
	if (*data_len > 0) {
		buf_add(&exchange->body, data, *data_len);
		*data_len = 0;
		return MHD_YES;
	}
	struct serve_reply reply = {.status = MHD_HTTP_OK, .type = "application/json"};
	buf_init(&reply.body, ANSWER_BYTES_MAX);
	fill_reply(arg, connection, method, path, exchange, &reply);
	enum MHD_Result result = send_reply(connection, &reply);
	buf_free(&reply.body);
	return result;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
	(void)arg, (void)connection, (void)code;
	struct exchange *exchange = *state;
	if (!exchange)
		return;
	buf_free(&exchange->body);
	free(exchange);
	*state = NULL;
}

/* A socket bound to the port, or -1 with errno. */
static int bind_port(unsigned *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
		int why = errno;
		close(fd);
		errno = why;
		return -1;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

enum status server_new(struct server **out, const struct serve_host *host, size_t node, unsigned port, struct error *err)
{
	*out = NULL;
	unsigned bound = port;
	int fd = bind_port(&bound);
	if (fd < 0)
		return error_set(err, STATUS_IO, "port %u on 127.0.0.1: %s (choose another with --port)", port, strerror(errno));
	struct server *server = xcalloc(1, sizeof(*server));
	server->host = *host;
	server->node = node;
	server->port = bound;
	server->held = fd;
	*out = server;
	return STATUS_OK;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	server_close(server);
	if (server->held >= 0)
		close(server->held);
	free(server);
}

unsigned server_port(const struct server *server)
{
	return server->port;
}

void server_threads(struct server *server)
{
	server->threads = true;
}

bool server_is_open(const struct server *server)
{
	return server->daemon != NULL;
}

enum status server_open(struct server *server, struct error *err)
{
	if (server->daemon)
		return STATUS_OK;
	/* It may have been lost to another program while it was closed. */
	if (server->held < 0)
		server->held = bind_port(&server->port);
	if (server->held < 0 || listen(server->held, BACKLOG) != 0)
		return error_set(err, STATUS_IO, "port %u on 127.0.0.1: %s (end the program that took it)", server->port, strerror(errno));
	/* Signals are for the main thread. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | (server->threads ? MHD_USE_THREAD_PER_CONNECTION : 0);
	server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, server,
					  MHD_OPTION_LISTEN_SOCKET, server->held, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
					  MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!server->daemon)
		return error_set(err, STATUS_IO, "port %u on 127.0.0.1: the HTTP server does not start (free some file descriptors)", server->port);
	server->held = -1; /* the daemon's now */
	return STATUS_OK;
}

void server_close(struct server *server)
{
	if (!server->daemon)
		return;
	MHD_stop_daemon(server->daemon);
	server->daemon = NULL;
	for (int i = 0; i < REBIND_TRIES && server->held < 0; i++)
		server->held = bind_port(&server->port);
}
