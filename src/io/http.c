#include "config.h" /* first: it opens the system's extensions */

#include "io/http.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The limits of one request (protocol reference 0.6, engineering reference 4.2). */
enum {
	URL_BYTES = 4096,
	HEADER_BYTES = 64 * 1024,
	BODY_BYTES = 256 * 1024,
	CONNECT_MS = 3000,
	TIMEOUT_MS = 5000,
	STALL_S = 30, /* a transfer that may take longer must move meanwhile */
	STALL_BYTES_PER_S = 100,
	RETRY_AFTER_MAX_S = 24 * 60 * 60,
	WHY_TEXT = 128,
	LOCATION_TEXT = 256,
};

enum {
	ENDPOINTS_PER_SHARD = 150, /* libcurl walks its caches after each transfer (engineering reference 1.3) */
	IDLE_HANDLES = 512,
	FILES_BESIDE = 256, /* record, terminal, children */
};

static const uint32_t hash_begin = 2166136261U;

/* One CURLM with its sockets and its one deadline on the loop. */
struct shard {
	struct http *http;
	CURLM *multi;
	struct loop_timer *timer;
};

/* A socket that libcurl waits for. One that we opened for it stays on the loop between two
 * requests: taking it off and putting it back would cost as much as sending. */
struct watched {
	struct shard *shard;
	curl_socket_t fd;
	struct loop_watch *watch; /* NULL: not waited for yet */
	int events;
	bool ours; /* we opened it, and hear when it is closed */
	bool idle; /* libcurl does not wait for it now */
};

/* A URL that was found right, and what was found out about it. */
struct known_url {
	char *text; /* NULL: none */
	struct shard *shard;
	bool numeric;
};

struct http {
	struct loop *loop;
	struct shard *shards;
	size_t shard_count;
	CURL *idle[IDLE_HANDLES];
	size_t idle_count;
	struct http_call *calls;
	struct watched **sockets; /* those that we opened, by their numbers */
	size_t socket_capacity;
	struct known_url *urls; /* each in the place of its hash, the newest only */
	size_t url_count;
};

struct http_call {
	struct http *http;
	struct shard *shard;
	struct http_call *next, *prev;
	CURL *easy;                /* NULL: it will fail without having been sent */
	struct loop_timer *failed; /* brings the news of that */
	struct curl_slist *headers;
	void (*done)(void *arg, const struct http_reply *reply);
	bool (*chunk)(void *arg, const char *bytes, size_t len);
	void *arg;
	int64_t connect_timeout_ms;
	int64_t timeout_ms;
	struct buf body;
	size_t header_bytes;
	int64_t date_us;
	int64_t retry_after_s;
	int64_t retry_at_us; /* Retry-After given as a date */
	bool too_large;
	bool ended;   /* its reader of pieces has enough */
	bool numeric; /* the URL has an address, not a name */
	char why[WHY_TEXT];
};

/* --- the answer as it comes -------------------------------------------------------- */

static void say_size(struct http_call *call, const char *what, size_t limit)
{
	call->too_large = true;
	if (limit % (1024 * 1024) == 0)
		text_format(call->why, sizeof(call->why), "%s over %zu MiB", what, limit / (1024 * 1024));
	else if (limit % 1024 == 0)
		text_format(call->why, sizeof(call->why), "%s over %zu KiB", what, limit / 1024);
	else
		text_format(call->why, sizeof(call->why), "%s over %zu bytes", what, limit);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;
	long status = 0;

	if (call->chunk) {
		curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
		if (status == 200) {
			call->ended = !call->chunk(call->arg, bytes, size * count);
			return call->ended ? 0 : size * count;
		}
	}
	buf_add(&call->body, bytes, size * count);
	if (!call->body.full)
		return size * count;
	say_size(call, "answer", call->body.limit);
	return 0;
}

static bool header_value(const char *line, size_t len, const char *name, char *value, size_t size)
{
	size_t skip = strlen(name);

	if (len <= skip || strncasecmp(line, name, skip) != 0 || line[skip] != ':')
		return false;
	for (skip++; skip < len && (line[skip] == ' ' || line[skip] == '\t'); skip++)
		;
	while (len > skip && strchr("\r\n \t", line[len - 1]))
		len--;
	if (len - skip >= size)
		return false;
	memcpy(value, line + skip, len - skip);
	value[len - skip] = '\0';
	return true;
}

static int64_t date_value(const char *text)
{
	time_t at = curl_getdate(text, NULL);

	return at > 0 ? (int64_t)at * US_PER_S : 0;
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;
	size_t len = size * count;
	char value[64];

	call->header_bytes += len;
	if (call->header_bytes > HEADER_BYTES) {
		say_size(call, "headers", HEADER_BYTES);
		return 0;
	}
	if (header_value(line, len, "Date", value, sizeof(value))) {
		call->date_us = date_value(value);
	} else if (header_value(line, len, "Retry-After", value, sizeof(value))) {
		if (value[0] && value[strspn(value, "0123456789")] == '\0')
			call->retry_after_s = strtoll(value, NULL, 10);
		else
			call->retry_at_us = date_value(value);
	}
	return len;
}

/* --- the words for what went wrong --------------------------------------------------- */

static const char *connect_words(long error)
{
	switch (error) {
	case ECONNREFUSED:
		return "connection refused";
	case EHOSTUNREACH:
		return "no route to host";
	case ENETUNREACH:
		return "network unreachable";
	case ETIMEDOUT:
		return "connect timeout";
	case ENOENT:
		return "no such socket";
	case EACCES:
	case EPERM:
		return "connection not permitted";
	case EMFILE:
	case ENFILE:
		return "too many open files here";
	default:
		return "cannot connect";
	}
}

static const char *certificate_words(CURL *easy)
{
	enum {
		NOT_JUDGED = 1,
		NOT_YET_VALID = 9,
		EXPIRED = 10,
	}; /* X509_V_ERR_… of OpenSSL */
	long verdict = 0;

	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
	switch (verdict) {
	case 0:
	case NOT_JUDGED: /* the chain was no reason to stop: it is the name that differs */
		return "certificate of another host";
	case NOT_YET_VALID:
		return "certificate not valid yet";
	case EXPIRED:
		return "certificate expired";
	default:
		return "certificate not trusted";
	}
}

static void say_time(struct http_call *call, const char *what, int64_t ms)
{
	if (ms % 1000 == 0)
		text_format(call->why, sizeof(call->why), "%s %lld s", what, (long long)(ms / 1000));
	else
		text_format(call->why, sizeof(call->why), "%s %lld ms", what, (long long)ms);
}

/* A node that thinks for its whole timeout is slow, not stalled: only long transfers
 * have a pace to keep. */
static bool keeps_pace(const struct http_call *call)
{
	return call->timeout_ms > STALL_S * 1000 && !call->chunk;
}

/* libcurl has one code for three clocks that may run out, and rounds them. */
static void say_timeout(struct http_call *call)
{
	curl_off_t sent_us = 0, total_us = 0;

	curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
	curl_easy_getinfo(call->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	if (sent_us == 0)
		say_time(call, "connect timeout", call->connect_timeout_ms);
	else if (keeps_pace(call) && total_us / 1000 + 1000 < call->timeout_ms)
		say_time(call, "stalled for", STALL_S * 1000);
	else
		say_time(call, "timeout", call->timeout_ms);
}

static enum http_outcome judge(struct http_call *call, CURLcode code)
{
	enum http_outcome outcome = HTTP_UNREACHABLE;
	const char *words = NULL;
	long error = 0;

	if (call->too_large)
		return HTTP_TOO_LARGE;
	if (call->ended)
		return HTTP_ANSWERED;
	switch (code) {
	case CURLE_OK:
		return HTTP_ANSWERED;
	case CURLE_FILESIZE_EXCEEDED:
		say_size(call, "answer", call->body.limit);
		return HTTP_TOO_LARGE;
	case CURLE_OUT_OF_MEMORY: /* how libcurl refuses one endless header line */
		say_size(call, "headers", HEADER_BYTES);
		return HTTP_TOO_LARGE;
	case CURLE_OPERATION_TIMEDOUT:
		say_timeout(call);
		return HTTP_UNREACHABLE;
	case CURLE_URL_MALFORMAT:
		words = "not a URL";
		outcome = HTTP_BAD_REQUEST;
		break;
	case CURLE_SSL_CACERT_BADFILE:
		words = "certificate authority file cannot be read";
		outcome = HTTP_BAD_REQUEST;
		break;
	case CURLE_COULDNT_RESOLVE_HOST:
		words = "host not found";
		break;
	case CURLE_COULDNT_CONNECT:
		curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &error);
		words = connect_words(error);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
		words = certificate_words(call->easy);
		break;
	case CURLE_SSL_CONNECT_ERROR:
		words = "TLS handshake failed";
		break;
	case CURLE_GOT_NOTHING:
		words = "connection closed without an answer";
		break;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		words = "connection reset";
		break;
	case CURLE_PARTIAL_FILE:
		words = "connection cut";
		break;
	case CURLE_UNSUPPORTED_PROTOCOL: /* the scheme was checked: this is an answer without a status line */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		words = "not HTTP";
		break;
	default:
		words = curl_easy_strerror(code);
		break;
	}
	text_format(call->why, sizeof(call->why), "%s", words);
	return outcome;
}

static int64_t certificate_expiry(CURL *easy)
{
	static const char name[] = "Expire date:";
	struct curl_certinfo *info = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK || !info || info->num_of_certs < 1)
		return 0;
	for (const struct curl_slist *line = info->certinfo[0]; line; line = line->next)
		if (strncasecmp(line->data, name, sizeof(name) - 1) == 0)
			return date_value(line->data + sizeof(name) - 1);
	return 0;
}

static int64_t retry_after(const struct http_call *call)
{
	int64_t now_us = call->date_us ? call->date_us : clock_wall_us(clock_system());
	int64_t s = call->retry_after_s;

	if (call->retry_at_us > now_us)
		s = (call->retry_at_us - now_us) / US_PER_S;
	return s < RETRY_AFTER_MAX_S ? s : RETRY_AFTER_MAX_S;
}

/* --- the life of a call --------------------------------------------------------------- */

static struct http_call *call_new(struct http *http)
{
	struct http_call *call = xcalloc(1, sizeof(*call));

	call->http = http;
	call->next = http->calls;
	if (call->next)
		call->next->prev = call;
	http->calls = call;
	return call;
}

/* Takes the call out of libcurl's hands; the handle goes back to the pool. */
static void call_detach(struct http_call *call)
{
	struct http *http = call->http;

	if (!call->easy)
		return;
	curl_multi_remove_handle(call->shard->multi, call->easy);
	if (http->idle_count < IDLE_HANDLES) {
		curl_easy_reset(call->easy);
		http->idle[http->idle_count++] = call->easy;
	} else {
		curl_easy_cleanup(call->easy);
	}
	call->easy = NULL;
}

static void call_unlink(struct http_call *call)
{
	if (call->prev)
		call->prev->next = call->next;
	else
		call->http->calls = call->next;
	if (call->next)
		call->next->prev = call->prev;
}

static void call_free(struct http_call *call)
{
	loop_timer_stop(call->failed);
	curl_slist_free_all(call->headers);
	buf_free(&call->body);
	free(call);
}

/* Where the peer sends us, as people may see it; NULL when nowhere that we could be sent to. */
static const char *location(const struct http_call *call, char *dst, size_t size)
{
	char *url = NULL;

	curl_easy_getinfo(call->easy, CURLINFO_REDIRECT_URL, &url);
	if (!url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0))
		return NULL;
	return http_mask_url(dst, size, url);
}

static void call_finish(struct http_call *call, CURLcode code)
{
	struct http_reply reply = {.outcome = judge(call, code)};
	char masked[LOCATION_TEXT];
	curl_off_t total_us = 0;
	long status = 0, request_bytes = 0;

	curl_easy_getinfo(call->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
	reply.total_us = total_us;
	reply.left = request_bytes > 0;
	reply.why = call->why;
	reply.body = "";
	reply.certificate_expiry_us = certificate_expiry(call->easy);
	if (reply.outcome == HTTP_ANSWERED) {
		curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
		reply.status = (int)status;
		reply.body = buf_text(&call->body);
		reply.body_len = call->body.len;
		reply.date_us = call->date_us;
		reply.retry_after_s = retry_after(call);
		reply.location = location(call, masked, sizeof(masked));
	}
	call_detach(call);
	call_unlink(call);
	call->done(call->arg, &reply);
	call_free(call);
}

static void call_failed(void *arg)
{
	struct http_call *call = arg;
	struct http_reply reply = {.outcome = HTTP_BAD_REQUEST, .body = "", .why = call->why};

	call_unlink(call);
	call->done(call->arg, &reply);
	call_free(call);
}

/* --- libcurl on the loop ---------------------------------------------------------------- */

/* Hands out what is finished. Runs outside of libcurl, so that callbacks may start
 * and cancel calls. */
static void shard_drain(struct shard *shard)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(shard->multi, &left))) {
		CURLcode code = message->data.result;
		struct http_call *call = NULL;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		call_finish(call, code);
	}
}

static void shard_timed_out(void *arg)
{
	struct shard *shard = arg;
	int running;

	curl_multi_socket_action(shard->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	shard_drain(shard);
}

static int on_timer(CURLM *multi TOCSIN_UNUSED, long timeout_ms, void *arg)
{
	struct shard *shard = arg;

	loop_timer_again(shard->timer, timeout_ms);
	return 0;
}

static void watch_for(struct watched *watched, int events)
{
	if (watched->events != events)
		loop_watch_set(watched->watch, events);
	watched->events = events;
}

static void socket_ready(void *arg, int events)
{
	struct watched *watched = arg;
	struct shard *shard = watched->shard; /* `watched` may not outlive the call */
	int flags = 0, running;

	if (watched->idle) {
		/* The peer closed it, which libcurl finds when it wants to use it again. */
		watch_for(watched, 0);
		return;
	}
	if (events & LOOP_READ)
		flags |= CURL_CSELECT_IN;
	if (events & LOOP_WRITE)
		flags |= CURL_CSELECT_OUT;
	curl_multi_socket_action(shard->multi, watched->fd, flags, &running);
	shard_drain(shard);
}

static struct watched *socket_at(const struct http *http, curl_socket_t fd)
{
	return fd >= 0 && (size_t)fd < http->socket_capacity ? http->sockets[fd] : NULL;
}

/* libcurl has done with the socket for now. */
static void leave(struct shard *shard, struct watched *watched)
{
	if (!watched || !watched->watch)
		return;
	if (watched->ours) {
		watched->idle = true;
		/* It would be ready to be written to for ever. */
		if (watched->events != LOOP_READ)
			watch_for(watched, 0);
		return;
	}
	loop_watch_stop(watched->watch);
	curl_multi_assign(shard->multi, watched->fd, NULL);
	free(watched);
}

static curl_socket_t on_open(void *arg, curlsocktype purpose TOCSIN_UNUSED, struct curl_sockaddr *address)
{
	struct http *http = arg;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	if (fd < 0)
		return CURL_SOCKET_BAD;
	if ((size_t)fd >= http->socket_capacity) {
		size_t capacity = 2 * ((size_t)fd + 1);
		http->sockets = xreallocarray(http->sockets, capacity, sizeof(*http->sockets));
		memset(http->sockets + http->socket_capacity, 0, (capacity - http->socket_capacity) * sizeof(*http->sockets));
		http->socket_capacity = capacity;
	}
	http->sockets[fd] = xcalloc(1, sizeof(*http->sockets[fd]));
	http->sockets[fd]->fd = fd;
	http->sockets[fd]->ours = true;
	return fd;
}

static int on_close(void *arg, curl_socket_t fd)
{
	struct http *http = arg;
	struct watched *watched = socket_at(http, fd);

	if (watched) {
		loop_watch_stop(watched->watch);
		free(watched);
		http->sockets[fd] = NULL;
	}
	return close(fd);
}

static int on_socket(CURL *easy TOCSIN_UNUSED, curl_socket_t fd, int what, void *arg, void *known)
{
	static const int events[] = {[CURL_POLL_IN] = LOOP_READ, [CURL_POLL_OUT] = LOOP_WRITE, [CURL_POLL_INOUT] = LOOP_READ | LOOP_WRITE};
	struct shard *shard = arg;
	struct watched *ours = socket_at(shard->http, fd), *watched = ours ? ours : known;

	if (what == CURL_POLL_REMOVE) {
		leave(shard, watched);
		return 0;
	}
	if (what < 0 || (size_t)what >= ARRAY_LENGTH(events))
		return 0;
	if (!watched) {
		watched = xcalloc(1, sizeof(*watched));
		watched->fd = fd;
	}
	watched->idle = false;
	watched->shard = shard;
	if (watched->watch) {
		watch_for(watched, events[what]);
		return 0;
	}
	watched->events = events[what];
	watched->watch = loop_watch(shard->http->loop, fd, events[what], socket_ready, watched);
	/* Without a watch the call runs into its timeout. An error returned here would end the
	 * whole multi. */
	if (!watched->watch && !ours)
		free(watched);
	else if (!ours)
		curl_multi_assign(shard->multi, fd, watched);
	return 0;
}

static void shard_init(struct shard *shard, struct http *http, size_t endpoints)
{
	shard->http = http;
	shard->timer = loop_timer(http->loop, -1, 0, shard_timed_out, shard);
	shard->multi = curl_multi_init();
	/* The default cache shrinks with the handles in flight: nearly every poll would
	 * connect anew (engineering reference 0.1). */
	curl_multi_setopt(shard->multi, CURLMOPT_MAXCONNECTS, (long)(2 * endpoints + 8));
	curl_multi_setopt(shard->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(shard->multi, CURLMOPT_SOCKETDATA, shard);
	curl_multi_setopt(shard->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(shard->multi, CURLMOPT_TIMERDATA, shard);
}

/* The customary soft limit of 1,024 open files is too small for thousands of peers. */
static void raise_file_limit(size_t endpoints)
{
	rlim_t wanted = (rlim_t)(2 * endpoints + FILES_BESIDE);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

struct http *http_new(struct loop *loop, size_t endpoints)
{
	struct http *http = xcalloc(1, sizeof(*http));

	curl_global_init(CURL_GLOBAL_DEFAULT);
	raise_file_limit(endpoints);
	http->loop = loop;
	http->shard_count = (endpoints + ENDPOINTS_PER_SHARD - 1) / ENDPOINTS_PER_SHARD;
	if (http->shard_count == 0)
		http->shard_count = 1;
	http->shards = xcalloc(http->shard_count, sizeof(*http->shards));
	for (size_t i = 0; i < http->shard_count; i++)
		shard_init(&http->shards[i], http, endpoints / http->shard_count + 1);
	http->url_count = 4 * endpoints + 16;
	http->urls = xcalloc(http->url_count, sizeof(*http->urls));
	return http;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	while (http->calls)
		/* It takes the call out of the list. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		http_cancel(http->calls);
	while (http->idle_count > 0)
		curl_easy_cleanup(http->idle[--http->idle_count]);
	for (size_t i = 0; i < http->shard_count; i++) {
		curl_multi_cleanup(http->shards[i].multi);
		loop_timer_stop(http->shards[i].timer);
	}
	for (size_t i = 0; i < http->url_count; i++)
		free(http->urls[i].text);
	free(http->urls);
	free(http->sockets);
	free(http->shards);
	free(http);
	curl_global_cleanup();
}

/* --- the request --------------------------------------------------------------------------- */

/* FNV-1a. */
static uint32_t hash_text(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619U;
	return hash;
}

/* A host and port keep their shard, so that their connections are found again. */
static struct shard *shard_of(struct http *http, const char *host, const char *port)
{
	return &http->shards[hash_text(hash_text(hash_begin, host), port) % http->shard_count];
}

static struct known_url *place_of_url(const struct http *http, const char *text)
{
	return &http->urls[hash_text(hash_begin, text) % http->url_count];
}

static bool is_address(const char *host)
{
	struct in_addr v4;

	return host[0] == '[' || inet_pton(AF_INET, host, &v4) == 1;
}

/* Takes the URL apart and finds its shard, or says what is wrong with it. */
static const char *url_parse(struct http_call *call, const char *text)
{
	const char *wrong = NULL;
	char *scheme = NULL, *host = NULL, *port = NULL;
	CURLU *url = curl_url();

	if (curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK || curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		wrong = "not a URL";
	else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		wrong = "not an http or https URL";
	else if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK || curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
		wrong = "not a URL";
	else
		call->shard = shard_of(call->http, host, port);
	call->numeric = !wrong && is_address(host);
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(url);
	return wrong;
}

/* The same, remembering what was right: nodes are asked each second at the same URL. */
static const char *url_check(struct http_call *call, const char *text)
{
	const char *wrong;
	struct known_url *known;

	if (!text || strlen(text) >= URL_BYTES)
		return "URL missing or too long";
	known = place_of_url(call->http, text);
	if (known->text && strcmp(known->text, text) == 0) {
		call->shard = known->shard;
		call->numeric = known->numeric;
		return NULL;
	}
	wrong = url_parse(call, text);
	if (!wrong) {
		mem_set(&known->text, text);
		known->shard = call->shard;
		known->numeric = call->numeric;
	}
	return wrong;
}

static const char *headers_add(struct http_call *call, const struct http_request *request)
{
	const char *type = request->content_type ? request->content_type : "application/json";
	char line[256];

	/* Without "Expect:" a longer body would wait for a 100 that some peers never send. */
	call->headers = curl_slist_append(NULL, "Expect:");
	if (request->body) {
		if (strlen(type) > sizeof(line) - 32 || strpbrk(type, "\r\n"))
			return "content type is not one short line";
		call->headers = curl_slist_append(call->headers, text_format(line, sizeof(line), "Content-Type: %s", type));
	}
	for (const char *const *header = request->headers; header && *header; header++) {
		if (strpbrk(*header, "\r\n") || !strchr(*header, ':'))
			return "a header is not one line of name and value";
		call->headers = curl_slist_append(call->headers, *header);
	}
	return NULL;
}

static void set_common(CURL *easy, struct http_call *call)
{
	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Otherwise ending a call whose name is still being looked up waits for the resolver. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call->http);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, call->http);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
}

static void set_limits(CURL *easy, const struct http_call *call)
{
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)call->connect_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
	if (!call->chunk)
		curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)call->body.limit);
	if (keeps_pace(call)) {
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_PER_S);
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_S);
	}
}

static void set_request(CURL *easy, const struct http_call *call, const struct http_request *request)
{
	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	/* Addresses are kept in libcurl's table of names too, which is searched for what is
	 * too old after each transfer, unless nothing can be. */
	if (call->numeric)
		curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
	if (request->unix_socket)
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
	if (request->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
	if (request->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
		curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body);
	}
	if (request->once) {
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	}
	if (request->method && strcmp(request->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else if (request->method)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static const char *call_prepare(struct http_call *call, const struct http_request *request)
{
	struct http *http = call->http;
	const char *wrong = url_check(call, request->url);

	if (!wrong)
		wrong = headers_add(call, request);
	if (wrong)
		return wrong;
	call->easy = http->idle_count > 0 ? http->idle[--http->idle_count] : curl_easy_init();
	set_common(call->easy, call);
	set_limits(call->easy, call);
	set_request(call->easy, call, request);
	curl_multi_add_handle(call->shard->multi, call->easy);
	return NULL;
}

struct http_call *http_send(struct http *http, const struct http_request *request, void (*done)(void *arg, const struct http_reply *reply), void *arg)
{
	struct http_call *call = call_new(http);
	const char *wrong;

	call->done = done;
	call->chunk = request->chunk;
	call->arg = arg;
	call->timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : TIMEOUT_MS;
	call->connect_timeout_ms = request->connect_timeout_ms > 0 ? request->connect_timeout_ms : CONNECT_MS;
	if (call->connect_timeout_ms > call->timeout_ms)
		call->connect_timeout_ms = call->timeout_ms;
	buf_init(&call->body, request->body_limit > 0 ? request->body_limit : BODY_BYTES);
	wrong = call_prepare(call, request);
	if (wrong) {
		text_format(call->why, sizeof(call->why), "%s", wrong);
		call->failed = loop_timer(http->loop, 0, 0, call_failed, call);
	}
	return call;
}

void http_cancel(struct http_call *call)
{
	if (!call)
		return;
	call_detach(call);
	call_unlink(call);
	call_free(call);
}
