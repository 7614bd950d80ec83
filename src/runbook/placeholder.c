#include "runbook/placeholder.h"

#include "base/mem.h"

#include <ctype.h>
#include <string.h>

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool binding_name(const char *written, size_t len, char out[64])
{
	bool any = false;

	if (len == 0 || len > 63)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)written[i];
		bool plain = c < 0x80 && isalnum(c);
		out[i] = plain ? (char)tolower(c) : '_';
		any |= plain;
	}
	out[len] = '\0';
	return any;
}

static bool made_of(const char *text, size_t len, const char *others)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] >= 0x80 || (!isalnum((unsigned char)text[i]) && !strchr(others, text[i])))
			return false;
	return true;
}

static bool is_one_of(const char *text, size_t len, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(words[i]) == len && strncmp(words[i], text, len) == 0)
			return true;
	return false;
}

/* --- <name> ------------------------------------------------------------------------------ */

/* "<b>" with a "</b>" somewhere, or a tag that has no end. */
static bool is_html(const char *text, const char *inner, size_t len)
{
	static const char *const lone[] = {"br", "hr", "img", "br/", "hr/"};

	if (is_one_of(inner, len, lone, ARRAY_LENGTH(lone)))
		return true;
	for (const char *at = strstr(text, "</"); at; at = strstr(at + 2, "</"))
		if (strncmp(at + 2, inner, len) == 0 && at[2 + len] == '>')
			return true;
	return false;
}

/* "<in 2>": two redirections, the second with its descriptor. */
static bool ends_in_descriptor(const char *inner, size_t len)
{
	size_t digits = 0;

	while (digits < len && isdigit((unsigned char)inner[len - 1 - digits]))
		digits++;
	return digits && digits < len && inner[len - 1 - digits] == ' ';
}

static bool in_angles(const char *text, const char *at, struct placeholder *out)
{
	const char *inner = at + 1;
	size_t len = strcspn(inner, "<>\n'\"`$|;&()");

	if (!isalpha((unsigned char)inner[0]) || inner[len] != '>' || inner[len - 1] == ' ')
		return false;
	if (memchr(inner, '@', len) || strncmp(inner, "http", 4) == 0 || is_html(text, inner, len) || ends_in_descriptor(inner, len))
		return false;
	out->len = len + 2;
	return binding_name(inner, len, out->name);
}

/* --- {{name}} ------------------------------------------------------------------------------ */

/* Words of Go's templates, which kubectl and docker take. */
static bool is_template(const char *inner, size_t len)
{
	static const char *const words[] = {"end", "else", "range", "if", "with", "define", "template", "block", "break", "continue", "nil", "json", "len", "index", "printf", "println", "range .", "not", "and", "or"};

	return !made_of(inner, len, "_- |") || is_one_of(inner, strcspn(inner, " }") < len ? strcspn(inner, " }") : len, words, ARRAY_LENGTH(words));
}

static bool in_braces(const char *at, struct placeholder *out)
{
	const char *inner = at + 2 + strspn(at + 2, " ");
	size_t len = strcspn(inner, "{}\n'\"`$;&");

	if (strncmp(inner + len, "}}", 2) != 0)
		return false;
	out->len = (size_t)(inner - at) + len + 2;
	while (len && inner[len - 1] == ' ')
		len--;
	if (len == 0 || !isalpha((unsigned char)inner[0]) || is_template(inner, len))
		return false;
	if (memchr(inner, '|', len)) {
		out->choices = inner;
		out->choices_len = len;
	}
	return binding_name(inner, len, out->name);
}

/* --- [NAME] -------------------------------------------------------------------------------- */

/* Capitals with '_', '-' and blanks between, or small words that a '-' or '_' joins: what is
 * shorter or simpler is a pattern like [A-Z] or [abc], or the test [ -f x ]. */
static bool is_bracket_name(const char *inner, size_t len)
{
	bool capitals = true, joined = false;
	size_t run = 0;

	if (len < 2 || !isalpha((unsigned char)inner[0]) || !is_word(inner[len - 1]) || !made_of(inner, len, "_- "))
		return false;
	for (size_t i = 0; i < len; i++) {
		capitals &= !islower((unsigned char)inner[i]);
		if (!isalnum((unsigned char)inner[i])) {
			if (run < 2)
				return false; /* A-Z, a-f */
			joined |= inner[i] != ' ';
			run = 0;
		} else {
			run++;
		}
	}
	return run >= 2 && (capitals || joined);
}

static bool in_brackets(const char *text, const char *at, struct placeholder *out)
{
	const char *inner = at + 1;
	size_t len = strcspn(inner, "[]\n'\"`$|;&<>\\");
	char before = at > text ? at[-1] : ' ';

	if (inner[len] != ']' || !is_bracket_name(inner, len))
		return false;
	/* Stands alone: no array, no part of a pattern, no text of a link. */
	if (!strchr(" \t\n\"'=:/@,(", before) || !(inner[len + 1] == '\0' || strchr(" \t\n\"'/:;,)@|&", inner[len + 1])))
		return false;
	out->len = len + 2;
	return binding_name(inner, len, out->name);
}

/* --- $NAME --------------------------------------------------------------------------------- */

/* Variables that are the shell's own or common property. */
static bool is_common(const char *name, size_t len)
{
	static const char *const common[] = {"HOME", "PATH", "USER", "LOGNAME", "PWD", "OLDPWD", "SHELL", "TERM", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOSTNAME", "IFS", "RANDOM", "SECONDS", "LINENO", "EDITOR", "PAGER", "KUBECONFIG", "UID", "EUID", "PPID", "BASH_SOURCE", "FUNCNAME", "OPTARG", "OPTIND", "REPLY", "COLUMNS", "LINES", "http_proxy", "https_proxy", "no_proxy"};

	return is_one_of(name, len, common, ARRAY_LENGTH(common));
}

/* True if the word at `at` is what a command before it on its line gives a value to:
 * "read -r a b", "for x", "export x" alone does not. */
static bool is_read(const char *text, const char *at)
{
	const char *start = at;

	while (start > text && !strchr("\n;|&(", start[-1]))
		start--;
	for (; start < at; start++) {
		bool begins = start == text || !is_word(start[-1]);
		if (begins && (strncmp(start, "read ", 5) == 0 || strncmp(start, "for ", 4) == 0 || strncmp(start, "mapfile ", 8) == 0 || strncmp(start, "getopts ", 8) == 0))
			return strncmp(start, "for ", 4) != 0 || start + 4 == at;
	}
	return false;
}

bool placeholder_is_set(const char *text, const char *name, size_t len)
{
	for (const char *at = text; *at; at++) {
		if (strncmp(at, name, len) != 0 || is_word(at[len]) || (at > text && (is_word(at[-1]) || strchr("$-{<.", at[-1]))))
			continue;
		if (at[len] == '=' || strncmp(at + len, "+=", 2) == 0 || is_read(text, at))
			return true;
	}
	return false;
}

static bool in_dollar(const char *text, const char *at, struct placeholder *out)
{
	bool braces = at[1] == '{';
	const char *word = at + 1 + braces;
	size_t len = 0;

	while (is_word(word[len]))
		len++;
	if (len == 0 || isdigit((unsigned char)word[0]) || (len == 1 && word[0] == '_') || (braces && word[len] != '}'))
		return false;
	out->len = 1 + len + (braces ? 2 : 0);
	return !is_common(word, len) && !placeholder_is_set(text, word, len) && binding_name(word, len, out->name);
}

bool placeholder_at(const char *text, const char *at, bool single_quotes, struct placeholder *out)
{
	*out = (struct placeholder){0};
	switch (*at) {
	case '<':
		return in_angles(text, at, out);
	case '{':
		return at[1] == '{' && in_braces(at, out);
	case '[':
		return in_brackets(text, at, out);
	case '$':
		return !single_quotes && in_dollar(text, at, out);
	default:
		return false;
	}
}
