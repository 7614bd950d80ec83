/* What a document says about itself: front matter, and a table of two columns. */
#include "runbook/builder.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

enum { FRONT_LINES_MAX = 200 };

static bool is_line(const struct builder *b, int at, const char *text)
{
	const char *line = b->lines[at].text;
	size_t len = strlen(text);

	return strncmp(line, text, len) == 0 && line[len + strspn(line + len, " \t")] == '\0';
}

/* The index of the line that closes the front matter, or 0 when there is none. */
static int front_end(const struct builder *b, const char *fence)
{
	if (b->line_count == 0 || !is_line(b, 0, fence))
		return 0;
	for (int i = 1; i < b->line_count && i < FRONT_LINES_MAX; i++)
		if (is_line(b, i, fence) || (fence[0] == '-' && is_line(b, i, "...")))
			return i;
	return 0;
}

/* A fact is cut when it is long; then its line is shown, too. */
static void take_short(struct builder *b, int at, const char *line)
{
	if (strlen(line) < TITLE_BYTES_MAX)
		builder_take(b, at + 1, at + 1);
}

/* One line: "key: value", "key = value" in TOML, or "- value" of the key before. */
static void take_line(struct builder *b, int at, char sign, char key[64], size_t *key_len)
{
	const char *line = b->lines[at].text + strspn(b->lines[at].text, " \t");
	const char *mark = strchr(line, sign);

	if (line[0] == '#' || line[0] == '\0')
		return;
	if (line[0] == '-' && line[1] == ' ' && *key_len) {
		builder_fact(b, key, *key_len, line + 2, strlen(line + 2), at + 1);
		take_short(b, at, line);
		return;
	}
	if (!mark || mark == line)
		return;
	size_t len = (size_t)(mark - line);
	while (len && line[len - 1] == ' ')
		len--;
	if (len >= 64)
		return;
	memcpy(key, line, len);
	*key_len = len;
	const char *value = mark + 1 + strspn(mark + 1, " \t");
	builder_fact(b, key, len, value, strlen(value), at + 1);
	take_short(b, at, line);
}

void facts_take(struct builder *b)
{
	int end = front_end(b, "---");
	char key[64], sign = ':';
	size_t key_len = 0;

	if (!end) {
		end = front_end(b, "+++");
		sign = '=';
	}
	if (!end)
		return;
	for (int i = 1; i < end; i++)
		take_line(b, i, sign, key, &key_len);
	/* A parser of Markdown shall not see it; what is no fact is shown as it stands. */
	for (int i = 0; i <= end; i++) {
		struct source_line *line = &b->lines[i];
		if (!line->taken && strspn(line->text, " \t-+.") < strlen(line->text))
			mem_set(&line->shown, line->text);
		line->taken = true;
		line->text[0] = '\0';
	}
}

static size_t cell(const char **at, const char **text)
{
	*at += strspn(*at, "| \t*`");
	*text = *at;
	size_t len = strcspn(*at, "|");
	*at += len;
	while (len && strchr(" \t*`:", (*text)[len - 1]))
		len--;
	return len;
}

void facts_take_table(struct builder *b, int from, int to)
{
	for (int i = from; i <= to && i <= b->line_count; i++) {
		const char *at = b->lines[i - 1].text + strspn(b->lines[i - 1].text, " \t"), *key, *value, *more;
		if (at[0] != '|' || at[strspn(at, "|-: \t")] == '\0')
			continue;
		size_t key_len = cell(&at, &key), value_len = cell(&at, &value);
		if (key_len && value_len && cell(&at, &more) == 0)
			builder_fact(b, key, key_len, value, value_len, i);
	}
}
