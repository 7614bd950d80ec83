#include "watch/mask_shape.h"

#include "base/mem.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
	TOKEN_BYTES_MIN = 8, /* of what stands behind "Bearer" */
	VALUE_BYTES_MIN = 4, /* of what stands behind "password=" */
};

static bool is_token(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("-_.+/=", c));
}

static size_t token_run(const char *text, size_t len)
{
	size_t run = 0;

	while (run < len && is_token(text[run]))
		run++;
	return run;
}

static bool starts(const char *text, size_t len, const char *word)
{
	size_t size = strlen(word);

	return len >= size && strncasecmp(text, word, size) == 0;
}

/* --- well-known tokens ------------------------------------------------------------ */

/* What begins so and goes on with at least so many characters of a token is one. */
static size_t service_token(const char *text, size_t len)
{
	static const struct {
		const char *begin;
		size_t more;
	} tokens[] = {
		{"ghp_", 20},
		{"gho_", 20},
		{"ghu_", 20},
		{"ghs_", 20},
		{"ghr_", 20},
		{"github_pat_", 20},
		{"glpat-", 16},
		{"xoxb-", 10},
		{"xoxa-", 10},
		{"xoxp-", 10},
		{"xoxr-", 10},
		{"xoxs-", 10},
		{"sk_live_", 10},
		{"AKIA", 16},
		{"ASIA", 16},
		{"hvs.", 20},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(tokens); i++) {
		size_t size = strlen(tokens[i].begin);
		if (len < size + tokens[i].more || memcmp(text, tokens[i].begin, size) != 0)
			continue;
		size_t run = token_run(text, len);
		if (run >= size + tokens[i].more)
			return run;
	}
	return 0;
}

/* Three parts with dots between, the first of them a JSON object in base 64. */
static size_t web_token(const char *text, size_t len)
{
	size_t run = starts(text, len, "eyJ") ? token_run(text, len) : 0, dots = 0;

	for (size_t i = 0; i < run; i++)
		dots += text[i] == '.';
	return run >= 30 && dots == 2 ? run : 0;
}

static size_t private_key(const char *text, size_t len)
{
	static const char end[] = "-----END";
	const char *line = memchr(text, '\n', len);
	size_t first = line ? (size_t)(line - text) : len;
	size_t named = 0;

	if (!starts(text, len, "-----BEGIN "))
		return 0;
	for (size_t i = 0; i + 11 <= first && !named; i++)
		named = memcmp(text + i, "PRIVATE KEY", 11) == 0;
	if (!named)
		return 0;
	for (size_t i = first; i + sizeof(end) - 1 <= len; i++) {
		if (memcmp(text + i, end, sizeof(end) - 1) != 0)
			continue;
		const char *last = memchr(text + i, '\n', len - i);
		return last ? (size_t)(last - text) : len;
	}
	return len;
}

/* "://user:password@": what stands between the slashes and the sign. That of an enode is
 * its public name. */
static size_t url_user(const char *text, size_t len, size_t before, size_t *shown)
{
	size_t at = 3;

	if (!starts(text, len, "://") || (before >= 5 && memcmp(text - 5, "enode", 5) == 0))
		return 0;
	while (at < len && !isspace((unsigned char)text[at]) && !strchr("/?#@'\"", text[at]))
		at++;
	*shown = 3;
	return at < len && text[at] == '@' && at > 3 ? at : 0;
}

/* --- values beside their names ------------------------------------------------------- */

static const char *const names[] = {
	"password",
	"passwd",
	"passphrase",
	"secret",
	"token",
	"api_key",
	"api-key",
	"apikey",
	"access_key",
	"access-key",
	"private_key",
	"private-key",
	"private key",
	"client_secret",
	"mnemonic",
	"seed_phrase",
	"seed-phrase",
	"seed phrase",
};

bool mask_name_is_secret(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		size_t size = strlen(names[i]);
		if (len >= size && strcasecmp(name + len - size, names[i]) == 0)
			return true;
	}
	return false;
}

/* What a value may begin with that gives nothing away: references and placeholders. */
static bool is_reference(char c)
{
	return strchr("$<{[*", c) != NULL;
}

/* How long a value is: to the closing quote, else to what ends a word. */
static size_t value_run(const char *text, size_t len, char quote)
{
	size_t run = 0;

	while (run < len && text[run] != '\n' && (quote ? text[run] != quote : !isspace((unsigned char)text[run]) && !strchr("'\",;&)}|", text[run])))
		run++;
	return run;
}

/* By its first two letters, so that few words are compared. */
static bool may_begin_name(const char *text)
{
	static const char pairs[][3] = {"pa", "pr", "se", "to", "ap", "ac", "cl", "mn"};

	for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++)
		if ((text[0] | 0x20) == pairs[i][0] && (text[1] | 0x20) == pairs[i][1])
			return true;
	return false;
}

/* "password=…", "token: …", "\"secret\": \"…\"", "--password …". */
static size_t named_value(const char *text, size_t len, size_t at, size_t *shown)
{
	const char *from = text + at;
	size_t left = len - at, name = 0, i;

	if (left < 2 || (at > 0 && isalnum((unsigned char)text[at - 1])) || !may_begin_name(from))
		return 0;
	for (i = 0; i < ARRAY_LENGTH(names) && !name; i++)
		name = starts(from, left, names[i]) ? strlen(names[i]) : 0;
	if (!name)
		return 0;
	if (at >= 3 && memcmp(text + at - 3, "\xe2\x80\xb9", 3) == 0)
		return 0; /* "‹secret:NAME›", which stands for one */
	bool option = at > 0 && text[at - 1] == '-';
	i = name;
	if (i < left && strchr("'\"", from[i]))
		i++;
	size_t blanks = i;
	while (i < left && from[i] == ' ')
		i++;
	bool marked = i < left && (from[i] == '=' || from[i] == ':');
	if (!marked && !(option && i > blanks))
		return 0;
	if (marked)
		i++;
	while (i < left && from[i] == ' ')
		i++;
	char quote = i < left && strchr("'\"", from[i]) ? from[i++] : '\0';
	if (i >= left || is_reference(from[i]))
		return 0;
	size_t run = value_run(from + i, left - i, quote);
	*shown = i;
	return run >= VALUE_BYTES_MIN && strncmp(from + i, "***", 3) != 0 ? i + run : 0;
}

/* "Bearer …", "Basic …" */
static size_t header_token(const char *text, size_t len, size_t *shown)
{
	static const char *const schemes[] = {"Bearer ", "Basic "};

	for (size_t i = 0; i < ARRAY_LENGTH(schemes); i++) {
		if (!starts(text, len, schemes[i]))
			continue;
		*shown = strlen(schemes[i]);
		size_t run = token_run(text + *shown, len - *shown);
		/* A word of a sentence is not a token. */
		bool mixed = false;
		for (size_t k = 0; k < run; k++)
			mixed |= !isalpha((unsigned char)text[*shown + k]);
		return run >= TOKEN_BYTES_MIN && (mixed || run >= 20) ? *shown + run : 0;
	}
	return 0;
}

size_t mask_shape_at(const char *text, size_t len, size_t at, size_t *shown)
{
	const char *from = text + at;
	size_t left = len - at, found = 0;

	*shown = 0;
	/* By first letter, so that plain text costs one look. */
	switch (*from) {
	case '-':
		return private_key(from, left);
	case ':':
		return url_user(from, left, at, shown);
	case 'B':
	case 'b':
		return at > 0 && isalnum((unsigned char)text[at - 1]) ? 0 : header_token(from, left, shown);
	case 'e':
		found = web_token(from, left);
		break;
	case 'A':
	case 'g':
	case 'h':
	case 'x':
		found = service_token(from, left);
		break;
	case 's':
		found = service_token(from, left);
		break;
	default:
		break;
	}
	if (found && at > 0 && is_token(text[at - 1]) && text[at - 1] != '=')
		found = 0; /* the middle of something longer */
	return found ? found : named_value(text, len, at, shown);
}

/* --- patterns --------------------------------------------------------------------------- */

bool mask_pattern_is_safe(const char *pattern)
{
	return strcspn(pattern, "*?") >= 3;
}

size_t mask_pattern_at(const char *pattern, const char *text, size_t len)
{
	size_t at = 0;

	for (; *pattern; pattern++) {
		if (*pattern == '*') {
			/* As much as there is, less what the rest of the pattern needs at its end. */
			size_t run = token_run(text + at, len - at);
			for (;; run--) {
				size_t rest = mask_pattern_at(pattern + 1, text + at + run, len - at - run);
				if (pattern[1] == '\0' || rest)
					return at + run + rest;
				if (run == 0)
					return 0;
			}
		}
		if (at >= len || (*pattern == '?' ? !is_token(text[at]) : text[at] != *pattern))
			return 0;
		at++;
	}
	return at;
}
