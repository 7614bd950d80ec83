#include "comms/transport.h"

#include "base/mem.h"
#include "base/text.h"
#include "io/mail.h"

#include <stdlib.h>
#include <string.h>

enum {
	SECRET_BYTES_MAX = 16 * 1024,
	BODY_BYTES_MAX = 512 * 1024,
	ANSWER_BYTES_MAX = 64 * 1024,
	CONNECT_MS = 5 * 1000,
};

/* What the configuration only points at. */
struct secrets {
	char *url, *key; /* "" when the channel has none */
	struct error err;
};

struct sending {
	struct transport *transport;
	struct sending *next;
	const struct channel_kind *kind;
	struct http_call *call;
	struct mail_call *mail;
	struct loop_timer *refused; /* brings the news of what could not be tried */
	char why[200];
	void (*done)(void *arg, const struct fate *fate);
	void *arg;
};

struct transport {
	struct loop *loop;
	struct http *http;
	const struct channels *channels;
	int64_t timeout_ms;
	struct secrets *secrets; /* one for each channel */
	struct sending *sending;
};

static char *read_secret(const struct channel *channel, const char *name, void (*hide)(void *arg, const char *secret), void *arg, struct error *err)
{
	struct buf secret;
	buf_init(&secret, SECRET_BYTES_MAX);
	if (settings_secret(channel->settings, name, &secret, err) != STATUS_OK)
		buf_clear(&secret);
	if (secret.len > 0)
		hide(arg, buf_text(&secret));
	return buf_take(&secret);
}

static void read_secrets(struct secrets *out, const struct channel *channel, void (*hide)(void *arg, const char *secret), void *arg)
{
	*out = (struct secrets){0};
	/* Of an e-mail channel the address is the mail server, which is no secret. */
	out->url = read_secret(channel, "url", hide, arg, &out->err);
	out->key = read_secret(channel, "key", hide, arg, &out->err);
	bool fits = !out->url[0] || channel_url_check("its address", out->url, &out->err) == STATUS_OK;
	/* What stands in a header must not end it. */
	if (fits && out->key[strcspn(out->key, "\r\n")])
		error_set(&out->err, STATUS_INVALID, "its key has more than one line");
}

struct transport *transport_new(struct loop *loop, const struct channels *channels, int64_t timeout_ms, void (*hide)(void *arg, const char *secret), void *arg)
{
	struct transport *t = xcalloc(1, sizeof(*t));
	t->loop = loop;
	t->http = http_new(loop, channels->count);
	t->channels = channels;
	t->timeout_ms = timeout_ms ? timeout_ms : TRANSPORT_TIMEOUT_MS;
	t->secrets = xcalloc(channels->count + 1, sizeof(*t->secrets));
	for (size_t i = 0; i < channels->count; i++)
		read_secrets(&t->secrets[i], &channels->items[i], hide, arg);
	return t;
}

static void forget(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static void sending_free(struct sending *s)
{
	struct sending **slot = &s->transport->sending;
	while (*slot != s)
		slot = &(*slot)->next;
	*slot = s->next;
	loop_timer_stop(s->refused);
	free(s);
}

void transport_free(struct transport *t)
{
	if (!t)
		return;
	while (t->sending) {
		http_cancel(t->sending->call);
		mail_cancel(t->sending->mail);
		/* It takes itself out of the list. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		sending_free(t->sending);
	}
	http_free(t->http);
	for (size_t i = 0; i < t->channels->count; i++) {
		forget(t->secrets[i].url);
		forget(t->secrets[i].key);
	}
	free(t->secrets);
	free(t);
}

static struct secrets *secrets_of(const struct transport *t, const struct channel *channel)
{
	return &t->secrets[channel - t->channels->items];
}

const char *transport_trouble(const struct transport *t, const struct channel *channel)
{
	const struct secrets *secrets = secrets_of(t, channel);
	return secrets->err.status != STATUS_OK ? secrets->err.text : NULL;
}

static void finish(struct sending *s, const struct fate *fate)
{
	s->call = NULL;
	s->mail = NULL;
	s->done(s->arg, fate);
	sending_free(s);
}

static void answered(void *arg, const struct http_reply *reply)
{
	struct sending *s = arg;
	struct fate fate;
	kind_judge(s->kind, reply, &fate);
	finish(s, &fate);
}

static void refused(void *arg)
{
	struct sending *s = arg;
	struct fate fate = {.state = MESSAGE_FAILED};
	text_format(fate.why, sizeof(fate.why), "%s", s->why);
	finish(s, &fate);
}

static void send_parcel(struct sending *s, const struct parcel *parcel, const char *ca_file)
{
	struct transport *t = s->transport;
	if (parcel->mail) {
		const struct mail mail = {.url = parcel->url, .starttls = parcel->starttls, .user = parcel->user, .password = parcel->password, .from = parcel->from, .to = (const char *const *)parcel->to, .text = parcel->body, .ca_file = ca_file, .connect_timeout_ms = CONNECT_MS, .timeout_ms = t->timeout_ms};
		s->mail = mail_send(t->loop, &mail, answered, s);
		return;
	}
	const struct http_request request = {.url = parcel->url, .method = parcel->method, .body = parcel->body, .body_len = strlen(parcel->body), .headers = (const char *const *)parcel->headers, .ca_file = ca_file, .connect_timeout_ms = CONNECT_MS, .timeout_ms = t->timeout_ms, .body_limit = ANSWER_BYTES_MAX, .once = true};
	s->call = http_send(t->http, &request, answered, s);
}

void transport_send(struct transport *t, const struct channel *channel, const struct letter *letter, void (*done)(void *arg, const struct fate *fate), void *arg)
{
	struct sending *s = xcalloc(1, sizeof(*s));
	const struct secrets *secrets = secrets_of(t, channel);
	*s = (struct sending){.transport = t, .next = t->sending, .kind = channel->kind, .done = done, .arg = arg};
	t->sending = s;
	if (secrets->err.status != STATUS_OK) {
		text_format(s->why, sizeof(s->why), "%s", secrets->err.text);
		s->refused = loop_timer(t->loop, 0, 0, refused, s);
		return;
	}
	struct parcel parcel = {0};
	struct buf body;
	buf_init(&body, BODY_BYTES_MAX);
	channel->kind->address(channel, letter, secrets->url, secrets->key, &parcel);
	channel->kind->write(channel, letter, secrets->key, &body);
	parcel.body = buf_take(&body);
	send_parcel(s, &parcel, settings_text(channel->settings, "ca_file"));
	forget(parcel.password);
	parcel.password = NULL;
	parcel_free(&parcel);
}
