/* Puts a runbook together while a reader walks its text, and sees to it that nothing is
 * lost: each line has one owner, a step or the introduction, and a line whose words did
 * not become a field of its owner stands in the owner's text. */
#ifndef TOCSIN_RUNBOOK_BUILDER_H
#define TOCSIN_RUNBOOK_BUILDER_H

#include "base/buf.h"
#include "runbook/runbook.h"

enum {
	RUNBOOK_BYTES_MAX = 1024 * 1024,
	PROSE_BYTES_MAX = 64 * 1024, /* of one piece of prose */
	TITLE_BYTES_MAX = 160,
	RUNBOOK_STEPS_MAX = 500,
	STEP_COMMANDS_MAX = 50,
	DEPTH_MAX = 6, /* nested lists beyond it become text of their step */
	PATH_MAX_HEADINGS = 8,
	LABEL_LEVEL = 7, /* "Response:" counts as a heading below all others */
	OWNER_INTRO = -1,
};

struct source_line {
	char *text;   /* clean, without its end; tabs are kept */
	int owner;    /* index of a step, or OWNER_INTRO */
	bool taken;   /* its words stand in some field, or in `shown` of this or an earlier line */
	bool altered; /* it held something that nobody could see: what stands here is not what was written */
	char *shown;  /* what stands in the owner's text for this line, NULL: the line itself unless taken */
};

/* What the text below a heading or a label is about. */
enum context {
	CONTEXT_OPEN,  /* nothing is known */
	CONTEXT_INFO,  /* it informs: symptoms, contacts, severities */
	CONTEXT_STEPS, /* it tells what to do */
};

struct heading {
	int level, line;
	char text[TITLE_BYTES_MAX];
	enum context context;
};

struct builder {
	struct runbook *book;
	struct source_line *lines; /* lines[0] is line 1 */
	int line_count;
	int numbers[DEPTH_MAX + 1]; /* last number given at each depth */
	struct heading path[PATH_MAX_HEADINGS];
	int path_count;
	bool full;  /* more steps than we take */
	bool eager; /* text before the first step may be a step, too */
};

/* Takes a text apart into clean lines. The book must be empty, but for its name and hash. */
void builder_begin(struct builder *b, struct runbook *book, const char *text, size_t len);
/* Everything that has no place yet gets one; then the builder is empty. */
void builder_end(struct builder *b);
/* The lines as one text for a parser, owned by the caller; line numbers are the same. */
char *builder_text(const struct builder *b);

/* Lines from..to, 1-based; what lies outside the text is left out. */
void builder_own(struct builder *b, int from, int to, int owner);
void builder_take(struct builder *b, int from, int to);
/* The text shown in place of lines from..to: `text` if it holds every word of them in
 * their order, else the lines as they are. */
void builder_show(struct builder *b, int from, int to, const char *text);
/* Takes the lines if `text` holds every word of them in their order. */
bool builder_take_if(struct builder *b, int from, int to, const char *text);
bool builder_altered(const struct builder *b, int from, int to);

/* A heading that is no step: part of the section of the steps that follow. */
void builder_heading(struct builder *b, int level, const char *text, int from, int to, enum context context);
/* Forgets the headings of this level and below. */
void builder_close(struct builder *b, int level);
enum context builder_context(const struct builder *b);

/* A new step below `parent` (an index, or -1); returns its index, or -1 when the book is
 * full. Pointers into book->steps are stale afterwards. */
int builder_step(struct builder *b, int parent, const char *title, const char *written, int line);
/* A new command, for the caller to complete, or NULL when the step has too many of them. */
struct command *builder_command(struct builder *b, int step, const char *language, const char *text, int from, int to);
void builder_fact(struct builder *b, const char *key, size_t key_len, const char *value, size_t value_len, int line);
void builder_symptom(struct builder *b, const char *text);
/* Adds a line to an owned text; *text may be NULL. */
void text_add_line(char **text, const char *more);

/* One clean line for a title, without a closing colon. */
void title_from(char dst[TITLE_BYTES_MAX], const char *text);
/* Printable ASCII and line ends only: what needs no cleaning. */
bool text_is_plain(const char *text, size_t len);
/* Does a text begin with a word, in any case? */
bool text_begins(const char *text, const char *word);
/* What a heading or a label is about, by its words. */
enum context heading_context(const char *text);
bool heading_is_symptoms(const char *text);

/* Front matter between "---" or "+++" lines: facts; its lines are taken and emptied. */
void facts_take(struct builder *b);
/* A table of two columns: "| **Owner** | alice |". The lines stay. */
void facts_take_table(struct builder *b, int from, int to);

/* Some copies of pages have a lone "|" wherever a line ended: those lines become empty, and
 * titles that "=====" underlines are marked as headings. False when this is no such copy. */
bool stripped_unbar(struct builder *b);

/* The reader of Markdown, and the one of texts whose markup is lost. */
void markdown_read(struct builder *b, const char *text);
bool stripped_looks_so(const struct builder *b);
void stripped_read(struct builder *b);
extern const char stripped_doubt[]; /* why nothing of such a text runs */

/* A fence or an indented block becomes a command of a step; a session becomes one for each
 * prompt, where none builds on another. `info` may be NULL. Returns how many were added, 0
 * when the step has too many. */
size_t fence_add(struct builder *b, int step, const char *info, const char *literal, int from, int to);
/* True if such a block could ever run. */
bool fence_is_shell(const char *info, const char *literal);

#endif
