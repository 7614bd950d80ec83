/* What tests of sources share: a server on loopback that answers from a table of the test, a
 * world, and a host that listens. */
#ifndef TOCSIN_TESTS_SOURCE_FIXTURE_H
#define TOCSIN_TESTS_SOURCE_FIXTURE_H

#include "base/mem.h"
#include "base/text.h"
#include "collect/alerts.h"
#include "collect/source.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "collect_fixture.h"

enum {
	ASKED_MAX = 512,
	WAIT_MS = 20000, /* for what must come; a slow machine takes its time */
};

/* --- the server ------------------------------------------------------------------------ */

struct served {
	int status;
	char *body;         /* owned by who answers; freed */
	const char *stream; /* instead of a body: sent in pieces of `piece` bytes */
	size_t piece;
	bool hold; /* the stream does not end by itself */
};

struct server {
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock;
	char asked[ASKED_MAX][512]; /* "GET /path?query", as they came; the first that fit */
	char said[4096];            /* the last body that was sent to it */
	char header[256];           /* the last Authorization */
	size_t count;
	atomic_bool closing;
	/* Called under the lock, on a thread of its own. */
	void (*answer)(struct server *server, const char *method, const char *url, struct served *out);
	int mode; /* of the test */
};

struct streaming {
	struct server *server;
	const char *text;
	size_t len, piece;
	bool hold;
};

static inline ssize_t stream_more(void *arg, uint64_t at, char *dst, size_t room)
{
	struct streaming *s = arg;
	size_t len = at < s->len ? s->len - (size_t)at : 0;

	if (len > s->piece)
		len = s->piece;
	if (len > room)
		len = room;
	if (len > 0) {
		memcpy(dst, s->text + at, len);
		return (ssize_t)len;
	}
	if (!s->hold || atomic_load(&s->server->closing))
		return MHD_CONTENT_READER_END_OF_STREAM;
	nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	return 0;
}

struct upload {
	struct buf body;
};

static inline void note_request(struct server *server, const char *method, const char *url, struct MHD_Connection *connection, char *whole, size_t size)
{
	size_t used = (size_t)snprintf(whole, size, "%s", url);
	static const char *const keys[] = {"limit", "continue", "watch", "resourceVersion", "labelSelector", "fieldSelector", "query", "filter"};
	const char *header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");

	for (size_t i = 0; i < ARRAY_LENGTH(keys) && used < size; i++) {
		const char *value = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, keys[i]);
		if (value)
			used += (size_t)snprintf(whole + used, size - used, "%c%s=%s", strchr(whole, '?') ? '&' : '?', keys[i], value);
	}
	if (header)
		snprintf(server->header, sizeof(server->header), "%s", header);
	if (server->count < ASKED_MAX)
		snprintf(server->asked[server->count++], sizeof(server->asked[0]), "%s %s", method, whole);
}

static inline enum MHD_Result serve(void *arg, struct MHD_Connection *connection, const char *url, const char *method, const char *version, const char *data, size_t *size, void **state)
{
	struct server *server = arg;
	struct upload *upload = *state;
	struct served out = {.status = 404};
	struct MHD_Response *response;
	char whole[1024];

	(void)version;
	if (!upload) {
		upload = *state = xcalloc(1, sizeof(*upload));
		buf_init(&upload->body, sizeof(server->said) - 1);
		return MHD_YES;
	}
	if (*size > 0) {
		buf_add(&upload->body, data, *size);
		*size = 0;
		return MHD_YES;
	}
	pthread_mutex_lock(&server->lock);
	if (upload->body.len)
		snprintf(server->said, sizeof(server->said), "%s", buf_text(&upload->body));
	note_request(server, method, url, connection, whole, sizeof(whole));
	server->answer(server, method, whole, &out);
	pthread_mutex_unlock(&server->lock);
	if (out.stream) {
		struct streaming *s = xcalloc(1, sizeof(*s));
		*s = (struct streaming){server, out.stream, strlen(out.stream), out.piece, out.hold};
		response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, stream_more, s, free);
	} else {
		response = MHD_create_response_from_buffer(out.body ? strlen(out.body) : 0, out.body ? out.body : (char *)"", out.body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	}
	enum MHD_Result queued = MHD_queue_response(connection, (unsigned)out.status, response);
	MHD_destroy_response(response);
	return queued;
}

static inline void request_over(void *arg, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode why)
{
	struct upload *upload = *state;

	(void)arg;
	(void)connection;
	(void)why;
	if (upload)
		buf_free(&upload->body);
	free(upload);
	*state = NULL;
}

/* Returns the URL in `url`. */
static inline void server_open(struct server *server, void (*answer)(struct server *, const char *, const char *, struct served *), char *url, size_t size)
{
	*server = (struct server){.answer = answer};
	pthread_mutex_init(&server->lock, NULL);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	server->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL, serve, server,
					  MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, request_over, NULL, MHD_OPTION_END);
	assert_non_null(server->daemon);
	snprintf(url, size, "http://127.0.0.1:%u", (unsigned)MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
}

static inline void server_close(struct server *server)
{
	atomic_store(&server->closing, true);
	MHD_stop_daemon(server->daemon);
	pthread_mutex_destroy(&server->lock);
}

/* How often a request that begins so came. */
static inline size_t server_asked(struct server *server, const char *begins)
{
	size_t found = 0;

	pthread_mutex_lock(&server->lock);
	for (size_t i = 0; i < server->count; i++)
		found += strncmp(server->asked[i], begins, strlen(begins)) == 0;
	pthread_mutex_unlock(&server->lock);
	return found;
}

static inline void server_mode(struct server *server, int mode)
{
	pthread_mutex_lock(&server->lock);
	server->mode = mode;
	pthread_mutex_unlock(&server->lock);
}

/* --- the host ----------------------------------------------------------------------------- */

struct host {
	struct loop *loop;
	struct world *world;
	struct settings sections[8];
	size_t section_count;
	struct sources *sources;
	char message[480];
	char hidden[512];
	char annotated[240];
};

static inline void host_changed(void *arg)
{
	(void)arg;
}

static inline void host_message(void *arg, int severity, const char *text)
{
	struct host *host = arg;

	(void)severity;
	snprintf(host->message, sizeof(host->message), "%s", text);
}

static inline void host_hide(void *arg, const char *secret)
{
	struct host *host = arg;

	snprintf(host->hidden, sizeof(host->hidden), "%s", secret);
}

static inline void host_annotated(void *arg, const struct source_incident *incident, const char *source, int64_t id, const char *why)
{
	struct host *host = arg;

	snprintf(host->annotated, sizeof(host->annotated), "%s %s %s %lld %s", incident->id, incident->over_us ? "over" : "began", source, (long long)id, why);
}

static inline void host_init(struct host *host)
{
	struct thresholds thresholds = thresholds_default();

	*host = (struct host){.loop = loop_new()};
	thresholds.dwell_ms = thresholds.clear_ms = 0;
	host->world = world_new("test", 138, &thresholds);
}

/* Adds a section; pairs of keys and values end with NULL. */
static inline struct settings *host_section(struct host *host, const struct settings_def *def, const char *name, const char *const *pairs)
{
	struct settings *settings = &host->sections[host->section_count++];
	struct error err = {0};

	assert_true(host->section_count <= ARRAY_LENGTH(host->sections));
	settings_init(settings, def, name, 0);
	for (; *pairs; pairs += 2)
		if (settings_set(settings, pairs[0], pairs[1], 0, &err) != STATUS_OK)
			fail_msg("%s", err.text);
	return settings;
}

static inline struct source_host host_of(struct host *host)
{
	static const char *const environment[] = {"PATH=/nowhere", NULL};

	return (struct source_host){.loop = host->loop, .clock = clock_system(), .world = host->world, .environment = environment, .sections = host->sections, .section_count = host->section_count, .changed = host_changed, .message = host_message, .hide = host_hide, .annotated = host_annotated, .arg = host};
}

static inline void host_start(struct host *host)
{
	struct source_host given = host_of(host);

	host->sources = sources_new(&given);
}

static inline void host_free(struct host *host)
{
	sources_free(host->sources);
	for (size_t i = 0; i < host->section_count; i++)
		settings_free(&host->sections[i]);
	world_free(host->world);
	loop_free(host->loop);
}

/* Lets the loop run until the test is content; false when that takes too long. */
static inline bool host_wait(struct host *host, bool (*content)(void *arg), void *arg)
{
	for (int waited = 0; waited < WAIT_MS; waited += 5) {
		for (int i = 0; i < 20; i++)
			loop_poll(host->loop);
		world_judge(host->world, clock_wall_us(clock_system()));
		if (content(arg))
			return true;
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
	return false;
}

#endif
