/* The floor of polling: one thread, one epoll, one kept connection for each peer, and
 * nothing else. It sends the same request and reads the same answer as the program. */
#include "config.h" /* first: it opens the system's extensions */

#include "raw.h"

#include "base/clock.h"
#include "base/mem.h"
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ANSWER_BYTES = 64 * 1024,
	READY_AT_ONCE = 256,
};

struct connection {
	int fd;
	size_t got, whole; /* bytes of the answer, and how many it has once that is known */
};

struct raw {
	int epoll;
	char *request;
	size_t len;
	struct connection *connections;
	size_t count;
	size_t waiting;
};

static void ask(struct raw *raw, struct connection *connection)
{
	connection->got = connection->whole = 0;
	raw->waiting++;
	bench_need(send(connection->fd, raw->request, raw->len, MSG_NOSIGNAL) == (ssize_t)raw->len, "sending a raw request");
}

/* How long the answer is, from its headers; 0 while they are not all there. */
static size_t whole_length(char *bytes, size_t len)
{
	static const char name[] = "\r\nContent-Length:";
	char *end, *at;

	bytes[len] = '\0';
	end = strstr(bytes, "\r\n\r\n");
	at = end ? strcasestr(bytes, name) : NULL;
	return at ? (size_t)(end - bytes) + 4 + strtoul(at + sizeof(name) - 1, NULL, 10) : 0;
}

static void hear(struct raw *raw, struct connection *connection)
{
	static char bytes[ANSWER_BYTES + 1];
	ssize_t n = recv(connection->fd, bytes, ANSWER_BYTES, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	bench_need(n > 0, "reading a raw answer");
	if (connection->whole == 0)
		connection->whole = whole_length(bytes, (size_t)n);
	connection->got += (size_t)n;
	if (connection->whole > 0 && connection->got >= connection->whole)
		raw->waiting--;
}

static void ask_all(struct raw *raw)
{
	struct epoll_event ready[READY_AT_ONCE];

	for (size_t i = 0; i < raw->count; i++)
		ask(raw, &raw->connections[i]);
	while (raw->waiting > 0) {
		int count = epoll_wait(raw->epoll, ready, READY_AT_ONCE, 5000);
		bench_need(count > 0, "waiting for raw answers");
		for (int i = 0; i < count; i++)
			hear(raw, ready[i].data.ptr);
	}
}

static void dial(struct raw *raw, const struct peer *peer)
{
	for (size_t i = 0; i < raw->count; i++) {
		struct sockaddr_in to = peer_address(peer, i);
		struct connection *connection = &raw->connections[i];
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

		connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		bench_need(connection->fd >= 0 && connect(connection->fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connecting");
		epoll_ctl(raw->epoll, EPOLL_CTL_ADD, connection->fd, &event);
	}
}

double raw_cost(const struct peer *peer, size_t count, int rounds, const char *body)
{
	struct raw raw = {.epoll = epoll_create1(EPOLL_CLOEXEC), .count = count};

	raw.request = xasprintf("POST / HTTP/1.1\r\nHost: 127.1.0.1:%u\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
				peer->port, strlen(body), body);
	raw.len = strlen(raw.request);
	raw.connections = xcalloc(count, sizeof(*raw.connections));
	dial(&raw, peer);
	ask_all(&raw);
	double before = bench_cpu();
	for (int i = 0; i < rounds; i++)
		ask_all(&raw);
	double used = bench_cpu() - before;
	for (size_t i = 0; i < count; i++)
		close(raw.connections[i].fd);
	close(raw.epoll);
	free(raw.connections);
	free(raw.request);
	return used / ((double)rounds * (double)count);
}
