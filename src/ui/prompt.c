#include "ui/prompt.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CANDIDATES_MAX = 500 };

/* --- history ---------------------------------------------------------------- */

void history_add(struct history *history, const char *line)
{
	if (*line == '\0' || (history->count > 0 && strcmp(history->lines[history->count - 1], line) == 0))
		return;
	if (history->count == HISTORY_LINES) {
		free(history->lines[0]);
		memmove(history->lines, history->lines + 1, (HISTORY_LINES - 1) * sizeof(history->lines[0]));
		history->count--;
	}
	history->lines[history->count++] = xstrdup(line);
}

void history_free(struct history *history)
{
	for (size_t i = 0; i < history->count; i++)
		free(history->lines[i]);
	history->count = 0;
}

/* --- moving by graphemes ------------------------------------------------------ */

static size_t after(const struct prompt *prompt, size_t at)
{
	struct text_grapheme grapheme;
	const char *cursor = prompt->text + at;
	return text_next(&cursor, &grapheme) ? (size_t)(cursor - prompt->text) : prompt->len;
}

static size_t before(const struct prompt *prompt, size_t at)
{
	size_t here = 0;
	while (here < at) {
		size_t next = after(prompt, here);
		if (next >= at)
			break;
		here = next;
	}
	return here;
}

static size_t word_before(const struct prompt *prompt, size_t at)
{
	while (at > 0 && prompt->text[at - 1] == ' ')
		at--;
	while (at > 0 && prompt->text[at - 1] != ' ')
		at--;
	return at;
}

/* --- changing ----------------------------------------------------------------- */

static void forget_candidates(struct prompt *prompt)
{
	for (size_t i = 0; i < prompt->candidate_count; i++)
		free(prompt->candidates[i]);
	prompt->candidate_count = 0;
}

static void set_text(struct prompt *prompt, const char *text)
{
	prompt->len = text_clean(prompt->text, sizeof(prompt->text), text, strlen(text));
	prompt->cursor = prompt->len;
}

static void cut(struct prompt *prompt, size_t from, size_t to)
{
	memmove(prompt->text + from, prompt->text + to, prompt->len - to + 1);
	prompt->len -= to - from;
	prompt->cursor = from;
}

static enum prompt_result cut_result(struct prompt *prompt, size_t from, size_t to)
{
	if (from == to)
		return PROMPT_MOVED;
	cut(prompt, from, to);
	return PROMPT_CHANGED;
}

static bool insert_clean(struct prompt *prompt, const char *text, size_t len)
{
	if (prompt->len + len >= sizeof(prompt->text))
		return false;
	memmove(prompt->text + prompt->cursor + len, prompt->text + prompt->cursor, prompt->len - prompt->cursor + 1);
	memcpy(prompt->text + prompt->cursor, text, len);
	prompt->len += len;
	prompt->cursor += len;
	return true;
}

bool prompt_insert(struct prompt *prompt, const char *text, size_t len)
{
	char clean[2 * PROMPT_BYTES];
	forget_candidates(prompt);
	if (len >= PROMPT_BYTES)
		return false;
	size_t clean_len = text_clean(clean, sizeof(clean), text, len);
	return insert_clean(prompt, clean, clean_len);
}

void prompt_begin(struct prompt *prompt, const char *text)
{
	forget_candidates(prompt);
	set_text(prompt, text);
	prompt->browsed = 0;
}

void prompt_end(struct prompt *prompt)
{
	forget_candidates(prompt);
	free(prompt->candidates);
	*prompt = (struct prompt){0};
}

/* --- completion --------------------------------------------------------------- */

static void take_candidate(void *arg, const char *candidate)
{
	struct prompt *prompt = arg;
	size_t typed = prompt->cursor - prompt->word;
	if (prompt->candidate_count >= CANDIDATES_MAX || strncasecmp(candidate, prompt->text + prompt->word, typed) != 0)
		return;
	for (size_t i = 0; i < prompt->candidate_count; i++) {
		if (strcmp(prompt->candidates[i], candidate) == 0)
			return;
	}
	prompt->candidates = mem_grow(prompt->candidates, &prompt->candidate_capacity, prompt->candidate_count, sizeof(*prompt->candidates));
	prompt->candidates[prompt->candidate_count++] = xstrdup(candidate);
}

static void replace_word(struct prompt *prompt, const char *text, size_t len)
{
	size_t end = prompt->cursor;
	if (prompt->len - (end - prompt->word) + len >= sizeof(prompt->text))
		return;
	cut(prompt, prompt->word, end);
	insert_clean(prompt, text, len);
}

static size_t common_prefix(const struct prompt *prompt)
{
	size_t len = strlen(prompt->candidates[0]);
	for (size_t i = 1; i < prompt->candidate_count; i++) {
		size_t same = 0;
		while (same < len && prompt->candidates[i][same] == prompt->candidates[0][same])
			same++;
		len = same;
	}
	/* Never half a character. */
	while (len > 0 && ((unsigned char)prompt->candidates[0][len] & 0xc0) == 0x80)
		len--;
	return len;
}

static enum prompt_result begin_completion(struct prompt *prompt)
{
	char left[PROMPT_BYTES];
	if (!prompt->complete)
		return PROMPT_MOVED;
	prompt->word = prompt->cursor;
	while (prompt->word > 0 && prompt->text[prompt->word - 1] != ' ')
		prompt->word--;
	memcpy(left, prompt->text, prompt->cursor);
	left[prompt->cursor] = '\0';
	prompt->complete(prompt->complete_arg, left, take_candidate, prompt);
	prompt->candidate_at = prompt->candidate_count;
	if (prompt->candidate_count == 0)
		return PROMPT_MOVED;
	size_t common = common_prefix(prompt);
	if (prompt->candidate_count == 1) {
		replace_word(prompt, prompt->candidates[0], strlen(prompt->candidates[0]));
		insert_clean(prompt, " ", 1);
		forget_candidates(prompt);
	} else if (common > prompt->cursor - prompt->word) {
		replace_word(prompt, prompt->candidates[0], common);
	}
	return PROMPT_CHANGED;
}

static enum prompt_result step_completion(struct prompt *prompt, bool forward)
{
	size_t count = prompt->candidate_count;
	if (count == 0)
		return begin_completion(prompt);
	if (prompt->candidate_at == count)
		prompt->candidate_at = forward ? 0 : count - 1;
	else
		prompt->candidate_at = (prompt->candidate_at + (forward ? 1 : count - 1)) % count;
	const char *candidate = prompt->candidates[prompt->candidate_at];
	replace_word(prompt, candidate, strlen(candidate));
	return PROMPT_CHANGED;
}

/* --- the keys ----------------------------------------------------------------- */

static enum prompt_result key_left(struct prompt *prompt)
{
	prompt->cursor = before(prompt, prompt->cursor);
	return PROMPT_MOVED;
}

static enum prompt_result key_right(struct prompt *prompt)
{
	prompt->cursor = after(prompt, prompt->cursor);
	return PROMPT_MOVED;
}

static enum prompt_result key_home(struct prompt *prompt)
{
	prompt->cursor = 0;
	return PROMPT_MOVED;
}

static enum prompt_result key_end(struct prompt *prompt)
{
	prompt->cursor = prompt->len;
	return PROMPT_MOVED;
}

static enum prompt_result key_backspace(struct prompt *prompt)
{
	return cut_result(prompt, before(prompt, prompt->cursor), prompt->cursor);
}

static enum prompt_result key_delete(struct prompt *prompt)
{
	return cut_result(prompt, prompt->cursor, after(prompt, prompt->cursor));
}

static enum prompt_result key_cut_word(struct prompt *prompt)
{
	return cut_result(prompt, word_before(prompt, prompt->cursor), prompt->cursor);
}

static enum prompt_result key_cut_start(struct prompt *prompt)
{
	return cut_result(prompt, 0, prompt->cursor);
}

static enum prompt_result key_cut_end(struct prompt *prompt)
{
	return cut_result(prompt, prompt->cursor, prompt->len);
}

static enum prompt_result browse(struct prompt *prompt, size_t back)
{
	if (!prompt->history || back > prompt->history->count)
		return PROMPT_MOVED;
	if (prompt->browsed == 0)
		memcpy(prompt->draft, prompt->text, prompt->len + 1);
	prompt->browsed = back;
	set_text(prompt, back == 0 ? prompt->draft : prompt->history->lines[prompt->history->count - back]);
	return PROMPT_CHANGED;
}

static enum prompt_result key_older(struct prompt *prompt)
{
	return browse(prompt, prompt->browsed + 1);
}

static enum prompt_result key_newer(struct prompt *prompt)
{
	return prompt->browsed > 0 ? browse(prompt, prompt->browsed - 1) : PROMPT_MOVED;
}

static enum prompt_result key_complete(struct prompt *prompt)
{
	return step_completion(prompt, true);
}

static enum prompt_result key_complete_back(struct prompt *prompt)
{
	return step_completion(prompt, false);
}

static enum prompt_result key_accept(struct prompt *prompt)
{
	(void)prompt;
	return PROMPT_ACCEPTED;
}

static enum prompt_result key_cancel(struct prompt *prompt)
{
	(void)prompt;
	return PROMPT_CANCELLED;
}

static const struct prompt_binding bindings[] = {
	{"Enter", "Accepts the line.", key_accept},
	{"Esc C-c", "Cancels it.", key_cancel},
	{"Tab", "Completes the word; again: the next candidate.", key_complete},
	{"S-Tab", "The candidate before.", key_complete_back},
	{"Up C-p", "An older line from the history.", key_older},
	{"Down C-n", "A newer one.", key_newer},
	{"Left C-b", "One character to the left.", key_left},
	{"Right C-f", "One character to the right.", key_right},
	{"Home C-a", "To the start of the line.", key_home},
	{"End C-e", "To its end.", key_end},
	{"Backspace C-h", "Deletes the character before the cursor.", key_backspace},
	{"Delete C-d", "Deletes the one under it.", key_delete},
	{"C-w", "Deletes the word before the cursor.", key_cut_word},
	{"C-u", "Deletes everything before it.", key_cut_start},
	{"C-k", "Deletes everything behind it.", key_cut_end},
	{NULL, NULL, NULL},
};

const struct prompt_binding *prompt_bindings(void)
{
	return bindings;
}

static const struct prompt_binding *binding_for(const char *key)
{
	for (const struct prompt_binding *b = bindings; b->keys; b++) {
		const char *cursor = b->keys;
		char word[16];
		while (text_word(&cursor, word, sizeof(word))) {
			if (strcmp(word, key) == 0)
				return b;
		}
	}
	return NULL;
}

/* A key that is a character has a name of one grapheme. */
static bool is_character(const char *key)
{
	struct text_grapheme grapheme;
	return text_next(&key, &grapheme) && *key == '\0' && grapheme.width > 0;
}

enum prompt_result prompt_key(struct prompt *prompt, const char *key)
{
	const struct prompt_binding *binding = binding_for(key);
	if (binding) {
		if (binding->run != key_complete && binding->run != key_complete_back)
			forget_candidates(prompt);
		return binding->run(prompt);
	}
	if (strcmp(key, "Space") == 0)
		key = " ";
	if (!is_character(key))
		return PROMPT_UNKNOWN;
	return prompt_insert(prompt, key, strlen(key)) ? PROMPT_CHANGED : PROMPT_MOVED;
}

void prompt_draw(const struct prompt *prompt, const char *label, struct area area)
{
	int x = area_text(area, 0, 0, ROLE_PROMPT, ATTR_BOLD, label);
	int room = area.columns - x;
	size_t start = 0;
	char left[PROMPT_BYTES];
	/* Scroll by whole graphemes until the cursor, which needs a column too, is inside. */
	for (;;) {
		memcpy(left, prompt->text + start, prompt->cursor - start);
		left[prompt->cursor - start] = '\0';
		if (text_width(left) < room || start >= prompt->cursor)
			break;
		start = after(prompt, start);
	}
	area_text(area, x, 0, ROLE_BASE, 0, prompt->text + start);
	area_cursor(area, x + text_width(left), 0);
}
