#include "watch/mask.h"

#include "base/mem.h"
#include "io/http.h"
#include "watch/mask_shape.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HIDDEN "***"

enum {
	TOKEN_BYTES_MIN = 8, /* a shorter one would be found in words that hide nothing */
	PATTERNS_MAX = 32,
	SHAPE_BYTES = 256, /* a token that is cut nearer to its end than this is held back */
};

/* Where the character stands that marks a secret's place and may be seen. */
enum mark {
	MARK_NONE,
	MARK_FRONT,
	MARK_BACK,
};

struct secret {
	char *text; /* with its mark */
	size_t len;
	enum mark mark;
};

struct mask {
	struct secret *secrets;
	size_t count, capacity, longest;
	bool begins[256]; /* by first byte, so that plain text costs one look */
	char *patterns[PATTERNS_MAX];
	size_t pattern_count;
};

const struct settings_def secrets_section = {
	.word = "secrets",
	.help = "What commands must not say: hidden on the screen, in the record and in exports, beside the tokens, keys and passwords that are known by their look.",
	.items = (const struct setting_def[]){
		{.name = "hide", .type = SETTING_TEXT, .help = "A pattern, like corp-*: letters stand for themselves, * for any characters of a token, ? for one."},
		{.name = "hide-*", .type = SETTING_TEXT, .help = "More of them: hide-2, hide-keys, and so on."},
		{0},
	},
};

struct mask *mask_new(void)
{
	return xcalloc(1, sizeof(struct mask));
}

void mask_free(struct mask *mask)
{
	if (!mask)
		return;
	for (size_t i = 0; i < mask->count; i++)
		free(mask->secrets[i].text);
	for (size_t i = 0; i < mask->pattern_count; i++)
		free(mask->patterns[i]);
	free(mask->secrets);
	free(mask);
}

static void add(struct mask *mask, const char *text, size_t len, enum mark mark)
{
	if (len < 2)
		return;
	for (size_t i = 0; i < mask->count; i++)
		if (mask->secrets[i].len == len && memcmp(mask->secrets[i].text, text, len) == 0)
			return;
	mask->secrets = mem_grow(mask->secrets, &mask->capacity, mask->count, sizeof(*mask->secrets));
	mask->secrets[mask->count++] = (struct secret){xstrndup(text, len), len, mark};
	mask->begins[(unsigned char)text[0]] = true;
	if (len > mask->longest)
		mask->longest = len;
}

/* True if http_mask_url hides this part of a path ("/KEY"). */
static bool is_key(const char *part, size_t len)
{
	char *alone = xstrndup(part, len), shown[16];
	bool hidden = strcmp(http_mask_url(shown, sizeof(shown), alone), "/" HIDDEN) == 0;

	free(alone);
	return hidden;
}

void mask_add_url(struct mask *mask, const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *at = scheme ? scheme + 3 : url;
	size_t authority = strcspn(at, "/?#"), user = authority;

	while (user && at[user - 1] != '@')
		user--;
	add(mask, at, user, MARK_BACK);
	at += authority;
	while (*at == '/') {
		size_t part = 1 + strcspn(at + 1, "/?#");
		if (is_key(at, part))
			add(mask, at, part, MARK_FRONT);
		at += part;
	}
	add(mask, at, strlen(at), MARK_FRONT); /* the query, or nothing */
}

void mask_add_token(struct mask *mask, const char *token)
{
	if (strlen(token) >= TOKEN_BYTES_MIN)
		add(mask, token, strlen(token), MARK_NONE);
}

void mask_add_secrets(struct mask *mask, const struct settings *section)
{
	const struct setting *more;

	if (!section)
		return;
	if (settings_text(section, "hide"))
		(void)mask_add_pattern(mask, settings_text(section, "hide"));
	for (size_t i = 0; (more = settings_each(section, "hide-*", i)); i++)
		(void)mask_add_pattern(mask, more->text);
}

bool mask_add_pattern(struct mask *mask, const char *pattern)
{
	if (!mask_pattern_is_safe(pattern) || mask->pattern_count == PATTERNS_MAX)
		return false;
	mask->patterns[mask->pattern_count++] = xstrdup(pattern);
	return true;
}

/* The longest secret that stands here, NULL when none does. */
static const struct secret *secret_at(const struct mask *mask, const char *text, size_t len)
{
	const struct secret *found = NULL;

	if (!mask->begins[(unsigned char)*text])
		return NULL;
	for (size_t i = 0; i < mask->count; i++) {
		const struct secret *one = &mask->secrets[i];
		if (one->len <= len && memcmp(one->text, text, one->len) == 0 && (!found || one->len > found->len))
			found = one;
	}
	return found;
}

/* What looks like a secret here: its bytes, the first *shown of which may be seen; 0: nothing. */
static size_t unnamed_at(const struct mask *mask, const char *text, size_t len, size_t at, size_t *shown)
{
	*shown = 0;
	for (size_t i = 0; i < mask->pattern_count; i++) {
		size_t found = mask->patterns[i][0] == text[at] ? mask_pattern_at(mask->patterns[i], text + at, len - at) : 0;
		if (found)
			return found;
	}
	return mask_shape_at(text, len, at, shown);
}

void mask_text(const struct mask *mask, const char *text, size_t len, struct buf *out)
{
	size_t plain = 0;

	for (size_t at = 0; at < len;) {
		const struct secret *secret = secret_at(mask, text + at, len - at);
		size_t shown, unnamed = secret ? 0 : unnamed_at(mask, text, len, at, &shown);
		if (unnamed) {
			buf_add(out, text + plain, at + shown - plain);
			buf_puts(out, HIDDEN);
			plain = at += unnamed;
			continue;
		}
		if (!secret) {
			at++;
			continue;
		}
		buf_add(out, text + plain, at - plain);
		if (secret->mark == MARK_FRONT)
			buf_putc(out, secret->text[0]);
		buf_puts(out, HIDDEN);
		if (secret->mark == MARK_BACK)
			buf_putc(out, secret->text[secret->len - 1]);
		plain = at += secret->len;
	}
	buf_add(out, text + plain, len - plain);
}

static bool has(const char *text, size_t len, const char *word)
{
	size_t size = strlen(word);
	const char *at = text, *end = text + len;

	while ((size_t)(end - at) >= size && (at = memchr(at, word[0], (size_t)(end - at) - size + 1))) {
		if (memcmp(at, word, size) == 0)
			return true;
		at++;
	}
	return false;
}

void mask_lines(const struct mask *mask, bool *inside, const char *text, size_t len, struct buf *out)
{
	bool ends = has(text, len, "-----END");

	if (*inside) {
		*inside = !ends;
		return;
	}
	mask_text(mask, text, len, out);
	*inside = !ends && has(text, len, "-----BEGIN ") && has(text, len, "PRIVATE KEY");
}

void mask_skip(bool *inside, const char *text, size_t len)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END";

	for (const char *at = text, *stop = text + len; (at = memchr(at, '-', (size_t)(stop - at))); at++) {
		size_t left = (size_t)(stop - at);
		if (left >= sizeof(end) - 1 && memcmp(at, end, sizeof(end) - 1) == 0)
			*inside = false;
		else if (left >= sizeof(begin) - 1 && memcmp(at, begin, sizeof(begin) - 1) == 0)
			*inside = has(at, left < 64 ? left : 64, "PRIVATE KEY");
	}
}

size_t mask_unfinished(const struct mask *mask, const char *text, size_t len)
{
	size_t most = mask->longest ? mask->longest - 1 : 0, word = 0;

	/* The last word may be what looks like a secret once the rest of it is there. */
	while (word < len && word < SHAPE_BYTES && !strchr(" \t\n", text[len - 1 - word]))
		word++;
	word = word < SHAPE_BYTES ? word : 0;
	for (size_t held = len < most ? len : most; held > word; held--) {
		const char *end = text + len - held;
		for (size_t i = 0; mask->begins[(unsigned char)*end] && i < mask->count; i++)
			if (mask->secrets[i].len > held && memcmp(mask->secrets[i].text, end, held) == 0)
				return held;
	}
	return word;
}

size_t mask_longest(const struct mask *mask)
{
	return mask->longest;
}
