/* Markdown to steps, read with libcmark. */
#include "runbook/builder.h"

#include "base/mem.h"
#include "base/text.h"
#include "runbook/danger.h"

#include <cmark.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A heading that opened a step: what follows belongs to it until one of its level. */
struct open_step {
	int level, step;
};

/* --- text of nodes --------------------------------------------------------------------- */

static int first_line(cmark_node *node)
{
	return cmark_node_get_start_line(node);
}

static int last_line(cmark_node *node)
{
	int from = cmark_node_get_start_line(node), to = cmark_node_get_end_line(node);

	return to < from ? from : to;
}

static bool is(cmark_node *node, cmark_node_type type)
{
	return node && cmark_node_get_type(node) == type;
}

static bool is_ordered(cmark_node *node)
{
	return is(node, CMARK_NODE_LIST) && cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
}

static const char *literal_of(cmark_node *node)
{
	const char *literal = cmark_node_get_literal(node);

	return literal ? literal : "";
}

/* Where a link goes is part of what the text says, unless the text says it already. */
static void put_target(struct buf *out, cmark_node *link)
{
	const char *url = cmark_node_get_url(link), *title = cmark_node_get_title(link);
	cmark_node *text = cmark_node_first_child(link);

	if (is(text, CMARK_NODE_TEXT) && url && strcmp(literal_of(text), url) == 0)
		return;
	buf_printf(out, " (%s%s%s)", url ? url : "", title && *title ? " " : "", title ? title : "");
}

/* The words of inline nodes in one line, without emphasis. What looks like HTML stays as
 * written, because "<validator-pod>" is a placeholder and not markup. */
static void put_inline(cmark_node *root, struct buf *out)
{
	cmark_iter *iter = cmark_iter_new(root);
	cmark_event_type event;

	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
		cmark_node *at = cmark_iter_get_node(iter);
		switch (cmark_node_get_type(at)) {
		case CMARK_NODE_TEXT:
		case CMARK_NODE_CODE:
		case CMARK_NODE_HTML_INLINE:
			buf_puts(out, literal_of(at));
			break;
		case CMARK_NODE_SOFTBREAK:
		case CMARK_NODE_LINEBREAK:
			buf_putc(out, ' ');
			break;
		case CMARK_NODE_LINK:
		case CMARK_NODE_IMAGE:
			if (event == CMARK_EVENT_EXIT)
				put_target(out, at);
			break;
		default:
			break;
		}
	}
	cmark_iter_free(iter);
}

static char *clean_text(struct buf *raw)
{
	struct buf clean;

	if (text_is_plain(buf_text(raw), raw->len)) {
		while (raw->len && isspace((unsigned char)raw->data[raw->len - 1]))
			raw->data[--raw->len] = '\0';
		return buf_take(raw);
	}
	buf_init(&clean, 4 * PROSE_BYTES_MAX);
	text_clean_lines(&clean, buf_text(raw), raw->len);
	while (clean.len && isspace((unsigned char)clean.data[clean.len - 1]))
		clean.data[--clean.len] = '\0';
	buf_free(raw);
	return buf_take(&clean);
}

static char *inline_text(cmark_node *node)
{
	struct buf raw;

	buf_init(&raw, PROSE_BYTES_MAX);
	put_inline(node, &raw);
	return clean_text(&raw);
}

/* The text of the inline nodes from `first` up to `end` (NULL: all), which are siblings. */
static char *span_text(cmark_node *first, cmark_node *end)
{
	struct buf raw;

	buf_init(&raw, PROSE_BYTES_MAX);
	for (cmark_node *at = first; at && at != end; at = cmark_node_next(at))
		put_inline(at, &raw);
	return clean_text(&raw);
}

static void trim_end(char *text)
{
	size_t len = strlen(text);

	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcasecmp(text + len - end_len, end) == 0;
}

/* --- markers --------------------------------------------------------------------------- */

/* The bold markers of SEAL's templates, and where they go. */
enum marker {
	MARKER_WHEN,
	MARKER_EXPECTED,
	MARKER_VERIFY,
	MARKER_WHY,
	MARKER_IMPACT,
	MARKER_ROLLBACK,
	MARKER_NONE,
};

static enum marker marker_of(const char *text, const char **rest)
{
	static const char *const words[] = {"when:", "expected:", "verify:", "why:", "impact:", "rollback:"};

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (!text_begins(text, words[i]))
			continue;
		*rest = text + strlen(words[i]);
		*rest += strspn(*rest, " ");
		return (enum marker)i;
	}
	return MARKER_NONE;
}

static char **marker_slot(struct step *step, enum marker marker)
{
	char **const slots[] = {&step->when, &step->expected, &step->verify, &step->why, &step->impact, &step->rollback};

	return slots[marker];
}

static bool is_marked(const char *text)
{
	const char *rest;

	return text && marker_of(text, &rest) != MARKER_NONE;
}

struct reader {
	struct builder *b;
	struct open_step open[PATH_MAX_HEADINGS];
	int open_count;
	bool symptoms;       /* the next list names symptoms */
	cmark_node *listed;  /* the ordered list that gave steps last, NULL after a heading or a label */
	int listed_step;     /* its last step */
	cmark_node *said;    /* the paragraph that leads to the fence after it */
	enum marker filling; /* the marker that the block before ended with, else MARKER_NONE */
	bool unfilled;       /* it has no words yet: a list below it is what it says */
};

/* True if a marker may begin at this inline node: at the start, or on a new line. */
static bool begins_line(cmark_node *at)
{
	cmark_node *before = cmark_node_previous(at);

	return !before || is(before, CMARK_NODE_SOFTBREAK) || is(before, CMARK_NODE_LINEBREAK);
}

/* --- commands in a line ------------------------------------------------------------------ */

/* Code behind words like these is meant to be typed. */
static bool leads_to_command(const char *lead)
{
	return ends_with(lead, ":") || ends_with(lead, " run") || strcasecmp(lead, "run") == 0 || ends_with(lead, "execute");
}

static const char *doubt_of_inline(const char *code)
{
	if (!text_is_clean(code, strlen(code)))
		return "it holds characters that nobody can see";
	if (strstr(code, "...") || strstr(code, "…"))
		return "something is left out in it";
	if (!danger_knows(code))
		return "it may be no command (put it into a fence marked bash)";
	return NULL;
}

/* Inline code right after a colon: "Check logs: `kubectl logs …`". One word alone is a
 * name and not a command. */
static void inline_commands(struct reader *r, int step, cmark_node *first, cmark_node *end, int from, int to, bool verify)
{
	for (cmark_node *at = first; at && at != end; at = cmark_node_next(at)) {
		const char *code = is(at, CMARK_NODE_CODE) ? literal_of(at) : "";
		cmark_node *before = cmark_node_previous(at);
		bool alone = !before && !cmark_node_next(at);
		char *lead = is(before, CMARK_NODE_TEXT) ? xstrdup(literal_of(before)) : xstrdup("");
		trim_end(lead);
		if (is(before, CMARK_NODE_SOFTBREAK) && is(cmark_node_previous(before), CMARK_NODE_TEXT))
			mem_set(&lead, literal_of(cmark_node_previous(before)));
		struct command *c = NULL;
		if (strchr(code, ' ') && (alone || leads_to_command(lead))) {
			char *clean = xmalloc(strlen(code) * 3 + 1);
			text_clean(clean, strlen(code) * 3 + 1, code, strlen(code));
			c = builder_command(r->b, step, "inline", clean, from, to);
			free(clean);
		}
		if (c) {
			const char *doubt = builder_altered(r->b, from, to) ? "it holds characters that nobody can see" : doubt_of_inline(code);
			mem_set(&c->doubt, doubt);
			c->shell = !doubt;
			c->verify = verify;
		}
		free(lead);
	}
}

/* Another runbook that a text points to. */
static void note_links(struct reader *r, int step, cmark_node *root)
{
	cmark_iter *iter = cmark_iter_new(root);

	while (cmark_iter_next(iter) != CMARK_EVENT_DONE) {
		cmark_node *at = cmark_iter_get_node(iter);
		const char *url = is(at, CMARK_NODE_LINK) ? cmark_node_get_url(at) : NULL;
		struct step *s = &r->b->book->steps[step];
		if (!url || s->link || strstr(url, "://"))
			continue;
		const char *dot = strstr(url, ".md");
		char clean[TITLE_BYTES_MAX];
		text_clean(clean, sizeof(clean), url, strlen(url));
		if (dot && (dot[3] == '\0' || dot[3] == '#'))
			s->link = xstrdup(clean);
	}
	cmark_iter_free(iter);
}

/* --- what stands in a step ---------------------------------------------------------------- */

static void step_blocks(struct reader *r, cmark_node *first, int step);

/* One piece of a paragraph of a step: a marker with its words, or the step's own text,
 * which is returned, owned, for the caller to show. */
static char *read_piece(struct reader *r, int step, cmark_node *first, cmark_node *end, int from, int to)
{
	char *text = span_text(first, end);
	const char *rest;
	enum marker marker = marker_of(text, &rest);

	r->filling = marker;
	r->unfilled = marker != MARKER_NONE && !*rest;
	inline_commands(r, step, first, end, from, to, marker == MARKER_VERIFY);
	if (marker == MARKER_NONE)
		return text;
	text_add_line(marker_slot(&r->b->book->steps[step], marker), rest);
	free(text);
	return NULL;
}

/* A paragraph of a step, from the inline node `first` on. Returns the text that no marker
 * took, owned, which the caller shows or not; NULL without. */
static char *read_pieces(struct reader *r, int step, cmark_node *paragraph, cmark_node *first)
{
	char *own = NULL;

	while (first) {
		cmark_node *end = cmark_node_next(first);
		while (end) {
			char *text = begins_line(end) ? span_text(end, NULL) : NULL;
			bool marked = is_marked(text);
			free(text);
			if (marked)
				break;
			end = cmark_node_next(end);
		}
		char *piece = read_piece(r, step, first, end, first_line(paragraph), last_line(paragraph));
		if (piece && *piece)
			text_add_line(&own, piece);
		free(piece);
		first = end;
	}
	return own;
}

/* Takes the lines of a paragraph whose words stand in fields, and shows the rest. */
static void place_paragraph(struct reader *r, cmark_node *paragraph, const char *own, const char *dash)
{
	int from = first_line(paragraph), to = last_line(paragraph);
	char *all = inline_text(paragraph);

	if (own && own[0] == '|') {
		; /* rows of a table stay as they are */
	} else if (builder_take_if(r->b, from, to, all) && own && *own) {
		char *shown = xasprintf("%s%s", dash, own);
		mem_set(&r->b->lines[from - 1].shown, shown);
		free(shown);
	}
	free(all);
}

static void read_paragraph(struct reader *r, int step, cmark_node *node, const char *dash)
{
	char *own = read_pieces(r, step, node, cmark_node_first_child(node));

	note_links(r, step, node);
	place_paragraph(r, node, own, dash);
	free(own);
}

/* ".. code-block:: bash" of reStructuredText names the language of the block below: where
 * it begins in the text, NULL when this is none. */
static const char *is_directive(const char *text)
{
	static const char *const words[] = {".. code-block::", ".. code::", ".. sourcecode::"};

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		if (text_begins(text, words[i]))
			return text + strlen(words[i]) + strspn(text + strlen(words[i]), " ");
	return NULL;
}

static char *directive_language(cmark_node *paragraph)
{
	char *text = is(paragraph, CMARK_NODE_PARAGRAPH) ? inline_text(paragraph) : NULL;
	const char *language = text ? is_directive(text) : NULL;
	char *copy = language ? xstrdup(language) : NULL;

	free(text);
	return copy;
}

/* True for a directive right before its block, whose words the block's command tells. */
static bool heads_block(cmark_node *paragraph)
{
	char *language = is(cmark_node_next(paragraph), CMARK_NODE_CODE_BLOCK) ? directive_language(paragraph) : NULL;

	free(language);
	return language != NULL;
}

static void read_fence(struct reader *r, int step, cmark_node *node)
{
	int from = first_line(node), to = last_line(node);
	const char *info = cmark_node_get_fence_info(node);
	char *directive = info && *info ? NULL : directive_language(cmark_node_previous(node));
	size_t added = fence_add(r->b, step, directive ? directive : info, literal_of(node), from, to);
	struct step *owner = &r->b->book->steps[step];

	if (added) {
		struct buf all;
		buf_init(&all, 16 * RUNBOOK_BYTES_MAX);
		/* A session is taken apart: its words are all there, in another order. */
		buf_printf(&all, "%s\n%s", info ? info : "", literal_of(node));
		builder_take_if(r->b, from, to, buf_text(&all));
		if (directive) {
			char *words = inline_text(cmark_node_previous(node));
			int line = last_line(cmark_node_previous(node));
			builder_take_if(r->b, line, line, words);
			free(words);
		}
		buf_free(&all);
		for (size_t i = owner->command_count - added; i < owner->command_count; i++)
			owner->commands[i].verify |= r->filling == MARKER_VERIFY;
	}
	free(directive);
}

/* "**Verify:**" and a list below it: the list is what the marker says. */
static bool fill_marker(struct reader *r, int step, cmark_node *item, enum marker marker)
{
	cmark_node *first = cmark_node_first_child(item);
	bool alone = marker != MARKER_NONE && is(first, CMARK_NODE_PARAGRAPH) && !cmark_node_next(first);
	char *text = alone ? inline_text(first) : NULL;
	bool filled = text && builder_take_if(r->b, first_line(first), last_line(first), text);

	if (filled) {
		char *dashed = xasprintf("- %s", text);
		text_add_line(marker_slot(&r->b->book->steps[step], marker), dashed);
		inline_commands(r, step, cmark_node_first_child(first), NULL, first_line(first), last_line(first), marker == MARKER_VERIFY);
		free(dashed);
	}
	free(text);
	return filled;
}

/* A list that is no list of steps: its items stand in the step's text, each with its dash;
 * commands and fences in them are the step's. */
static void read_points(struct reader *r, int step, cmark_node *list)
{
	enum marker marker = r->unfilled ? r->filling : MARKER_NONE;

	for (cmark_node *item = cmark_node_first_child(list); item; item = cmark_node_next(item)) {
		cmark_node *first = cmark_node_first_child(item);
		if (fill_marker(r, step, item, marker))
			continue;
		if (is(first, CMARK_NODE_PARAGRAPH)) {
			read_paragraph(r, step, first, "- ");
			first = cmark_node_next(first);
		}
		step_blocks(r, first, step);
	}
}

/* The words before an inline command are the title of "Check logs: `…`". */
static char *lead_text(cmark_node *paragraph)
{
	for (cmark_node *at = cmark_node_first_child(paragraph); at; at = cmark_node_next(at)) {
		cmark_node *before = cmark_node_previous(at);
		if (!is(at, CMARK_NODE_CODE) || !strchr(literal_of(at), ' ') || !before)
			continue;
		char *lead = span_text(cmark_node_first_child(paragraph), at);
		if (*lead && leads_to_command(lead))
			return lead;
		free(lead);
	}
	return NULL;
}

/* Where the title's line ends when markers follow it in the same paragraph. */
static cmark_node *title_end(cmark_node *paragraph)
{
	for (cmark_node *at = cmark_node_first_child(paragraph); at; at = cmark_node_next(at)) {
		char *text = cmark_node_previous(at) && begins_line(at) ? span_text(at, NULL) : NULL;
		bool marked = is_marked(text);
		free(text);
		if (marked)
			return at;
	}
	return NULL;
}

/* Words and commands of a step that came from one paragraph: is anything left to say? */
static void place_title(struct reader *r, int step, cmark_node *paragraph, cmark_node *end, const char *all)
{
	struct step *s = &r->b->book->steps[step];
	int from = first_line(paragraph), to = last_line(paragraph);
	struct buf kept;

	buf_init(&kept, 4 * PROSE_BYTES_MAX);
	buf_puts(&kept, s->title);
	for (size_t i = 0; i < s->command_count; i++)
		buf_printf(&kept, "\n%s", s->commands[i].text);
	if (end) { /* markers follow, and are kept in their fields */
		char *tail = span_text(end, NULL);
		buf_printf(&kept, "\n%s", tail);
		free(tail);
	}
	if (!builder_take_if(r->b, from, to, buf_text(&kept)))
		builder_show(r->b, from, to, all);
	buf_free(&kept);
}

/* A step whose first paragraph is its title. */
static int step_from_paragraph(struct reader *r, int parent, cmark_node *node, cmark_node *paragraph, const char *written)
{
	cmark_node *end = title_end(paragraph);
	char *lead = lead_text(paragraph), *all = inline_text(paragraph), *line = span_text(cmark_node_first_child(paragraph), end);
	int step = builder_step(r->b, parent, lead ? lead : line, written, first_line(node));

	if (step >= 0) {
		builder_own(r->b, first_line(node), last_line(node), step);
		inline_commands(r, step, cmark_node_first_child(paragraph), end, first_line(paragraph), last_line(paragraph), false);
		note_links(r, step, paragraph);
		if (end)
			free(read_pieces(r, step, paragraph, end));
		place_title(r, step, paragraph, end, all);
	}
	free(lead);
	free(all);
	free(line);
	return step;
}

static char *said_text(struct reader *r)
{
	return r->said ? inline_text(r->said) : NULL;
}

/* "3." or "3)", as the document counts. */
static void written_number(const struct reader *r, cmark_node *item, char out[16])
{
	int line = first_line(item);
	const char *text = line >= 1 && line <= r->b->line_count ? r->b->lines[line - 1].text : "";

	text += strspn(text, " \t>");
	size_t digits = strspn(text, "0123456789");
	text_format(out, 16, "%.*s", digits && digits < 10 ? (int)digits + 1 : 0, text);
}

static int read_item(struct reader *r, cmark_node *item, int parent)
{
	cmark_node *first = cmark_node_first_child(item);
	char written[16];
	int step;

	written_number(r, item, written);
	if (is(first, CMARK_NODE_PARAGRAPH)) {
		step = step_from_paragraph(r, parent, item, first, written);
		first = cmark_node_next(first);
	} else {
		char *said = is(first, CMARK_NODE_HEADING) ? inline_text(first) : said_text(r);
		step = builder_step(r->b, parent, said ? said : "", written, first_line(item));
		free(said);
		if (step >= 0)
			builder_own(r->b, first_line(item), last_line(item), step);
	}
	r->filling = MARKER_NONE;
	if (step >= 0)
		step_blocks(r, first, step);
	return step;
}

/* Each item becomes a step below `parent`; returns the last one's index, or -1. */
static int read_steps(struct reader *r, cmark_node *list, int parent)
{
	int last = -1;

	for (cmark_node *item = cmark_node_first_child(list); item; item = cmark_node_next(item))
		last = read_item(r, item, parent);
	return last;
}

/* Content below one step. */
static void step_blocks(struct reader *r, cmark_node *first, int step)
{
	for (cmark_node *node = first; node; node = cmark_node_next(node)) {
		bool keeps = false; /* a marker reaches into the block after it, not further */
		switch (cmark_node_get_type(node)) {
		case CMARK_NODE_LIST:
			if (is_ordered(node) && r->b->book->steps[step].depth < DEPTH_MAX)
				read_steps(r, node, step);
			else
				read_points(r, step, node);
			break;
		case CMARK_NODE_CODE_BLOCK:
			read_fence(r, step, node);
			break;
		case CMARK_NODE_PARAGRAPH:
			if (!heads_block(node))
				read_paragraph(r, step, node, "");
			keeps = true;
			break;
		default:
			break; /* its lines are free, and stand in the step's text as they are */
		}
		if (!keeps)
			r->filling = MARKER_NONE;
	}
}

/* --- the document's own level ------------------------------------------------------------- */

static int open_step(const struct reader *r)
{
	return r->open_count ? r->open[r->open_count - 1].step : -1;
}

/* "Step 3: Check logs", "3. Check logs", "Option A: restart": where the title begins. */
static const char *step_heading(const char *text, char written[16])
{
	const char *at = text;
	size_t len;

	written[0] = '\0';
	if (text_begins(at, "option ")) {
		len = strcspn(at + 7, " :.)");
		if (len == 0 || len > 2)
			return NULL;
		return at;
	}
	if (text_begins(at, "step ") || text_begins(at, "phase "))
		at += strcspn(at, " ") + 1;
	len = strspn(at, "0123456789");
	if (len == 0 || len > 4 || (at == text && at[len] != '.' && at[len] != ')'))
		return NULL;
	at += len;
	text_format(written, 16, "%.*s", (int)(at - text), text);
	return at + strspn(at, "0123456789.:)- ");
}

/* True if code stands below a heading, up to the next one, and no numbered list does. */
static bool heads_code(cmark_node *heading)
{
	bool code = false;

	for (cmark_node *at = cmark_node_next(heading); at && !is(at, CMARK_NODE_HEADING); at = cmark_node_next(at)) {
		if (is_ordered(at))
			return false;
		code |= is(at, CMARK_NODE_CODE_BLOCK) && fence_is_shell(cmark_node_get_fence_info(at), literal_of(at));
	}
	return code;
}

static void open_heading_step(struct reader *r, cmark_node *node, const char *title, const char *written, int level)
{
	struct builder *b = r->b;
	int from = first_line(node), to = last_line(node);
	int step = builder_step(b, open_step(r), title, written, from);

	if (step < 0)
		return;
	char *all = xasprintf("%s %s", written, b->book->steps[step].title);
	char *shown = inline_text(node);
	builder_own(b, from, to, step);
	note_links(r, step, node);
	if (!builder_take_if(b, from, to, all))
		builder_show(b, from, to, shown);
	if (r->open_count < PATH_MAX_HEADINGS)
		r->open[r->open_count++] = (struct open_step){.level = level, .step = step};
	free(all);
	free(shown);
}

static void close_steps(struct reader *r, int level)
{
	while (r->open_count && r->open[r->open_count - 1].level >= level)
		r->open_count--;
	r->listed = NULL;
	r->said = NULL;
	r->symptoms = false;
	r->filling = MARKER_NONE;
}

static void read_heading(struct reader *r, cmark_node *node)
{
	struct builder *b = r->b;
	int level = cmark_node_get_heading_level(node), from = first_line(node), to = last_line(node);
	char *text = inline_text(node), written[16];
	char clean[TITLE_BYTES_MAX];
	title_from(clean, text);
	/* The front matter may have said the title before. */
	bool names_book = level == 1 && b->book->step_count == 0 && b->path_count == 0 && (!b->book->title || strcmp(b->book->title, clean) == 0);

	close_steps(r, level);
	builder_close(b, level);
	enum context around = builder_context(b), own = heading_context(text);
	const char *title = step_heading(text, written);
	if (names_book) {
		mem_set(&b->book->title, clean);
		builder_show(b, from, to, text);
		if (builder_take_if(b, from, to, clean))
			mem_set(&b->lines[from - 1].shown, NULL);
	} else if (title && own != CONTEXT_INFO) {
		open_heading_step(r, node, title, written, level);
	} else if (r->open_count) {
		builder_own(b, from, to, open_step(r));
		builder_show(b, from, to, text);
	} else if (own == CONTEXT_OPEN && (around == CONTEXT_STEPS || heads_code(node)) && !text_begins(text, "scenario")) {
		open_heading_step(r, node, text, "", level);
	} else {
		bool inherits = own == CONTEXT_OPEN && around == CONTEXT_INFO;
		builder_heading(b, level, text, from, to, inherits ? around : own);
		r->symptoms = heading_is_symptoms(text);
	}
	free(text);
}

/* "Response:", "**Recovery steps:**": a heading below all others. */
static bool is_label(const char *text, cmark_node *next)
{
	bool leads = is(next, CMARK_NODE_LIST) || (is(next, CMARK_NODE_CODE_BLOCK) && heading_context(text) != CONTEXT_OPEN);

	return leads && strlen(text) <= 60 && ends_with(text, ":") && !strchr(text, '\n');
}

/* "Symptoms: the router is down" in one paragraph. */
static bool take_symptom(struct reader *r, cmark_node *node, const char *text)
{
	const char *colon = strchr(text, ':');

	if (!heading_is_symptoms(text) || !colon || colon - text > 12 || !colon[1])
		return false;
	builder_symptom(r->b, colon + 1 + strspn(colon + 1, " "));
	return builder_take_if(r->b, first_line(node), last_line(node), text);
}

/* True if the numbered list that gave steps last goes on after this node, so that what
 * stands between belongs to its last step. */
static bool list_goes_on(const struct reader *r, cmark_node *node)
{
	int next = r->listed ? cmark_node_get_list_start(r->listed) : 0;

	if (!r->listed)
		return false;
	for (cmark_node *item = cmark_node_first_child(r->listed); item; item = cmark_node_next(item))
		next++;
	for (cmark_node *at = node; at && !is(at, CMARK_NODE_HEADING); at = cmark_node_next(at))
		if (is_ordered(at))
			return cmark_node_get_list_start(at) == next && next > 1;
	return false;
}

/* The step that a block of the document's own level belongs to, or -1. */
static int step_around(const struct reader *r, cmark_node *node)
{
	if (r->listed) {
		bool close = cmark_node_previous(node) == r->listed && !is(node, CMARK_NODE_PARAGRAPH) && !is_ordered(node);
		if (close || (list_goes_on(r, node) && !is_ordered(node)))
			return r->listed_step;
	}
	return open_step(r);
}

static bool informs(const struct reader *r)
{
	enum context context = builder_context(r->b);

	return context == CONTEXT_INFO || (context == CONTEXT_OPEN && !r->b->eager && r->b->book->step_count == 0);
}

static void document_paragraph(struct reader *r, cmark_node *node)
{
	struct builder *b = r->b;
	int from = first_line(node), to = last_line(node), around = step_around(r, node);
	cmark_node *next = cmark_node_next(node);
	char *text = inline_text(node), written[16];
	bool marker = is_marked(text);
	bool bold = is(cmark_node_first_child(node), CMARK_NODE_STRONG) && !cmark_node_next(cmark_node_first_child(node));

	if (around < 0 && marker && b->book->step_count && r->listed)
		around = r->listed_step;
	r->said = NULL;
	if (around >= 0 && heads_block(node)) {
		builder_own(b, from, to, around);
	} else if (around >= 0 && !(r->listed == NULL && is_label(text, next) && heading_context(text) != CONTEXT_OPEN)) {
		builder_own(b, from, to, around);
		read_paragraph(r, around, node, "");
		free(text);
		return; /* a fence after "Verify:" is a check */
	} else if (take_symptom(r, node, text)) {
		;
	} else if (bold && step_heading(text, written)) {
		close_steps(r, LABEL_LEVEL);
		builder_close(b, LABEL_LEVEL);
		open_heading_step(r, node, step_heading(text, written), written, LABEL_LEVEL);
	} else if (is_label(text, next) || (bold && is(next, CMARK_NODE_LIST))) {
		enum context own = heading_context(text), inherited = builder_context(b);
		close_steps(r, LABEL_LEVEL);
		builder_heading(b, LABEL_LEVEL, text, from, to, own == CONTEXT_OPEN ? inherited : own);
		r->symptoms = heading_is_symptoms(text);
	} else if (heads_block(node)) {
		; /* says what the block is */
	} else if (is(next, CMARK_NODE_CODE_BLOCK) && (!informs(r) || fence_is_shell(cmark_node_get_fence_info(next), literal_of(next)))) {
		r->said = node;
	} else if (text[0] == '|') {
		facts_take_table(b, from, to);
		if (!informs(r))
			(void)step_from_paragraph(r, -1, node, node, "");
	} else if (informs(r)) {
		builder_show(b, from, to, text);
	} else {
		(void)step_from_paragraph(r, -1, node, node, "");
	}
	r->filling = MARKER_NONE;
	free(text);
}

static void document_fence(struct reader *r, cmark_node *node)
{
	struct builder *b = r->b;
	int step = step_around(r, node);

	if (step < 0 && !fence_is_shell(cmark_node_get_fence_info(node), literal_of(node)) && informs(r))
		return;
	if (step < 0 && r->said) {
		step = step_from_paragraph(r, -1, r->said, r->said, "");
	} else if (step < 0) {
		const char *section = b->path_count ? b->path[b->path_count - 1].text : "";
		step = builder_step(b, -1, *section ? section : "Run the command", "", first_line(node));
	}
	r->said = NULL;
	if (step < 0)
		return;
	builder_own(b, first_line(node), last_line(node), step);
	read_fence(r, step, node);
	r->filling = MARKER_NONE;
}

/* A list of symptoms. */
static void read_symptoms(struct reader *r, cmark_node *list)
{
	for (cmark_node *item = cmark_node_first_child(list); item; item = cmark_node_next(item)) {
		cmark_node *first = cmark_node_first_child(item);
		char *text = is(first, CMARK_NODE_PARAGRAPH) ? inline_text(first) : NULL;
		if (text && *text) {
			builder_symptom(r->b, text);
			builder_take_if(r->b, first_line(first), last_line(first), text);
		}
		free(text);
	}
}

static bool too_deep(const struct reader *r)
{
	return open_step(r) >= 0 && r->b->book->steps[open_step(r)].depth >= DEPTH_MAX;
}

static void document_list(struct reader *r, cmark_node *list)
{
	int around = step_around(r, list);

	if (r->symptoms) {
		read_symptoms(r, list);
		r->symptoms = false;
	} else if (is_ordered(list) && builder_context(r->b) != CONTEXT_INFO && !too_deep(r)) {
		r->listed_step = read_steps(r, list, open_step(r));
		r->listed = r->listed_step >= 0 ? list : NULL;
	} else if (around >= 0 && (!is_ordered(list) || too_deep(r))) {
		builder_own(r->b, first_line(list), last_line(list), around);
		read_points(r, around, list);
	} else if (!informs(r)) {
		(void)read_steps(r, list, -1);
		r->listed = NULL;
	}
}

/* Quotes, HTML, rules: text of the step around, of the introduction, or a manual step. */
static void document_other(struct reader *r, cmark_node *node)
{
	int from = first_line(node), to = last_line(node), step = step_around(r, node);

	if (is(node, CMARK_NODE_THEMATIC_BREAK))
		return;
	if (step < 0 && !informs(r)) {
		const char *text = from >= 1 && from <= r->b->line_count ? r->b->lines[from - 1].text : "";
		step = builder_step(r->b, -1, text + strspn(text, " \t>"), "", from);
	}
	if (step >= 0)
		builder_own(r->b, from, to, step);
}

void markdown_read(struct builder *b, const char *text)
{
	struct reader r = {.b = b, .filling = MARKER_NONE};
	cmark_node *document = cmark_parse_document(text, strlen(text), CMARK_OPT_DEFAULT);

	for (cmark_node *node = cmark_node_first_child(document); node && !b->full; node = cmark_node_next(node)) {
		switch (cmark_node_get_type(node)) {
		case CMARK_NODE_HEADING:
			read_heading(&r, node);
			break;
		case CMARK_NODE_PARAGRAPH:
			document_paragraph(&r, node);
			break;
		case CMARK_NODE_CODE_BLOCK:
			document_fence(&r, node);
			break;
		case CMARK_NODE_LIST:
			document_list(&r, node);
			break;
		default:
			document_other(&r, node);
		}
	}
	cmark_node_free(document);
}
