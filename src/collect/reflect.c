#include "collect/reflect.h"

#include "base/hash.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "base/url.h"
#include "collect/kube_read.h"

#include <stdlib.h>
#include <string.h>

enum {
	PAGE_OBJECTS = 250,
	PAGE_BYTES = 32 * 1024 * 1024,
	PAGE_TREE_BYTES = 256 * 1024 * 1024,
	LINE_BYTES = 4 * 1024 * 1024, /* the server keeps no object of more than 1.5 MiB */
	LINE_TREE_BYTES = 64 * 1024 * 1024,
	PAGES_MAX = 400,
	WATCH_S = 290,          /* the server ends a watch then */
	WATCH_SLACK_MS = 20000, /* and if it does not, we do */
	RETRY_MS = 60000,
	AGAIN_MS = 1000, /* a server that ends each watch at once is not asked faster */
	VERSION_BYTES = 128,
	TOKEN_BYTES = 16 * 1024,
	URL_BYTES = 4000,
};

struct reflect {
	struct source_host host;
	const struct kube_access *access;
	struct reflect_spec spec;
	char *path, *query, *what;
	char version[VERSION_BYTES];
	struct buf next; /* the token of the next page */
	struct loop_timer *timer;
	struct http_call *call; /* NULL: none is on its way */
	struct lines lines;
	unsigned failures, pages;
	bool watching; /* the list is whole */
	bool expired;  /* the watch said so: list again */
	bool tried;
};

static void ask(struct reflect *r);

/* --- requests ------------------------------------------------------------------------- */

static char *service_header(const struct kube_access *access)
{
	struct buf token;
	char *header = NULL;

	buf_init(&token, TOKEN_BYTES);
	if (file_read(access->bearer_file, TOKEN_BYTES, &token, NULL) == STATUS_OK) {
		size_t len = strcspn(buf_text(&token), "\r\n");
		if (len > 0) {
			header = xasprintf("Authorization: Bearer %.*s", (int)len, buf_text(&token));
			access->hide(access->arg, header + strlen("Authorization: Bearer "));
		}
	}
	buf_free(&token);
	return header;
}

struct http_call *kube_get(struct http *http, const struct kube_access *access, const char *path, struct http_request *request,
			   void (*done)(void *arg, const struct http_reply *reply), void *arg)
{
	const char *own[2] = {NULL, NULL};
	char *url, *header = NULL;

	if (!access->url)
		return NULL;
	url = xasprintf("%s%s", access->url, path);
	request->url = url;
	request->unix_socket = access->unix_socket;
	request->ca_file = access->ca_file;
	request->headers = (const char *const *)access->headers;
	if (request->timeout_ms == 0)
		request->timeout_ms = access->timeout_ms;
	if (access->bearer_file) {
		own[0] = header = service_header(access);
		request->headers = own;
	}
	struct http_call *call = http_send(http, request, done, arg);
	free(header);
	free(url);
	return call;
}

enum reach kube_reach(const struct http_reply *reply, const char *what, char *why, size_t size)
{
	char said[100];

	if (reply->outcome == HTTP_UNREACHABLE || reply->outcome == HTTP_BAD_REQUEST) {
		text_format(why, size, "%s", reply->why);
		return REACH_UNREACHABLE;
	}
	if (reply->outcome == HTTP_TOO_LARGE) {
		text_format(why, size, "%s: the answer is too large", what);
		return REACH_REFUSING;
	}
	kube_read_status(reply->body, reply->body_len, said, sizeof(said));
	if (reply->status == 401)
		text_format(why, size, "HTTP 401: not logged in to the cluster (renew the credentials)");
	else if (reply->status == 403)
		text_format(why, size, "HTTP 403: may not see %s (allow get, list and watch)", what);
	else
		text_format(why, size, "HTTP %d%s%s", reply->status, said[0] ? " " : "", said);
	return REACH_REFUSING;
}

static void get(struct reflect *r, const char *path, struct http_request *request, void (*done)(void *arg, const struct http_reply *reply))
{
	r->call = kube_get(r->host.http, r->access, path, request, done, r);
}

static void wait_ms(struct reflect *r, int64_t ms)
{
	loop_timer_again(r->timer, ms);
}

/* The pause doubles, a quarter more or less, so that many do not come back as one. */
static void retry(struct reflect *r, int64_t retry_after_s)
{
	int64_t pause = r->spec.retry_ms;
	uint32_t jitter;

	for (unsigned i = 0; i < r->failures && pause < RETRY_MS; i++)
		pause *= 2;
	if (pause > RETRY_MS)
		pause = RETRY_MS;
	r->failures++;
	random_bytes(&jitter, sizeof(jitter));
	pause = pause * 3 / 4 + (int64_t)(jitter % (uint64_t)(pause / 2 + 1));
	if (retry_after_s > RETRY_MS / 1000)
		retry_after_s = RETRY_MS / 1000;
	wait_ms(r, pause > retry_after_s * 1000 ? pause : retry_after_s * 1000);
}

static void fail(struct reflect *r, enum reach reach, const char *why, int64_t retry_after_s)
{
	r->tried = true;
	r->spec.failed(r->spec.arg, reach, why, clock_wall_us(r->host.clock));
	r->host.changed(r->host.arg);
	retry(r, retry_after_s);
}

static void fail_reply(struct reflect *r, const struct http_reply *reply)
{
	char why[200];

	fail(r, kube_reach(reply, r->what, why, sizeof(why)), why, reply->retry_after_s);
}

static void forget_list(struct reflect *r)
{
	r->watching = false;
	r->version[0] = '\0';
	buf_clear(&r->next);
	r->pages = 0;
}

/* --- the list ------------------------------------------------------------------------- */

static bool read_version(const struct json *object, char *version, size_t size)
{
	const char *text = json_string(json_get(json_get(object, "metadata"), "resourceVersion"));

	if (!text || strlen(text) >= size)
		return false;
	memcpy(version, text, strlen(text) + 1);
	return true;
}

static bool take_page(struct reflect *r, const struct http_reply *reply, struct error *err)
{
	struct json *root = json_parse(reply->body, reply->body_len, PAGE_TREE_BYTES, err);
	const struct json *items = json_get(root, "items");
	const char *next = json_string(json_get(json_get(root, "metadata"), "continue"));
	int64_t now_us = clock_wall_us(r->host.clock);
	/* Go writes an empty list as null. */
	bool fits = root && (json_is_array(items) || json_is_null(items)) && read_version(root, r->version, sizeof(r->version));

	if (fits) {
		for (const struct json *item = json_first(items); item; item = json_next(item))
			r->spec.object(r->spec.arg, item, false, now_us);
		buf_clear(&r->next);
		buf_puts(&r->next, next ? next : "");
	} else {
		error_set(err, STATUS_CORRUPT, "%s: not a list of Kubernetes", r->what);
	}
	json_free(root);
	return fits;
}

static void on_list(void *arg, const struct http_reply *reply)
{
	struct reflect *r = arg;
	struct error err = {0};

	r->call = NULL;
	if (reply->outcome == HTTP_ANSWERED && reply->status == 410) {
		/* The pages that are left grew too old. */
		forget_list(r);
		retry(r, 0);
		return;
	}
	if (reply->outcome != HTTP_ANSWERED || reply->status != 200) {
		forget_list(r);
		fail_reply(r, reply);
		return;
	}
	if (!take_page(r, reply, &err) || ++r->pages > PAGES_MAX) {
		forget_list(r);
		fail(r, REACH_REFUSING, err.text[0] ? err.text : "the list does not end", 0);
		return;
	}
	if (r->next.len > 0) {
		ask(r);
		return;
	}
	r->failures = 0;
	r->tried = r->watching = true;
	r->spec.listed(r->spec.arg, clock_wall_us(r->host.clock));
	r->host.changed(r->host.arg);
	ask(r);
}

static void ask_list(struct reflect *r, struct buf *path)
{
	struct http_request request = {.body_limit = PAGE_BYTES};

	if (r->pages == 0)
		r->spec.begin(r->spec.arg);
	buf_printf(path, "%s?limit=%d%s%s", r->path, PAGE_OBJECTS, r->query[0] ? "&" : "", r->query);
	if (r->next.len > 0) {
		buf_puts(path, "&continue=");
		url_encode(path, buf_text(&r->next));
	}
	get(r, buf_text(path), &request, on_list);
}

/* --- the watch ------------------------------------------------------------------------- */

enum watch_line reflect_read_line(const char *text, size_t len, struct json **root, const struct json **object, char *version, size_t size)
{
	static const struct {
		const char *word;
		enum watch_line line;
	} words[] = {{"ADDED", WATCH_CHANGED}, {"MODIFIED", WATCH_CHANGED}, {"DELETED", WATCH_GONE}, {"BOOKMARK", WATCH_MARK}};
	const char *type;
	int64_t code;

	*root = json_parse(text, len, LINE_TREE_BYTES, NULL);
	*object = json_get(*root, "object");
	type = json_string(json_get(*root, "type"));
	if (!type || !json_is_object(*object))
		return WATCH_BROKEN;
	if (strcmp(type, "ERROR") == 0)
		return json_i64(json_get(*object, "code"), &code) && code == 410 ? WATCH_EXPIRED : WATCH_BROKEN;
	if (!read_version(*object, version, size))
		return WATCH_BROKEN;
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		if (strcmp(type, words[i].word) == 0)
			return words[i].line;
	return WATCH_BROKEN;
}

static bool take_line(void *arg, const char *text, size_t len)
{
	struct reflect *r = arg;
	const struct json *object;
	struct json *root;
	char version[VERSION_BYTES];
	enum watch_line line = reflect_read_line(text, len, &root, &object, version, sizeof(version));

	if (line == WATCH_CHANGED || line == WATCH_GONE)
		r->spec.object(r->spec.arg, object, line == WATCH_GONE, clock_wall_us(r->host.clock));
	if (line == WATCH_EXPIRED || line == WATCH_BROKEN)
		r->expired = true;
	else
		memcpy(r->version, version, sizeof(version));
	json_free(root);
	return !r->expired;
}

static bool on_piece(void *arg, const char *bytes, size_t len)
{
	struct reflect *r = arg;
	bool whole = lines_feed(&r->lines, bytes, len, take_line, r);

	r->failures = whole ? 0 : r->failures;
	if (!whole)
		r->expired = true;
	r->host.changed(r->host.arg);
	return whole;
}

static void on_watch_end(void *arg, const struct http_reply *reply)
{
	struct reflect *r = arg;
	bool refused = reply->outcome == HTTP_ANSWERED && reply->status != 200;

	r->call = NULL;
	if (refused && reply->status != 410) {
		forget_list(r);
		fail_reply(r, reply);
	} else if (r->expired || refused || reply->outcome != HTTP_ANSWERED) {
		/* A stream that broke says nothing of the server: the list will. */
		forget_list(r);
		retry(r, 0);
	} else {
		wait_ms(r, reply->total_us < AGAIN_MS * US_PER_MS ? AGAIN_MS : 0);
	}
}

static void ask_watch(struct reflect *r, struct buf *path)
{
	struct http_request request = {.timeout_ms = WATCH_S * 1000 + WATCH_SLACK_MS, .chunk = on_piece, .body_limit = LINE_BYTES};

	lines_clear(&r->lines);
	r->expired = false;
	buf_printf(path, "%s?watch=1&allowWatchBookmarks=true&timeoutSeconds=%d%s%s&resourceVersion=", r->path, WATCH_S, r->query[0] ? "&" : "", r->query);
	url_encode(path, r->version);
	get(r, buf_text(path), &request, on_watch_end);
}

static void ask(struct reflect *r)
{
	struct buf path;

	buf_init(&path, URL_BYTES);
	if (r->watching)
		ask_watch(r, &path);
	else
		ask_list(r, &path);
	buf_free(&path);
}

/* --- its life --------------------------------------------------------------------------- */

static void fire(void *arg)
{
	struct reflect *r = arg;

	if (!r->call && r->access->url)
		ask(r);
}

struct reflect *reflect_new(const struct source_host *host, const struct kube_access *access, const struct reflect_spec *spec)
{
	struct reflect *r = xcalloc(1, sizeof(*r));

	r->host = *host;
	r->access = access;
	r->spec = *spec;
	r->path = xstrdup(spec->path);
	r->query = xstrdup(spec->query);
	r->what = xstrdup(spec->what);
	buf_init(&r->next, URL_BYTES);
	lines_init(&r->lines, LINE_BYTES);
	r->timer = loop_timer(host->loop, -1, 0, fire, r);
	return r;
}

void reflect_free(struct reflect *r)
{
	if (!r)
		return;
	http_cancel(r->call);
	loop_timer_stop(r->timer);
	lines_free(&r->lines);
	buf_free(&r->next);
	free(r->path);
	free(r->query);
	free(r->what);
	free(r);
}

void reflect_refresh(struct reflect *r)
{
	if (!r->call)
		wait_ms(r, 0);
}

bool reflect_tried(const struct reflect *r)
{
	return r->tried;
}

bool reflect_current(const struct reflect *r)
{
	return r->watching && r->failures == 0;
}
