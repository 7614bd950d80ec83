/* faulty: a JSON-RPC node that misbehaves, on each port in another way, on raw sockets so
 * that nothing keeps it from it. Prints a line for each fault, "PORT NAME what it does",
 * then an empty one, and serves on loopback until its standard input ends. */
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	REQUEST_BYTES = 256 << 10,
	ANSWER_BYTES = 4 << 20,
	DRIP_MS = 50,
};

/* Strings that a terminal, a spreadsheet or a reader of JSON would fall for. */
#define HOSTILE "\\u001b[31mred\\u001b]0;pwned\\u0007\\u202ertl\\u2066\\u200b\\u009b2J=1+1<b>\\\\"

/* How an answer differs from a good one. */
enum {
	WRONG_IDS = 1,
	WRONG_TYPES = 2,
	HUGE_NUMBERS = 4,
	DUPLICATE_KEYS = 8,
	HOSTILE_STRINGS = 16,
	ONLY_ERRORS = 32,
	NULL_RESULTS = 64,
	SAME_ID = 128,
};

static int64_t now_s(void)
{
	return (int64_t)time(NULL);
}

static void put_block(struct buf *out, unsigned manner)
{
	int64_t height = now_s() - INT64_C(1700000000);
	const char *huge = manner & HUGE_NUMBERS ? "ffffffffffffffffffffffffffffffffffff" : "";

	buf_printf(out, "{\"number\":\"0x%" PRIx64 "%s\",\"timestamp\":\"0x%" PRIx64 "%s\",\"hash\":\"0x%064" PRIx64 "\",\"parentHash\":\"0x%064" PRIx64 "\"", height, huge, now_s(), huge, height, height - 1);
	if (manner & HOSTILE_STRINGS)
		buf_puts(out, ",\"extraData\":\"" HOSTILE "\",\"" HOSTILE "\":\"" HOSTILE "\"");
	if (manner & HUGE_NUMBERS)
		buf_puts(out, ",\"gasUsed\":1e400,\"size\":99999999999999999999999999999999");
	buf_puts(out, "}");
}

static void put_result(struct buf *out, const char *method, unsigned manner)
{
	static const struct {
		const char *method, *good;
	} results[] = {{"eth_chainId", "\"0x8a\""}, {"net_peerCount", "\"0x3\""}, {"eth_syncing", "false"}, {"web3_clientVersion", "\"faulty/v1\""}};
	const char *good = NULL;

	for (size_t i = 0; i < ARRAY_LENGTH(results); i++) {
		if (strcmp(method, results[i].method) == 0)
			good = results[i].good;
	}
	if (manner & ONLY_ERRORS || (!good && strcmp(method, "eth_getBlockByNumber") != 0)) {
		buf_printf(out, "\"error\":{\"code\":%d,\"message\":\"%s\"}", manner & ONLY_ERRORS ? -32000 : -32601, manner & HOSTILE_STRINGS ? HOSTILE : "Method not found");
		return;
	}
	buf_puts(out, "\"result\":");
	if (manner & NULL_RESULTS)
		buf_puts(out, "null");
	else if (manner & WRONG_TYPES)
		buf_puts(out, strcmp(method, "eth_syncing") == 0 ? "\"0x1\"" : "[{\"number\":7},[],true]");
	else if (!good)
		put_block(out, manner);
	else if (manner & HOSTILE_STRINGS && strcmp(method, "web3_clientVersion") == 0)
		buf_puts(out, "\"" HOSTILE "\"");
	else if (manner & HUGE_NUMBERS && strcmp(method, "net_peerCount") == 0)
		buf_puts(out, "\"0xffffffffffffffffffffffff\"");
	else
		buf_puts(out, good);
	if (manner & DUPLICATE_KEYS)
		buf_puts(out, ",\"result\":null");
}

static void put_member(struct buf *out, const struct json *request, unsigned manner)
{
	const char *method = json_string(json_get(request, "method"));
	int64_t id = 0;

	if (!json_i64(json_get(request, "id"), &id))
		id = 0;
	if (manner & WRONG_IDS)
		id += 1000;
	if (manner & SAME_ID)
		id = 1;
	buf_printf(out, "{\"jsonrpc\":\"2.0\",\"id\":%" PRId64 ",", id);
	put_result(out, method ? method : "", manner);
	buf_puts(out, "}");
}

/* The answer to a request, single or batch, in that manner. */
static void answer(const char *body, unsigned manner, struct buf *out)
{
	struct json *root = json_parse(body, strlen(body), ANSWER_BYTES, NULL);

	if (json_is_array(root)) {
		buf_puts(out, "[");
		for (const struct json *request = json_first(root); request; request = json_next(request)) {
			put_member(out, request, manner);
			buf_puts(out, json_next(request) ? "," : "]");
		}
	} else {
		put_member(out, root, manner);
	}
	json_free(root);
}

/* --- sending ------------------------------------------------------------------------- */

/* False when the peer has gone, which ends every endless fault. */
static bool put_bytes(int fd, const void *bytes, size_t len)
{
	for (const char *at = bytes; len > 0;) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool put_text(int fd, const char *text)
{
	return put_bytes(fd, text, strlen(text));
}

static void put_reply(int fd, const char *head, const void *body, size_t len)
{
	char length[64];

	snprintf(length, sizeof(length), "Content-Length: %zu\r\n\r\n", len);
	if (put_text(fd, head) && put_text(fd, length))
		put_bytes(fd, body, len);
}

static void pause_ms(long ms)
{
	struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	nanosleep(&pause, NULL);
}

static void wait_for_goodbye(int fd)
{
	char byte;
	while (recv(fd, &byte, 1, 0) > 0)
		continue;
}

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

/* --- the faults ------------------------------------------------------------------------ */

struct fault {
	const char *name;
	void (*serve)(int fd, const struct fault *fault, const char *body);
	const char *help;
	unsigned manner;
	const char *head; /* NULL: a good one */
	const char *text; /* what follows the head, or is repeated */
	size_t len;       /* of text, where it holds a NUL; 0: strlen */
};

static const char *head_of(const struct fault *fault)
{
	return fault->head ? fault->head : OK_HEAD;
}

/* A whole answer in the fault's manner. */
static void serve_answer(int fd, const struct fault *fault, const char *body)
{
	struct buf out;

	buf_init(&out, ANSWER_BYTES);
	answer(body, fault->manner, &out);
	put_reply(fd, head_of(fault), buf_text(&out), out.len);
	buf_free(&out);
}

static void serve_twice(int fd, const struct fault *fault, const char *body)
{
	serve_answer(fd, fault, body);
	serve_answer(fd, fault, body);
}

/* A text, whatever was asked. */
static void serve_text(int fd, const struct fault *fault, const char *body)
{
	(void)body;
	put_reply(fd, head_of(fault), fault->text, fault->len ? fault->len : strlen(fault->text));
}

/* The head alone, as it is; then the connection ends, or waits. */
static void serve_raw(int fd, const struct fault *fault, const char *body)
{
	(void)body;
	put_text(fd, fault->head);
}

static void serve_raw_and_wait(int fd, const struct fault *fault, const char *body)
{
	(void)body;
	if (put_text(fd, fault->head))
		wait_for_goodbye(fd);
}

static void serve_endless(int fd, const struct fault *fault, const char *body)
{
	(void)body;
	if (!put_text(fd, fault->head))
		return;
	while (put_text(fd, fault->text))
		continue;
}

static void serve_drip(int fd, const struct fault *fault, const char *body)
{
	(void)body;
	if (!put_text(fd, fault->head))
		return;
	for (const char *at = fault->text; *at && put_bytes(fd, at, 1); at++)
		pause_ms(DRIP_MS);
	wait_for_goodbye(fd);
}

static void serve_reset(int fd, const struct fault *fault, const char *body)
{
	struct linger linger = {.l_onoff = 1};

	(void)fault;
	(void)body;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* Half of the good answer: under its own length, or under the whole one's. */
static void serve_half(int fd, const char *body, bool honest)
{
	struct buf out;
	char head[128];

	buf_init(&out, ANSWER_BYTES);
	answer(body, 0, &out);
	snprintf(head, sizeof(head), OK_HEAD "Content-Length: %zu\r\n\r\n", honest ? out.len / 2 : out.len);
	if (put_text(fd, head))
		put_bytes(fd, buf_text(&out), out.len / 2);
	buf_free(&out);
}

static void serve_cut_json(int fd, const struct fault *fault, const char *body)
{
	(void)fault;
	serve_half(fd, body, true);
}

static void serve_cut_body(int fd, const struct fault *fault, const char *body)
{
	(void)fault;
	serve_half(fd, body, false);
}

static void serve_deep(int fd, const struct fault *fault, const char *body)
{
	enum { DEPTH = 60000 };
	char *text = xmalloc(2 * DEPTH);

	(void)body;
	memset(text, '[', DEPTH);
	memset(text + DEPTH, ']', DEPTH);
	put_reply(fd, head_of(fault), text, 2 * DEPTH);
	free(text);
}

static size_t put_bits(uint8_t *stream, size_t bit, const char *bits)
{
	for (; *bits; bits++, bit++)
		stream[bit / 8] |= (uint8_t)((*bits == '1') << bit % 8);
	return bit;
}

/* A gzip stream of one block with fixed codes: a zero, then pairs (length 258, distance
 * 1) of 13 bits, each of which stands for 258 zeros. 100 kB become 16 MB. */
static void serve_bomb(int fd, const struct fault *fault, const char *body)
{
	enum { BYTES = 100000 };
	static const uint8_t magic[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
	uint8_t *stream = xcalloc(BYTES, 1);

	(void)body;
	memcpy(stream, magic, sizeof(magic));
	size_t bit = put_bits(stream, 8 * sizeof(magic), "110"
							 "00110000");
	while (bit + 64 < 8 * (size_t)BYTES)
		bit = put_bits(stream, bit, "1100010100000");
	put_reply(fd, head_of(fault), stream, bit / 8 + 1);
	free(stream);
}

static const struct fault faults[] = {
	{"good", serve_answer, "answers as a node should", .manner = 0},
	{"hang", serve_raw_and_wait, "takes the request and says nothing", .head = ""},
	{"close", serve_raw, "closes at once", .head = ""},
	{"reset", serve_reset, "resets the connection", .manner = 0},
	{"drip", serve_drip, "a byte at a time, headers too", .head = "", .text = OK_HEAD "Content-Length: 400\r\n\r\n[{\"jsonrpc\":\"2.0\",\"id\":1}]"},
	{"drip-body", serve_drip, "a byte at a time, after the headers", .head = OK_HEAD "Content-Length: 400\r\n\r\n", .text = "[{\"jsonrpc\":\"2.0\",\"id\":1}]"},
	{"endless-chunks", serve_endless, "chunks without end", .head = OK_HEAD "Transfer-Encoding: chunked\r\n\r\n", .text = "10\r\n[[[[[[[[[[[[[[[[\r\n"},
	{"endless-body", serve_endless, "a body without length or end", .head = OK_HEAD "\r\n", .text = "                                "},
	{"claimed-length", serve_raw_and_wait, "says that 100 GB follow", .head = OK_HEAD "Content-Length: 99999999999\r\n\r\n["},
	{"negative-length", serve_raw, "says that -5 bytes follow", .head = OK_HEAD "Content-Length: -5\r\n\r\n[]"},
	{"endless-headers", serve_endless, "header lines without end", .head = OK_HEAD, .text = "X-Header: 0123456789abcdef0123456789abcdef\r\n"},
	{"long-header", serve_endless, "one header line without end", .head = OK_HEAD "X-Header: ", .text = "0123456789abcdef0123456789abcdef"},
	{"continue-flood", serve_endless, "100 Continue without end", .head = "", .text = "HTTP/1.1 100 Continue\r\n\r\n"},
	{"cut-json", serve_cut_json, "half of the JSON", .manner = 0},
	{"cut-body", serve_cut_body, "half of the promised bytes", .manner = 0},
	{"wrong-types", serve_answer, "results of other types", .manner = WRONG_TYPES},
	{"deep", serve_deep, "60,000 brackets", .manner = 0},
	{"huge-numbers", serve_answer, "numbers beyond 64 bits", .manner = HUGE_NUMBERS},
	{"duplicate-keys", serve_answer, "result twice in one object", .manner = DUPLICATE_KEYS},
	{"wrong-ids", serve_answer, "ids that nobody asked", .manner = WRONG_IDS},
	{"same-id", serve_answer, "the first id on every member", .manner = SAME_ID},
	{"null-results", serve_answer, "null for everything", .manner = NULL_RESULTS},
	{"html", serve_text, "200 with a web page", .text = "<!doctype html><title>login</title>"},
	{"html-503", serve_text, "503 with a web page", .head = "HTTP/1.1 503 Service Unavailable\r\n", .text = "<html>\033[31mbusy</html>"},
	{"redirect-file", serve_text, "302 to a file", .head = "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n", .text = ""},
	{"redirect-again", serve_text, "307 to itself", .head = "HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\n", .text = ""},
	{"bomb", serve_bomb, "a compressed bomb, although no compression was asked for", .head = OK_HEAD "Content-Encoding: gzip\r\n"},
	{"hostile-strings", serve_answer, "escape sequences and bidi in every string", .manner = HOSTILE_STRINGS},
	{"hostile-errors", serve_answer, "the same in every error", .manner = HOSTILE_STRINGS | ONLY_ERRORS},
	{"hostile-status", serve_text, "the same in status line, header and message of a 403", .head = "HTTP/1.1 403 \033]0;pwned\007\r\nX-\033[2J: \033[31m\r\n", .text = "{\"message\":\"" HOSTILE "\"}"},
	{"hostile-raw", serve_text, "raw control bytes inside a JSON string", .text = "{\"result\":\"\033[31m\xe2\x80\xae\"}"},
	{"hostile-headers", serve_answer, "a good answer under hostile headers", .head = "HTTP/1.1 200 \033]0;pwned\007\r\nDate: \033[2J\r\nRetry-After: -99999999999999999999\r\n"},
	{"empty", serve_text, "200 with nothing", .text = ""},
	{"no-content", serve_raw, "204", .head = "HTTP/1.1 204 No Content\r\n\r\n"},
	{"nul", serve_text, "a NUL inside the JSON", .text = "[]\0[]", .len = 5},
	{"not-http", serve_raw, "the greeting of another protocol", .head = "SSH-2.0-OpenSSH_9.2p1 \033[31m\r\n"},
	{"twice", serve_twice, "two answers to one request", .manner = 0},
	{"far-date", serve_answer, "a good answer from the year 9999", .head = OK_HEAD "Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n"},
};

/* --- serving --------------------------------------------------------------------------- */

/* Reads one request and returns its body, NULL when the peer has gone. */
static const char *read_request(int fd, char *text, size_t size)
{
	size_t len = 0;

	for (;;) {
		ssize_t n = recv(fd, text + len, size - 1 - len, 0);
		if (n <= 0)
			return NULL;
		len += (size_t)n;
		text[len] = '\0';
		/* As libcurl spells it. */
		const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "\r\nContent-Length:");
		size_t wanted = length ? strtoul(length + strlen("\r\nContent-Length:"), NULL, 10) : 0;
		if (end && len >= (size_t)(end + 4 - text) + wanted)
			return end + 4;
	}
}

struct connection {
	int fd;
	const struct fault *fault;
};

static void *serve(void *arg)
{
	struct connection *connection = arg;
	char *text = xmalloc(REQUEST_BYTES);
	const char *body = read_request(connection->fd, text, REQUEST_BYTES);

	while (body) {
		connection->fault->serve(connection->fd, connection->fault, body);
		/* A connection is kept by whole answers only. */
		if (connection->fault->serve != serve_answer)
			break;
		body = read_request(connection->fd, text, REQUEST_BYTES);
	}
	free(text);
	close(connection->fd);
	free(connection);
	return NULL;
}

static void start_thread(void *(*run)(void *arg), struct connection *connection)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, connection) != 0) {
		perror("faulty");
		exit(1);
	}
	pthread_detach(thread);
}

static void *accept_all(void *arg)
{
	struct connection *listener = arg;

	for (;;) {
		int fd = accept(listener->fd, NULL, NULL);
		if (fd < 0)
			continue;
		struct connection *connection = xcalloc(1, sizeof(*connection));
		*connection = (struct connection){fd, listener->fault};
		start_thread(serve, connection);
	}
	return NULL;
}

/* Each fault has a port of its own, so that no connection serves two of them. */
static void listen_for(const struct fault *fault, struct connection *listener)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 128) != 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
		perror("faulty");
		exit(1);
	}
	printf("%u %s %s\n", ntohs(address.sin_port), fault->name, fault->help);
	*listener = (struct connection){fd, fault};
	start_thread(accept_all, listener);
}

int main(void)
{
	static struct connection listeners[ARRAY_LENGTH(faults)];
	char byte;

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_LENGTH(faults); i++)
		listen_for(&faults[i], &listeners[i]);
	printf("\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	return 0;
}
