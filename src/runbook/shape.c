#include "runbook/shape.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

enum { VALUE_BYTES_MAX = 4096 };

/* Ends of names, and what they mean. The first that fits counts: longer ends before shorter. */
static const struct {
	const char *end;
	enum value_shape shape;
	const char *noun; /* "a pod name" */
} names[] = {
	{"pod", SHAPE_NAME, "a pod name"},
	{"pod_name", SHAPE_NAME, "a pod name"},
	{"podname", SHAPE_NAME, "a pod name"},
	{"namespace", SHAPE_NAME, "a namespace"},
	{"statefulset", SHAPE_NAME, "the name of a stateful set"},
	{"deployment", SHAPE_NAME, "the name of a deployment"},
	{"configmap", SHAPE_NAME, "the name of a config map"},
	{"pvc", SHAPE_NAME, "the name of a volume claim"},
	{"container", SHAPE_NAME, "the name of a container"},
	{"address", SHAPE_ADDRESS, "an address"},
	{"ccip_router", SHAPE_ADDRESS, "a contract's address"},
	{"router", SHAPE_ADDRESS, "a contract's address"},
	{"sender", SHAPE_ADDRESS, "a contract's address"},
	{"receiver", SHAPE_ADDRESS, "a contract's address"},
	{"contract", SHAPE_ADDRESS, "a contract's address"},
	{"aggregator", SHAPE_ADDRESS, "a contract's address"},
	{"message_id", SHAPE_HASH, "a message's identity"},
	{"tx_hash", SHAPE_HASH, "the hash of a transaction"},
	{"block_hash", SHAPE_HASH, "the hash of a block"},
	{"hash", SHAPE_HASH, "a hash"},
	{"url", SHAPE_URL, "a URL"},
	{"endpoint", SHAPE_ENDPOINT, "an endpoint"},
	{"host", SHAPE_HOST, "a host"},
	{"hostname", SHAPE_HOST, "a host"},
	{"ip", SHAPE_HOST, "a host"},
	{"replicas", SHAPE_NUMBER, "a count of replicas"},
	{"port", SHAPE_NUMBER, "a port"},
	{"chain_id", SHAPE_NUMBER, "a chain's number"},
	{"selector", SHAPE_NUMBER, "a chain selector"},
	{"block", SHAPE_NUMBER, "the number of a block"},
	{"seqno", SHAPE_NUMBER, "a sequence number"},
	{"number", SHAPE_NUMBER, "a number"},
	{"count", SHAPE_NUMBER, "a count"},
	{"migration_id", SHAPE_NUMBER, "a migration's number"},
	{"timestamp", SHAPE_TIME, "a moment"},
	{"node", SHAPE_WORD, "the name of a node"},
	{"context", SHAPE_WORD, "a Kubernetes context"},
	{"image", SHAPE_WORD, "an image"},
	{"version", SHAPE_WORD, "a version"},
	{"path", SHAPE_WORD, "a path"},
	{"directory", SHAPE_WORD, "a directory"},
	{"dir", SHAPE_WORD, "a directory"},
	{"file", SHAPE_WORD, "a file"},
};

/* True if the name is this word, or ends with it behind a '_'. */
static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	if (len < end_len || strcmp(name + len - end_len, end) != 0)
		return false;
	return len == end_len || name[len - end_len - 1] == '_';
}

enum value_shape shape_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (ends_with(name, names[i].end))
			return names[i].shape;
	return SHAPE_ANY;
}

const char *shape_wants(enum value_shape shape)
{
	static const char *const wants[] = {
		[SHAPE_ANY] = "one line of plain text",
		[SHAPE_NAME] = "lower-case letters, digits, - and ., as Kubernetes names things",
		[SHAPE_ADDRESS] = "0x and 40 hex digits",
		[SHAPE_HASH] = "0x and 64 hex digits",
		[SHAPE_URL] = "an http or https URL",
		[SHAPE_ENDPOINT] = "a host with port and path, without http://",
		[SHAPE_NUMBER] = "decimal digits",
		[SHAPE_HOST] = "a host name or an IP address",
		[SHAPE_TIME] = "a time with its zone, as in 2026-11-20T12:00:00Z",
		[SHAPE_WORD] = "letters, digits and . _ - : / @ = +, without blanks",
	};

	return wants[shape];
}

bool shape_is_secret(const char *name)
{
	static const char *const ends[] = {"access_token", "auth_token", "bearer_token", "api_token", "jwt", "password", "passwd", "passphrase", "secret", "api_key", "apikey", "private_key", "mnemonic", "seed_phrase", "bearer"};

	for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
		if (ends_with(name, ends[i]))
			return true;
	return strcmp(name, "token") == 0; /* alone; a "link_token" is a contract */
}

/* --- checks ----------------------------------------------------------------------------- */

/* Letters, digits, '-' and '.', beginning and ending with a letter or digit (RFC 1123). */
static bool is_dns_name(const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len > 253 || !isalnum((unsigned char)value[0]) || !isalnum((unsigned char)value[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!islower((unsigned char)value[i]) && !isdigit((unsigned char)value[i]) && value[i] != '-' && value[i] != '.')
			return false;
	return true;
}

/* Only letters, digits and these; begins with a letter, a digit or one of `first`. */
static bool is_made_of(const char *value, const char *others, const char *first)
{
	if (!isalnum((unsigned char)value[0]) && !strchr(first, value[0]))
		return false;
	for (const char *at = value; *at; at++)
		if ((unsigned char)*at >= 0x80 || (!isalnum((unsigned char)*at) && !strchr(others, *at)))
			return false;
	return true;
}

/* The characters a URL may hold anywhere behind its scheme (RFC 3986), quotes left out. */
static bool is_url_text(const char *value)
{
	return is_made_of(value, "-._~:/?#[]@!$&()*+,;=%", "[");
}

static bool is_url(const char *value)
{
	const char *rest = strncmp(value, "http://", 7) == 0 ? value + 7 : (strncmp(value, "https://", 8) == 0 ? value + 8 : NULL);

	return rest && is_url_text(rest);
}

static bool fits(enum value_shape shape, const char *value)
{
	uint8_t bytes[32];
	int64_t us;

	switch (shape) {
	case SHAPE_NAME:
		return is_dns_name(value);
	case SHAPE_ADDRESS:
		return hex_bytes(value, bytes, 20);
	case SHAPE_HASH:
		return hex_bytes(value, bytes, 32);
	case SHAPE_URL:
		return is_url(value);
	case SHAPE_ENDPOINT:
		return is_url_text(value);
	case SHAPE_NUMBER:
		return strspn(value, "0123456789") == strlen(value);
	case SHAPE_HOST:
		return is_made_of(value, "-.:", "[:") && strlen(value) <= 253;
	case SHAPE_TIME:
		return time_parse(value, &us, NULL, NULL) == STATUS_OK;
	case SHAPE_WORD:
		return is_made_of(value, "._-:/@=+", "./");
	case SHAPE_ANY:
		break;
	}
	return true;
}

static const char *noun_of(const char *normal)
{
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (ends_with(normal, names[i].end))
			return names[i].noun;
	return "what it should be";
}

/* "<validator-pod>" is validator_pod. */
static void normalise(char normal[64], const char *written)
{
	size_t len = 0;

	for (; *written && len < 63; written++) {
		if (isalnum((unsigned char)*written))
			normal[len++] = (char)tolower((unsigned char)*written);
		else if (len)
			normal[len++] = '_';
	}
	while (len && normal[len - 1] == '_')
		len--;
	normal[len] = '\0';
}

enum status shape_check(enum value_shape shape, const char *name, const char *value, struct error *err)
{
	char normal[64] = "";

	normalise(normal, name);
	/* A secret is not quoted, not even to say what is wrong with it. */
	bool secret = shape_is_secret(normal);
	if (value[0] == '\0')
		return error_set(err, STATUS_INVALID, "%s: the value is empty (give one: %s)", name, shape_wants(shape));
	if (strlen(value) > VALUE_BYTES_MAX)
		return error_set(err, STATUS_LIMIT, "%s: longer than %d bytes (give a shorter value)", name, VALUE_BYTES_MAX);
	if (!text_is_clean(value, strlen(value)))
		return error_set(err, STATUS_INVALID, "%s: the value holds control or hidden characters (type it by hand instead of pasting it)", name);
	if (value[0] == '-')
		return error_set(err, STATUS_INVALID, "%s: %s begins with - and would be read as an option (give a value without it)", name, secret ? "the value" : value);
	if (!fits(shape, value))
		return error_set(err, STATUS_INVALID, "%s: \"%.120s\" is not %s (give another: %s)", name, secret ? "what was given" : value, noun_of(normal), shape_wants(shape));
	return STATUS_OK;
}
