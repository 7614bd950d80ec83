#include "config.h" /* first: it opens the system's extensions */

#include "io/mail.h"

#include "base/mem.h"
#include "base/text.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
	CONNECT_MS = 5 * 1000,
	TIMEOUT_MS = 20 * 1000,
	ADDRESS_BYTES = 320,
	WHY_TEXT = 160,
	TAKEN = 250,
	REFUSED = 400, /* and all above */
};

struct mail_call {
	/* What the worker reads, and nobody else until it is over. */
	char *url, *user, *password, *from, *text, *ca_file;
	struct curl_slist *to;
	bool starttls;
	long connect_timeout_ms, timeout_ms;
	size_t len, read; /* of the text, and what of it went out */
	const char *wrong;
	atomic_bool cancelled;
	/* What it found. */
	CURLcode code;
	long status;
	curl_off_t total_us;
	char refusal[WHY_TEXT];
	void (*done)(void *arg, const struct http_reply *reply);
	void *arg;
};

/* --- on the worker's thread ------------------------------------------------------------ */

static size_t on_read(char *bytes, size_t size, size_t count, void *arg)
{
	struct mail_call *call = arg;
	size_t left = call->len - call->read, room = size * count;
	size_t len = left < room ? left : room;

	memcpy(bytes, call->text + call->read, len);
	call->read += len;
	return len;
}

/* What the server says when it does not want a message, without the line's end. */
static size_t on_line(char *line, size_t size, size_t count, void *arg)
{
	struct mail_call *call = arg;
	size_t len = size * count, kept = len;

	while (kept > 0 && strchr("\r\n ", line[kept - 1]))
		kept--;
	if (kept > 0 && (line[0] == '4' || line[0] == '5'))
		text_clean(call->refusal, sizeof(call->refusal), line, kept);
	return len;
}

/* Asked once a second at least, also while libcurl waits. */
static int on_progress(void *arg, curl_off_t a TOCSIN_UNUSED, curl_off_t b TOCSIN_UNUSED, curl_off_t c TOCSIN_UNUSED, curl_off_t d TOCSIN_UNUSED)
{
	struct mail_call *call = arg;

	return atomic_load(&call->cancelled);
}

static void set_options(CURL *easy, struct mail_call *call)
{
	curl_easy_setopt(easy, CURLOPT_URL, call->url);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_USE_SSL, call->starttls ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_NONE);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, call->connect_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, call->timeout_ms);
	/* The farewell has a clock of its own, of whole seconds. */
	curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (call->timeout_ms + 999) / 1000);
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, call->from);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, call->to);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->len);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(easy, CURLOPT_READDATA, call);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_line);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, call);
	if (call->user) {
		curl_easy_setopt(easy, CURLOPT_USERNAME, call->user);
		curl_easy_setopt(easy, CURLOPT_PASSWORD, call->password ? call->password : "");
	}
	if (call->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, call->ca_file);
}

static void work(void *arg)
{
	struct mail_call *call = arg;
	CURL *easy = call->wrong || atomic_load(&call->cancelled) ? NULL : curl_easy_init();

	if (!easy)
		return;
	set_options(easy, call);
	call->code = curl_easy_perform(easy);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &call->status);
	curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &call->total_us);
	curl_easy_cleanup(easy);
}

/* --- on the loop's thread ------------------------------------------------------------------ */

static const char *words_of(const struct mail_call *call)
{
	switch (call->code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return "mail server not found";
	case CURLE_COULDNT_CONNECT:
		return "cannot connect to the mail server";
	case CURLE_OPERATION_TIMEDOUT:
		return "the mail server did not answer in time";
	case CURLE_USE_SSL_FAILED:
		return "the mail server does not encrypt (STARTTLS)";
	case CURLE_PEER_FAILED_VERIFICATION:
		return "the mail server's certificate is not trusted";
	case CURLE_LOGIN_DENIED:
		return "the mail server does not take this login";
	case CURLE_WEIRD_SERVER_REPLY:
		return "not SMTP";
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
		return "the mail server hung up";
	default:
		return curl_easy_strerror(call->code);
	}
}

static struct http_reply reply_of(const struct mail_call *call)
{
	struct http_reply reply = {.outcome = HTTP_UNREACHABLE, .body = "", .why = "", .left = call->read > 0, .total_us = call->total_us};

	if (call->wrong) {
		reply.outcome = HTTP_BAD_REQUEST;
		reply.why = call->wrong;
	} else if (call->code == CURLE_OK) {
		reply.outcome = HTTP_ANSWERED;
		reply.status = TAKEN;
	} else if (call->status >= REFUSED) {
		/* A refusal is an answer, whatever libcurl makes of it. */
		reply.outcome = HTTP_ANSWERED;
		reply.status = (int)call->status;
		reply.why = call->refusal;
	} else {
		reply.why = words_of(call);
	}
	return reply;
}

static void free_secret(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static void over(void *arg)
{
	struct mail_call *call = arg;
	struct http_reply reply = reply_of(call);

	if (call->done)
		call->done(call->arg, &reply);
	curl_slist_free_all(call->to);
	free(call->url);
	free(call->user);
	free_secret(call->password);
	free(call->from);
	free(call->text);
	free(call->ca_file);
	free(call);
	curl_global_cleanup();
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

/* "<alice@example.org>", NULL when it could end the line or the address. */
static char *address(const char *text)
{
	if (!text || !strchr(text, '@') || strlen(text) > ADDRESS_BYTES || strpbrk(text, "<> \r\n\t"))
		return NULL;
	return xasprintf("<%s>", text);
}

static const char *take_addresses(struct mail_call *call, const struct mail *mail)
{
	call->from = address(mail->from);
	for (const char *const *to = mail->to; call->from && *to; to++) {
		char *one = address(*to);
		if (!one)
			return "an address is not one of mail";
		call->to = curl_slist_append(call->to, one);
		free(one);
	}
	return !call->from ? "the sender's address is not one of mail" : !call->to ? "there is nobody to write to"
										   : NULL;
}

struct mail_call *mail_send(struct loop *loop, const struct mail *mail, void (*done)(void *arg, const struct http_reply *reply), void *arg)
{
	struct mail_call *call = xcalloc(1, sizeof(*call));

	curl_global_init(CURL_GLOBAL_DEFAULT);
	call->url = xstrdup(mail->url);
	call->user = copy(mail->user);
	call->password = copy(mail->password);
	call->text = xstrdup(mail->text);
	call->len = strlen(call->text);
	call->ca_file = copy(mail->ca_file);
	call->starttls = mail->starttls;
	call->timeout_ms = (long)(mail->timeout_ms > 0 ? mail->timeout_ms : TIMEOUT_MS);
	call->connect_timeout_ms = (long)(mail->connect_timeout_ms > 0 ? mail->connect_timeout_ms : CONNECT_MS);
	call->done = done;
	call->arg = arg;
	call->wrong = take_addresses(call, mail);
	if (!call->wrong && strncmp(call->url, "smtp://", 7) != 0 && strncmp(call->url, "smtps://", 8) != 0)
		call->wrong = "not an smtp or smtps URL";
	loop_work(loop, work, over, call);
	return call;
}

void mail_cancel(struct mail_call *call)
{
	if (!call)
		return;
	call->done = NULL;
	atomic_store(&call->cancelled, true);
}
