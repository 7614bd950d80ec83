#include "config.h"

#include "peer.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "bench.h"
#include "drill/answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	REQUEST_BYTES = 8 * 1024,
	READY_AT_ONCE = 256,
	ANSWERS = 256, /* a power of two: remembered answers to whole bodies */
	PER_NETWORK = 250,
	BLOCKS_BEFORE = 200,
	TICK_MS = 50,
};

struct connection {
	int fd;
	size_t node;
	size_t used;
	char bytes[REQUEST_BYTES];
};

/* What a body was answered: nodes ask the same over and over. */
struct answer {
	char *body;
	size_t body_len;
	struct buf response;
};

struct server {
	struct peer_counts *counts;
	struct engine *engine;
	int epoll;
	int64_t started_us;
	int moving;
	uint64_t head;
	struct answer answers[ANSWERS];
};

static const char unavailable[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";

/* --- answers ---------------------------------------------------------------------- */

static void forget_answers(struct server *server)
{
	for (size_t i = 0; i < ANSWERS; i++) {
		free(server->answers[i].body);
		buf_free(&server->answers[i].response);
		server->answers[i] = (struct answer){0};
	}
}

static void live(struct server *server)
{
	if (!server->moving)
		return;
	engine_advance(server->engine, clock_wall_us(clock_system()));
	if (server->engine->head == server->head)
		return;
	server->head = server->engine->head;
	forget_answers(server);
}

static const struct buf *answer_to(struct server *server, const char *body, size_t len)
{
	uint32_t hash = 2166136261U;
	struct buf json;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)body[i]) * 16777619U;
	struct answer *answer = &server->answers[hash % ANSWERS];
	if (answer->body && answer->body_len == len && memcmp(answer->body, body, len) == 0)
		return &answer->response;
	free(answer->body);
	buf_free(&answer->response);
	buf_init(&json, ANSWER_BYTES_MAX);
	buf_init(&answer->response, ANSWER_BYTES_MAX);
	unsigned status = answer_rpc(server->engine, engine_find(server->engine, "besu-rpc-0"), body, len, &json);
	buf_printf(&answer->response, "HTTP/1.1 %u OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", status, json.len);
	buf_add(&answer->response, json.data, json.len);
	buf_free(&json);
	answer->body = xstrndup(body, len);
	answer->body_len = len;
	return &answer->response;
}

/* --- connections ------------------------------------------------------------------- */

static void hang_up(struct connection *connection)
{
	close(connection->fd);
	free(connection);
}

/* Answers are far smaller than a socket's buffer: what does not fit is a broken client. */
static int respond(struct server *server, struct connection *connection, const char *body, size_t len)
{
	int mode = atomic_load(&server->counts->mode);
	const char *bytes = unavailable;
	size_t size = sizeof(unavailable) - 1;

	if (mode == PEER_HANGS || (mode == PEER_FIFTH_FAILS && connection->node % 10 == 0))
		return 1;
	if (mode == PEER_HEALTHY || connection->node % 10 != 5) {
		const struct buf *response = answer_to(server, body, len);
		bytes = response->data;
		size = response->len;
	}
	atomic_fetch_add(&server->counts->answered, 1);
	return send(connection->fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static size_t body_length(const char *headers)
{
	static const char name[] = "content-length:";

	for (const char *line = headers; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncasecmp(line, name, sizeof(name) - 1) == 0)
			return strtoul(line + sizeof(name) - 1, NULL, 10);
	}
	return 0;
}

/* Answers the request once it is whole. False: the connection is over. */
static int take_request(struct server *server, struct connection *connection)
{
	char *end;

	connection->bytes[connection->used] = '\0';
	end = strstr(connection->bytes, "\r\n\r\n");
	if (!end)
		return connection->used < REQUEST_BYTES - 1;
	*end = '\0';
	size_t len = body_length(connection->bytes), before = (size_t)(end - connection->bytes) + 4;
	*end = '\r';
	if (before + len >= REQUEST_BYTES)
		return 0;
	if (connection->used < before + len)
		return 1;
	connection->used = 0;
	return respond(server, connection, connection->bytes + before, len);
}

static void on_ready(struct server *server, struct connection *connection)
{
	ssize_t n = recv(connection->fd, connection->bytes + connection->used, REQUEST_BYTES - 1 - connection->used, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		connection->used += (size_t)n;
	if (n <= 0 || !take_request(server, connection))
		hang_up(connection);
}

static void on_newcomers(struct server *server, int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct connection *connection = xcalloc(1, sizeof(*connection));
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
		struct sockaddr_in own = {0};
		socklen_t size = sizeof(own);

		connection->fd = fd;
		if (getsockname(fd, (struct sockaddr *)&own, &size) == 0) {
			uint32_t place = ntohl(own.sin_addr.s_addr);
			connection->node = (place >> 8 & 255) * PER_NETWORK + (place & 255) - 1;
		}
		atomic_fetch_add(&server->counts->accepted, 1);
		epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
	}
}

/* --- the process --------------------------------------------------------------------- */

static void serve(int listener, struct peer_counts *counts, int moving)
{
	struct server server = {.counts = counts, .moving = moving};
	struct epoll_event ready[READY_AT_ONCE], event = {.events = EPOLLIN, .data.ptr = NULL};
	int64_t now_us = clock_wall_us(clock_system());
	struct engine_config config = {.validators = 4, .rpc_nodes = 1, .seed = 1, .chain_id = 138, .first_block = 1000, .start_us = (now_us / US_PER_S - BLOCKS_BEFORE) * US_PER_S, .period_us = US_PER_S, .timeout_us = 2 * US_PER_S};

	server.engine = engine_new(&config);
	engine_advance(server.engine, now_us);
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(server.epoll, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		int count = epoll_wait(server.epoll, ready, READY_AT_ONCE, TICK_MS);
		live(&server);
		for (int i = 0; i < count; i++) {
			if (ready[i].data.ptr)
				on_ready(&server, ready[i].data.ptr);
			else
				on_newcomers(&server, listener);
		}
	}
}

void peer_start(struct peer *peer, int moving)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	socklen_t size = sizeof(any);
	struct rlimit files;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	bench_need(listener >= 0 && bind(listener, (struct sockaddr *)&any, sizeof(any)) == 0 && listen(listener, 4096) == 0, "listening");
	getsockname(listener, (struct sockaddr *)&any, &size);
	peer->port = ntohs(any.sin_port);
	peer->counts = bench_shared(sizeof(*peer->counts));
	peer->pid = fork();
	bench_need(peer->pid >= 0, "starting the peer");
	if (peer->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener, peer->counts, moving);
	}
	close(listener);
}

void peer_stop(struct peer *peer)
{
	kill(peer->pid, SIGKILL);
	waitpid(peer->pid, NULL, 0);
	munmap(peer->counts, sizeof(*peer->counts));
}

void peer_set(struct peer *peer, enum peer_mode mode)
{
	atomic_store(&peer->counts->mode, mode);
}

struct sockaddr_in peer_address(const struct peer *peer, size_t i)
{
	uint32_t place = 127U << 24 | 1U << 16 | (uint32_t)(i / PER_NETWORK) << 8 | ((uint32_t)(i % PER_NETWORK) + 1);

	return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(peer->port), .sin_addr.s_addr = htonl(place)};
}

char *peer_url(char dst[PEER_URL], const struct peer *peer, size_t i)
{
	return text_format(dst, PEER_URL, "http://127.1.%zu.%zu:%u", i / PER_NETWORK, i % PER_NETWORK + 1, peer->port);
}
