#include "comms/channel.h"

#include "base/mem.h"
#include "base/text.h"
#include "comms/kind.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static enum status check_channel(const struct settings *settings, struct error *err);

const struct settings_def channel_section = {
	.word = "channel",
	.named = true,
	.help = "Where updates and pages go: one section for each. Its address and key are secrets, and are never written here.",
	.check = check_channel,
	.items = (const struct setting_def[]){
		{.name = "kind", .type = SETTING_WORD, .help = "What is there.", .choices = "slack pagerduty email statuspage webhook", .required = true},
		{.name = "audiences", .type = SETTING_TEXT, .help = "Whose updates go there, parted by blanks: technical, management, public, or names of your own."},
		{.name = "url_env", .type = SETTING_ENV, .help = "The variable with the address of a Slack or other webhook."},
		{.name = "url_file", .type = SETTING_FILE, .help = "Or the file with it, which only its owner can read."},
		{.name = "key_env", .type = SETTING_ENV, .help = "The variable with PagerDuty's routing key, Statuspage's API key, the mail server's password, or a webhook's bearer token."},
		{.name = "key_file", .type = SETTING_FILE, .help = "Or the file with it."},
		{.name = "url", .type = SETTING_URL, .help = "The API of PagerDuty or Statuspage when it is not the vendor's own."},
		{.name = "page", .type = SETTING_TEXT, .help = "Statuspage: the id of the page."},
		{.name = "notify", .type = SETTING_FLAG, .help = "Statuspage: whether the page tells its subscribers of each update.", .fallback = "no"},
		{.name = "on", .type = SETTING_TEXT, .help = "PagerDuty: what is told without anybody asking, of declare, acknowledge and resolve."},
		{.name = "severities", .type = SETTING_TEXT, .help = "PagerDuty: of incidents of which severities.", .fallback = "P0 P1"},
		{.name = "host", .type = SETTING_TEXT, .help = "E-mail: the mail server."},
		{.name = "port", .type = SETTING_NUMBER, .help = "E-mail: its port; without it 587, 465 or 25 as tls says.", .low = 1, .high = 65535},
		{.name = "tls", .type = SETTING_WORD, .help = "E-mail: how it is encrypted; none only on this machine.", .choices = "starttls tls none", .fallback = "starttls"},
		{.name = "user", .type = SETTING_TEXT, .help = "E-mail: who logs in there."},
		{.name = "from", .type = SETTING_TEXT, .help = "E-mail: the sender's address."},
		{.name = "to", .type = SETTING_TEXT, .help = "E-mail: the addresses that get it, parted by blanks."},
		{.name = "ca_file", .type = SETTING_FILE, .help = "Certificate authorities to trust beside the system's."},
		{0},
	},
};

/* --- reading ------------------------------------------------------------------------------ */

void channels_read(const struct settings *sections, size_t count, struct channels *out)
{
	const struct settings *settings;
	*out = (struct channels){0};
	for (size_t i = 0; (settings = settings_at(sections, count, channel_section.word, i)); i++) {
		const struct channel_kind *kind = channel_kind(settings_text(settings, "kind"));
		if (!kind)
			continue;
		out->items = xreallocarray(out->items, out->count + 1, sizeof(*out->items));
		out->items[out->count++] = (struct channel){.name = settings->name, .kind = kind, .settings = settings};
	}
}

void channels_free(struct channels *channels)
{
	free(channels->items);
	*channels = (struct channels){0};
}

const struct channel *channels_find(const struct channels *channels, const char *name)
{
	for (size_t i = 0; i < channels->count; i++)
		if (strcmp(channels->items[i].name, name) == 0)
			return &channels->items[i];
	return NULL;
}

size_t channels_for(const struct channels *channels, const char *audience, struct way_out *out)
{
	size_t count = 0;
	for (size_t i = 0; i < channels->count; i++)
		if (channel_takes(&channels->items[i], audience))
			out[count++] = (struct way_out){.channel = channels->items[i].name, .kind = channels->items[i].kind->name};
	return count;
}

static bool lists(const char *list, const char *wanted)
{
	char word[64];
	while (list && text_word(&list, word, sizeof(word)))
		if (strcasecmp(word, wanted) == 0)
			return true;
	return false;
}

bool channel_takes(const struct channel *channel, const char *audience)
{
	return lists(settings_text(channel->settings, "audiences"), audience);
}

bool channel_pages(const struct channel *channel, const char *action, enum severity severity)
{
	return channel->kind->pages && lists(settings_text(channel->settings, "on"), action) &&
		(severity == SEVERITY_UNSET || lists(settings_text(channel->settings, "severities"), severity_name(severity)));
}

/* --- checking ------------------------------------------------------------------------------ */

bool host_is_here(const char *host)
{
	struct in_addr v4;
	if (strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
}

enum status channel_url_check(const char *what, const char *url, struct error *err)
{
	char host[256];
	if (strncasecmp(url, "https://", 8) == 0)
		return STATUS_OK;
	if (strncasecmp(url, "http://", 7) != 0)
		return error_set(err, STATUS_INVALID, "%s: not an https URL", what);
	const char *at = url + 7;
	size_t len = at[0] == '[' ? strcspn(at, "]") + 1 : strcspn(at, ":/?#");
	text_format(host, sizeof(host), "%.*s", (int)(len < sizeof(host) ? len : sizeof(host) - 1), at);
	if (memchr(at, '@', strcspn(at, "/?#")) || !host_is_here(host))
		return error_set(err, STATUS_INVALID, "%s: http would carry the secret unencrypted (use https; http is for this machine only)", what);
	return STATUS_OK;
}

static bool has_secret(const struct settings *s, const char *name)
{
	char key[32];
	return settings_has(s, text_format(key, sizeof(key), "%s_env", name)) || settings_has(s, text_format(key, sizeof(key), "%s_file", name));
}

/* Keys that mean nothing for this kind were meant for another one. */
static enum status refuse_keys(const struct settings *s, const struct channel_kind *kind, struct error *err)
{
	for (size_t i = 0; i < s->count; i++) {
		if (!lists(kind->keys, s->items[i].name) && !lists("kind audiences ca_file", s->items[i].name))
			return error_set(err, STATUS_INVALID, "%s: a channel of kind %s has no such key (it has: audiences %s)", s->items[i].name, kind->name, kind->keys);
	}
	return STATUS_OK;
}

static enum status check_words(const struct settings *s, const char *key, const char *known, struct error *err)
{
	const char *list = settings_text(s, key);
	char word[64];
	while (list && text_word(&list, word, sizeof(word)))
		if (!lists(known, word))
			return error_set(err, STATUS_INVALID, "%s: %s is not known (of: %s)", key, word, known);
	return STATUS_OK;
}

/* Names of templates become names of files. */
static enum status check_audiences(const struct settings *s, struct error *err)
{
	const char *list = settings_text(s, "audiences");
	char word[64];
	while (list && text_word(&list, word, sizeof(word)))
		if (strlen(word) > 23 || word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-")])
			return error_set(err, STATUS_INVALID, "audiences: %s is not a name (lower-case letters, digits and \"-\", 23 at most)", word);
	return STATUS_OK;
}

static enum status check_channel(const struct settings *s, struct error *err)
{
	const struct channel_kind *kind = channel_kind(settings_text(s, "kind"));
	enum status status = refuse_keys(s, kind, err);
	if (status == STATUS_OK)
		status = check_audiences(s, err);
	if (status == STATUS_OK)
		status = check_words(s, "on", "declare acknowledge resolve", err);
	if (status == STATUS_OK)
		status = check_words(s, "severities", "P0 P1 P2 P3", err);
	if (status == STATUS_OK && settings_has(s, "url"))
		status = channel_url_check("url", settings_text(s, "url"), err);
	for (const char *const *need = kind->secrets; status == STATUS_OK && *need; need++)
		if (!has_secret(s, *need))
			status = error_set(err, STATUS_INVALID, "%s_env: a channel of kind %s needs it, or %s_file (write the secret to a 0600 file and name it)", *need, kind->name, *need);
	return status == STATUS_OK && kind->check ? kind->check(s, err) : status;
}
