#include "collect/hint.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *path;
	enum node_value value;
} hints[HINT_COUNT] = {
	[HINT_LIVENESS] = {"/liveness", NODE_LIVENESS},
	[HINT_READINESS] = {"/readiness", NODE_READINESS},
};

bool hint_applies(const char *version)
{
	static const char besu[] = "besu/";

	return version && strncasecmp(version, besu, sizeof(besu) - 1) == 0;
}

enum node_value hint_value(enum hint hint)
{
	return hints[hint].value;
}

char *hint_url(const char *url, enum hint hint)
{
	size_t len = strcspn(url, "?#");

	while (len > 0 && url[len - 1] == '/')
		len--;
	return xasprintf("%.*s%s", (int)len, url, hints[hint].path);
}

bool hint_read(const struct http_reply *reply, char dst[HINT_TEXT])
{
	if (reply->outcome != HTTP_ANSWERED)
		return false;
	struct json *root = json_parse(reply->body, reply->body_len, (size_t)4 * HINT_BODY_BYTES, NULL);
	const char *status = json_string(json_get(root, "status"));

	if ((reply->status == 200 || reply->status == 503) && status && (strcmp(status, "UP") == 0 || strcmp(status, "DOWN") == 0))
		text_format(dst, HINT_TEXT, "%s", status);
	else if (reply->status == 401 || reply->status == 403)
		text_format(dst, HINT_TEXT, "does not tell us (HTTP %d)", reply->status);
	else if (reply->status == 404 || reply->status == 405)
		text_format(dst, HINT_TEXT, "no such page (HTTP %d)", reply->status);
	else
		text_format(dst, HINT_TEXT, "nothing that Besu would say (HTTP %d)", reply->status);
	json_free(root);
	return true;
}
