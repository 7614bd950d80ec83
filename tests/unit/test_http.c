/* HTTP against peers that answer, refuse, hang, lie and never stop. The peer is a
 * thread with a raw socket on loopback, so that it can misbehave byte by byte. */
#include "config.h"

#include "base/mem.h"
#include "base/path.h"
#include "io/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	REQUEST_BYTES = 8192,
	TIMEOUT_MS = 300,
};

/* --- the peer ---------------------------------------------------------------------- */

struct peer {
	int listening;
	int port;
	pthread_t thread;
	/* What it does with a connection after a request has come; false ends the connection. */
	bool (*serve)(struct peer *peer, int fd);
	const char *text;
	char request[REQUEST_BYTES]; /* the last one */
	int connections;
	int requests;
};

static bool peer_say(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) >= 0;
}

/* Reads one request with its body; false at the end of the connection. */
static bool peer_hear(struct peer *peer, int fd)
{
	size_t len = 0, body = 0;
	const char *end = NULL, *announced;

	while (!end || len < (size_t)(end + 4 - peer->request) + body) {
		ssize_t got = recv(fd, peer->request + len, sizeof(peer->request) - 1 - len, 0);

		if (got <= 0)
			return false;
		len += (size_t)got;
		peer->request[len] = '\0';
		end = strstr(peer->request, "\r\n\r\n");
		announced = strstr(peer->request, "Content-Length: ");
		body = announced ? strtoul(announced + 16, NULL, 10) : 0;
	}
	peer->requests++;
	return true;
}

static void *peer_run(void *arg)
{
	struct peer *peer = arg;
	int fd;

	while ((fd = accept(peer->listening, NULL, NULL)) >= 0) {
		peer->connections++;
		while (peer_hear(peer, fd) && peer->serve(peer, fd))
			;
		close(fd);
	}
	return NULL;
}

static void peer_start(struct peer *peer, const struct sockaddr *address, socklen_t size)
{
	peer->listening = socket(address->sa_family, SOCK_STREAM, 0);
	assert_true(peer->listening >= 0);
	assert_int_equal(bind(peer->listening, address, size), 0);
	assert_int_equal(listen(peer->listening, 16), 0);
	assert_int_equal(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
}

static void peer_open(struct peer *peer)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	peer_start(peer, (struct sockaddr *)&address, size);
	assert_int_equal(getsockname(peer->listening, (struct sockaddr *)&address, &size), 0);
	peer->port = ntohs(address.sin_port);
}

/* Call when the client has closed its connections, or the thread never looks up. */
static void peer_close(struct peer *peer)
{
	shutdown(peer->listening, SHUT_RDWR);
	pthread_join(peer->thread, NULL);
	close(peer->listening);
}

static bool serve_text(struct peer *peer, int fd)
{
	return peer_say(fd, peer->text);
}

static bool serve_text_and_close(struct peer *peer, int fd)
{
	peer_say(fd, peer->text);
	return false;
}

static bool serve_nothing(struct peer *peer, int fd)
{
	char byte;

	(void)peer;
	return recv(fd, &byte, 1, 0) > 0; /* until the client gives up */
}

static bool serve_reset(struct peer *peer, int fd)
{
	struct linger at_once = {.l_onoff = 1};

	(void)peer;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	return false;
}

static bool serve_endless_body(struct peer *peer, int fd)
{
	static const char chunk[] = "10\r\n0123456789abcdef\r\n";

	peer_say(fd, peer->text);
	while (peer_say(fd, chunk))
		;
	return false;
}

static bool serve_endless_headers(struct peer *peer, int fd)
{
	peer_say(fd, peer->text);
	while (peer_say(fd, "X-More: and more and more and more and more\r\n"))
		;
	return false;
}

static bool serve_endless_line(struct peer *peer, int fd)
{
	peer_say(fd, peer->text);
	peer_say(fd, "X-Long: ");
	while (peer_say(fd, "and more and more and more and more and more and more"))
		;
	return false;
}

static bool serve_drip(struct peer *peer, int fd)
{
	peer_say(fd, peer->text);
	while (peer_say(fd, "x"))
		usleep(20 * 1000);
	return false;
}

/* --- one request ------------------------------------------------------------------------ */

struct told {
	struct loop *loop;
	struct http_reply reply;
	char *body, *why, *location;
	int times;
	int awaited;
};

static void on_done(void *arg, const struct http_reply *reply)
{
	struct told *told = arg;

	told->times++;
	told->reply = *reply;
	mem_set(&told->body, reply->body);
	mem_set(&told->why, reply->why);
	mem_set(&told->location, reply->location);
	if (told->times == told->awaited)
		loop_stop(told->loop);
}

static void told_free(struct told *told)
{
	mem_set(&told->body, NULL);
	mem_set(&told->why, NULL);
	mem_set(&told->location, NULL);
}

static void ask(struct http *http, struct told *told, const struct http_request *request)
{
	told->times = 0;
	told->awaited = 1;
	http_send(http, request, on_done, told);
	assert_int_equal(told->times, 0);
	loop_run(told->loop);
	assert_int_equal(told->times, 1);
}

static void ask_peer(struct peer *peer, struct told *told, struct http_request request)
{
	struct http *http;
	char url[64];

	told->loop = loop_new();
	http = http_new(told->loop, 1);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/path", peer->port);
	request.url = url;
	ask(http, told, &request);
	http_free(http);
	loop_free(told->loop);
}

/* --- cases ---------------------------------------------------------------------------------- */

static void answers_and_misbehaviour(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *name;
		bool (*serve)(struct peer *peer, int fd);
		const char *text;
		struct http_request request;
		enum http_outcome outcome;
		int status;
		const char *body, *why;
	} cases[] = {
		{"answer", serve_text, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", {0}, HTTP_ANSWERED, 200, "ok", ""},
		{"answer without length", serve_text_and_close, "HTTP/1.1 200 OK\r\n\r\nok", {0}, HTTP_ANSWERED, 200, "ok", ""},
		{"answer in chunks", serve_text, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", {0}, HTTP_ANSWERED, 200, "ok", ""},
		{"refusal with its words", serve_text, "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nhost", {0}, HTTP_ANSWERED, 403, "host", ""},
		{"redirect is an answer", serve_text, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", {0}, HTTP_ANSWERED, 302, "", ""},
		{"compressed stays compressed", serve_text, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", {0}, HTTP_ANSWERED, 200, "abc", ""},
		{"body at the limit", serve_text, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n1234", {.body_limit = 4}, HTTP_ANSWERED, 200, "1234", ""},
		{"body over the limit", serve_text_and_close, "HTTP/1.1 200 OK\r\n\r\n12345", {.body_limit = 4}, HTTP_TOO_LARGE, 0, "", "answer over 4 bytes"},
		{"announced over the limit", serve_text, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", {0}, HTTP_TOO_LARGE, 0, "", "answer over 256 KiB"},
		{"endless body", serve_endless_body, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", {.body_limit = 1024 * 1024}, HTTP_TOO_LARGE, 0, "", "answer over 1 MiB"},
		{"endless headers", serve_endless_headers, "HTTP/1.1 200 OK\r\n", {0}, HTTP_TOO_LARGE, 0, "", "headers over 64 KiB"},
		{"endless header line", serve_endless_line, "HTTP/1.1 200 OK\r\n", {0}, HTTP_TOO_LARGE, 0, "", "headers over 64 KiB"},
		{"hangs", serve_nothing, "", {.timeout_ms = TIMEOUT_MS}, HTTP_UNREACHABLE, 0, "", "timeout 300 ms"},
		{"drips", serve_drip, "HTTP/1.1 200 OK\r\n\r\n", {.timeout_ms = TIMEOUT_MS}, HTTP_UNREACHABLE, 0, "", "timeout 300 ms"},
		{"cut in the body", serve_text_and_close, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", {0}, HTTP_UNREACHABLE, 0, "", "connection cut"},
		{"closed at once", serve_text_and_close, "", {0}, HTTP_UNREACHABLE, 0, "", "connection closed without an answer"},
		{"reset", serve_reset, "", {0}, HTTP_UNREACHABLE, 0, "", "connection reset"},
		{"no HTTP", serve_text_and_close, "SSH-2.0-OpenSSH_9.2\r\n", {0}, HTTP_UNREACHABLE, 0, "", "not HTTP"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct peer peer = {.serve = cases[i].serve, .text = cases[i].text};
		struct told told = {0};

		print_message("  %s\n", cases[i].name);
		peer_open(&peer);
		ask_peer(&peer, &told, cases[i].request);
		peer_close(&peer);
		assert_string_equal(told.why, cases[i].why);
		assert_int_equal(told.reply.outcome, cases[i].outcome);
		assert_int_equal(told.reply.status, cases[i].status);
		assert_string_equal(told.body, cases[i].body);
		assert_true(told.reply.total_us > 0);
		assert_int_equal(peer.requests, 1);
		told_free(&told);
	}
}

static void redirects_are_named(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *name, *text, *location;
	} cases[] = {
		{"elsewhere", "HTTP/1.1 302 Found\r\nLocation: https://rpc.example.com/v1\r\nContent-Length: 0\r\n\r\n", "https://rpc.example.com/v1"},
		{"with a secret", "HTTP/1.1 307 Elsewhere\r\nLocation: http://user:geheim@10.0.0.1/\r\nContent-Length: 0\r\n\r\n", "http://***@10.0.0.1/"},
		{"to a file", "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", NULL},
		{"to nowhere", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", NULL},
		{"no redirect", "HTTP/1.1 200 OK\r\nLocation: https://rpc.example.com/\r\nContent-Length: 0\r\n\r\n", NULL},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct peer peer = {.serve = serve_text, .text = cases[i].text};
		struct told told = {0};

		print_message("  %s\n", cases[i].name);
		peer_open(&peer);
		ask_peer(&peer, &told, (struct http_request){0});
		peer_close(&peer);
		assert_int_equal(peer.requests, 1);
		assert_string_equal(told.location ? told.location : "", cases[i].location ? cases[i].location : "");
		told_free(&told);
	}
}

static void dates_are_read(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *name, *text;
		int64_t date_s, retry_after_s;
	} cases[] = {
		{"none", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 0, 0},
		{"seconds", "HTTP/1.1 503 Busy\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after:  17 \r\nContent-Length: 0\r\n\r\n", 784111777, 17},
		{"a date, by the peer's own clock", "HTTP/1.1 429 Slow\r\nRetry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n", 784111777, 60},
		{"a date gone by", "HTTP/1.1 503 Busy\r\nRetry-After: Sun, 06 Nov 1994 08:48:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n", 784111777, 0},
		{"absurd", "HTTP/1.1 503 Busy\r\nRetry-After: 99999999999999999999999\r\nDate: yesterday\r\nContent-Length: 0\r\n\r\n", 0, 86400},
		{"nonsense", "HTTP/1.1 503 Busy\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct peer peer = {.serve = serve_text, .text = cases[i].text};
		struct told told = {0};

		print_message("  %s\n", cases[i].name);
		peer_open(&peer);
		ask_peer(&peer, &told, (struct http_request){0});
		peer_close(&peer);
		assert_int_equal(told.reply.date_us, cases[i].date_s * US_PER_S);
		assert_int_equal(told.reply.retry_after_s, cases[i].retry_after_s);
		told_free(&told);
	}
}

static void request_is_what_was_asked(void **state TOCSIN_UNUSED)
{
	static const char *const key[] = {"X-Api-Key: secret", NULL};
	static const struct {
		const char *name;
		struct http_request request;
		const char *has[4];
		const char *lacks;
	} cases[] = {
		{"GET", {0}, {"GET /path HTTP/1.1\r\n", "Host: 127.0.0.1:", "User-Agent: tocsin/"}, "Content-Type"},
		{"POST", {.body = "{\"a\":1}", .body_len = 7}, {"POST /path HTTP/1.1\r\n", "Content-Type: application/json\r\n", "Content-Length: 7\r\n", "\r\n\r\n{\"a\":1}"}, "Expect"},
		{"PUT of another type", {.method = "PUT", .body = "x", .body_len = 1, .content_type = "text/plain"}, {"PUT /path HTTP/1.1\r\n", "Content-Type: text/plain\r\n"}, "json"},
		{"own header", {.headers = key}, {"X-Api-Key: secret\r\n"}, "Accept-Encoding"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct peer peer = {.serve = serve_text, .text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
		struct told told = {0};

		print_message("  %s\n", cases[i].name);
		peer_open(&peer);
		ask_peer(&peer, &told, cases[i].request);
		peer_close(&peer);
		for (size_t part = 0; part < ARRAY_LENGTH(cases[i].has) && cases[i].has[part]; part++)
			assert_non_null(strstr(peer.request, cases[i].has[part]));
		assert_null(strstr(peer.request, cases[i].lacks));
		told_free(&told);
	}
}

static void what_is_wrong_here_is_told(void **state TOCSIN_UNUSED)
{
	static const char *const split[] = {"X-Key: a\r\nX-Other: b", NULL};
	static const struct {
		const char *name;
		struct http_request request;
		enum http_outcome outcome;
		const char *why;
	} cases[] = {
		{"no URL", {.url = NULL}, HTTP_BAD_REQUEST, "URL missing or too long"},
		{"empty URL", {.url = ""}, HTTP_BAD_REQUEST, "not a URL"},
		{"local file", {.url = "file:///etc/passwd"}, HTTP_BAD_REQUEST, "not an http or https URL"},
		{"other scheme", {.url = "gopher://127.0.0.1/"}, HTTP_BAD_REQUEST, "not an http or https URL"},
		{"no scheme", {.url = "127.0.0.1:8545"}, HTTP_BAD_REQUEST, "not a URL"},
		{"split header", {.url = "http://127.0.0.1:1/", .headers = split}, HTTP_BAD_REQUEST, "a header is not one line of name and value"},
		{"refused", {.url = "http://127.0.0.1:1/"}, HTTP_UNREACHABLE, "connection refused"},
		{"no such host", {.url = "http://a-label-of-more-than-sixty-three-characters-is-never-asked-of-a-name-server/"}, HTTP_UNREACHABLE, "host not found"},
		{"no such socket", {.url = "http://localhost/", .unix_socket = "/no/such/socket"}, HTTP_UNREACHABLE, "no such socket"},
		{"no such authority", {.url = "https://127.0.0.1:1/", .ca_file = "/no/such/file"}, HTTP_UNREACHABLE, "connection refused"},
	};
	struct told told = {.loop = loop_new()};
	struct http *http = http_new(told.loop, 1000);

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		print_message("  %s\n", cases[i].name);
		ask(http, &told, &cases[i].request);
		assert_string_equal(told.why, cases[i].why);
		assert_int_equal(told.reply.outcome, cases[i].outcome);
		assert_int_equal(told.reply.status, 0);
	}
	http_free(http);
	loop_free(told.loop);
	told_free(&told);
}

static void connection_is_kept_alive(void **state TOCSIN_UNUSED)
{
	struct peer peer = {.serve = serve_text, .text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"};
	struct told told = {.loop = loop_new()};
	struct http *http = http_new(told.loop, 1000);
	char url[64];

	peer_open(&peer);
	for (int i = 0; i < 20; i++) {
		snprintf(url, sizeof(url), "http://127.0.0.1:%d/%d", peer.port, i);
		ask(http, &told, &(struct http_request){.url = url});
		assert_int_equal(told.reply.status, 200);
	}
	http_free(http);
	peer_close(&peer);
	assert_int_equal(peer.requests, 20);
	assert_int_equal(peer.connections, 1);
	loop_free(told.loop);
	told_free(&told);
}

static void unix_socket_is_spoken_to(void **state TOCSIN_UNUSED)
{
	struct peer peer = {.serve = serve_text, .text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct told told = {.loop = loop_new()};
	struct http *http = http_new(told.loop, 1);
	char directory[] = "/tmp/tocsin-test-XXXXXX";

	assert_non_null(mkdtemp(directory));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", directory);
	peer_start(&peer, (struct sockaddr *)&address, sizeof(address));
	ask(http, &told, &(struct http_request){.url = "http://localhost/", .unix_socket = address.sun_path});
	assert_string_equal(told.body, "ok");
	http_free(http);
	peer_close(&peer);
	loop_free(told.loop);
	unlink(address.sun_path);
	rmdir(directory);
	told_free(&told);
}

/* A callback that cancels a neighbour in flight and starts a call of its own. */
struct busy {
	struct told told;
	struct http *http;
	struct http_call *neighbour;
	char url[64];
};

static void cancel_and_start(void *arg, const struct http_reply *reply)
{
	struct busy *busy = arg;

	assert_int_equal(reply->status, 200);
	http_cancel(busy->neighbour);
	http_send(busy->http, &(struct http_request){.url = busy->url}, on_done, &busy->told);
}

static void must_not_come(void *arg TOCSIN_UNUSED, const struct http_reply *reply TOCSIN_UNUSED)
{
	fail_msg("a cancelled call was answered");
}

static void callbacks_start_and_cancel(void **state TOCSIN_UNUSED)
{
	struct peer good = {.serve = serve_text, .text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"};
	struct peer hung = {.serve = serve_nothing};
	struct busy busy = {.told = {.loop = loop_new(), .awaited = 1}};
	char url[64];

	peer_open(&good);
	peer_open(&hung);
	busy.http = http_new(busy.told.loop, 2);
	snprintf(busy.url, sizeof(busy.url), "http://127.0.0.1:%d/", good.port);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", hung.port);
	busy.neighbour = http_send(busy.http, &(struct http_request){.url = url}, must_not_come, NULL);
	http_cancel(http_send(busy.http, &(struct http_request){.url = "bad"}, must_not_come, NULL));
	http_cancel(NULL);
	http_send(busy.http, &(struct http_request){.url = busy.url}, cancel_and_start, &busy);
	loop_run(busy.told.loop);
	assert_int_equal(busy.told.times, 1);
	assert_string_equal(busy.told.body, "ok");
	http_send(busy.http, &(struct http_request){.url = url}, must_not_come, NULL);
	loop_poll(busy.told.loop);
	http_free(busy.http);
	loop_free(busy.told.loop);
	peer_close(&good);
	peer_close(&hung);
	told_free(&busy.told);
}

static void one_hung_peer_delays_no_other(void **state TOCSIN_UNUSED)
{
	struct peer good = {.serve = serve_text, .text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"};
	struct peer hung = {.serve = serve_nothing};
	struct told slow = {0}, told = {.loop = loop_new()};
	struct http *http = http_new(told.loop, 2);
	char good_url[64], hung_url[64];

	slow.loop = told.loop;
	peer_open(&good);
	peer_open(&hung);
	snprintf(good_url, sizeof(good_url), "http://127.0.0.1:%d/", good.port);
	snprintf(hung_url, sizeof(hung_url), "http://127.0.0.1:%d/", hung.port);
	http_send(http, &(struct http_request){.url = hung_url, .timeout_ms = 60 * 1000}, on_done, &slow);
	for (int i = 0; i < 10; i++)
		ask(http, &told, &(struct http_request){.url = good_url});
	assert_int_equal(slow.times, 0);
	http_free(http);
	loop_free(told.loop);
	peer_close(&good);
	peer_close(&hung);
	told_free(&told);
}

static void proxies_of_the_environment_are_ignored(void **state TOCSIN_UNUSED)
{
	struct peer peer = {.serve = serve_text, .text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
	struct told told = {0};

	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
	peer_open(&peer);
	ask_peer(&peer, &told, (struct http_request){0});
	peer_close(&peer);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	assert_int_equal(told.reply.status, 200);
	told_free(&told);
}

/* --- certificates ------------------------------------------------------------------------- */

static char *fixture_read(const char *name)
{
	char *path = xasprintf("%s/io/tls/%s", getenv("TOCSIN_FIXTURES"), name);
	struct error err = {0};
	struct buf text;

	buf_init(&text, 16 * 1024);
	if (file_read(path, text.limit, &text, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	free(path);
	return buf_take(&text);
}

static enum MHD_Result https_answer(void *arg TOCSIN_UNUSED, struct MHD_Connection *connection, const char *url TOCSIN_UNUSED, const char *method TOCSIN_UNUSED,
				    const char *version TOCSIN_UNUSED, const char *upload TOCSIN_UNUSED, size_t *upload_size TOCSIN_UNUSED, void **state TOCSIN_UNUSED)
{
	static char text[] = "ok";
	struct MHD_Response *response = MHD_create_response_from_buffer(2, text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result = MHD_queue_response(connection, 200, response);

	MHD_destroy_response(response);
	return result;
}

static void ask_https(const char *certificate, const char *authority, struct told *told)
{
	char *key = fixture_read("key.pem"), *cert = fixture_read(certificate);
	char *ca_file = authority ? xasprintf("%s/io/tls/%s", getenv("TOCSIN_FIXTURES"), authority) : NULL;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct MHD_Daemon *peer = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS, 0, NULL, NULL, https_answer, NULL,
						   MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_HTTPS_MEM_CERT, cert, MHD_OPTION_END);
	struct http *http;
	char url[64];

	assert_non_null(peer);
	told->loop = loop_new();
	http = http_new(told->loop, 1);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", MHD_get_daemon_info(peer, MHD_DAEMON_INFO_BIND_PORT)->port);
	ask(http, told, &(struct http_request){.url = url, .ca_file = ca_file});
	http_free(http);
	loop_free(told->loop);
	MHD_stop_daemon(peer);
	free(ca_file);
	free(cert);
	free(key);
}

static void certificates_are_checked(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *name, *certificate, *authority;
		enum http_outcome outcome;
		const char *why;
	} cases[] = {
		{"trusted", "good.pem", "authority.pem", HTTP_ANSWERED, ""},
		{"unknown authority", "good.pem", NULL, HTTP_UNREACHABLE, "certificate not trusted"},
		{"own signature", "stranger.pem", "authority.pem", HTTP_UNREACHABLE, "certificate not trusted"},
		{"expired", "expired.pem", "authority.pem", HTTP_UNREACHABLE, "certificate expired"},
		{"another host", "other.pem", "authority.pem", HTTP_UNREACHABLE, "certificate of another host"},
		{"authority missing", "good.pem", "no-such.pem", HTTP_BAD_REQUEST, "certificate authority file cannot be read"},
	};
	const int64_t good_until_s = INT64_C(4859740800); /* 2124-01-01 */

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct told told = {0};

		print_message("  %s\n", cases[i].name);
		ask_https(cases[i].certificate, cases[i].authority, &told);
		assert_string_equal(told.why, cases[i].why);
		assert_int_equal(told.reply.outcome, cases[i].outcome);
		if (told.reply.outcome == HTTP_ANSWERED)
			assert_int_equal(told.reply.certificate_expiry_us, good_until_s * US_PER_S);
		told_free(&told);
	}
}

static void plain_peer_is_no_tls(void **state TOCSIN_UNUSED)
{
	struct peer peer = {.serve = serve_text, .text = ""};
	struct told told = {.loop = loop_new()};
	struct http *http = http_new(told.loop, 1);
	char url[64];

	peer_open(&peer);
	/* The handshake holds no empty line, so this peer waits for more of it. */
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", peer.port);
	ask(http, &told, &(struct http_request){.url = url, .connect_timeout_ms = TIMEOUT_MS});
	assert_int_equal(told.reply.outcome, HTTP_UNREACHABLE);
	assert_string_equal(told.why, "connect timeout 300 ms");
	http_free(http);
	loop_free(told.loop);
	peer_close(&peer);
	told_free(&told);
}

static void urls_are_masked(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *url, *shown;
	} cases[] = {
		{"http://node-0:8545", "http://node-0:8545"},
		{"http://[::1]:8545/", "http://[::1]:8545/"},
		{"https://user:pass@host:8545/rpc", "https://***@host:8545/rpc"},
		{"https://user@host", "https://***@host"},
		{"https://a@b:pass@host/", "https://***@host/"},
		{"https://host/v3/0123456789abcdef0123456789ABCDEF", "https://host/v3/***"},
		{"https://host/v2/aB3dE5gH7jK9mN1p/more", "https://host/v2/***/more"},
		{"https://host/v2/AbCdEfGhIjKlMnOpQr", "https://host/v2/***"},
		{"https://host/12345678901234567890", "https://host/***"},
		{"https://host/api/validator-status/v1", "https://host/api/validator-status/v1"},
		{"https://host/short1key", "https://host/short1key"},
		{"https://host/rpc?apikey=abc#x", "https://host/rpc?***"},
		{"https://host/rpc#token", "https://host/rpc#***"},
		{"https://host?k=v", "https://host?***"},
		{"https://user:pa?ss@host/", "https://user:***?***"},
		{"https://user:pa/ss@host/", "https://user:***/***/"},
		{"user:pass@host:8545/x", "***@host:8545/x"},
		{"host:8545/r?next=http://u:p@h", "host:8545/r?***"},
		{"postgresql://tocsin:pw@db/record", "postgresql://***@db/record"},
		{"", ""},
	};
	char shown[256], small[8];

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
		assert_string_equal(http_mask_url(shown, sizeof(shown), cases[i].url), cases[i].shown);
	assert_null(strchr(http_mask_url(shown, sizeof(shown), "http://h/\x1b]0;x\a"), '\x1b'));
	assert_string_equal(http_mask_url(small, sizeof(small), "http://host"), "http://");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_and_misbehaviour),
		cmocka_unit_test(redirects_are_named),
		cmocka_unit_test(dates_are_read),
		cmocka_unit_test(request_is_what_was_asked),
		cmocka_unit_test(what_is_wrong_here_is_told),
		cmocka_unit_test(connection_is_kept_alive),
		cmocka_unit_test(unix_socket_is_spoken_to),
		cmocka_unit_test(callbacks_start_and_cancel),
		cmocka_unit_test(one_hung_peer_delays_no_other),
		cmocka_unit_test(proxies_of_the_environment_are_ignored),
		cmocka_unit_test(certificates_are_checked),
		cmocka_unit_test(plain_peer_is_no_tls),
		cmocka_unit_test(urls_are_masked),
	};

	alarm(120); /* an answer that never comes would hang us */
	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
