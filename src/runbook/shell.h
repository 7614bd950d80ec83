/* Shell text, read just far enough to see its simple commands and its quotes. What
 * this reader does not understand it says so, and callers then assume the worst. */
#ifndef TOCSIN_RUNBOOK_SHELL_H
#define TOCSIN_RUNBOOK_SHELL_H

#include <stdbool.h>
#include <stddef.h>

/* One simple command: program and words with quotes removed; leading assignments and
 * redirections are not among the words. */
struct shell_command {
	char **words;
	size_t word_count;
	bool writes_file; /* redirects output to something else than /dev/null or a descriptor */
	bool in_here;     /* a line of a here-document, which may be no command at all */
};

struct shell_script {
	struct shell_command *commands;
	size_t command_count;
};

/* Splits a script at newlines, ; & && || | ( ) and inside $(…); lines of here-documents are
 * read as if they were commands, and marked. False when there is
 * something that hides commands from a reader: backquotes, here-documents, eval-like
 * programs, a program named by a variable, functions, an open quote, braces that make
 * words, a variable like PATH that decides what runs. The commands that were seen are
 * there all the same. Free with shell_free. */
bool shell_split(const char *script, struct shell_script *out);
void shell_free(struct shell_script *script);

/* Where the line that begins here ends, with the lines that quotes and backslashes join to
 * it; a here-document reaches to the end of the text. */
const char *shell_line_end(const char *line);

/* The name of a program: "/bin/rm" is "rm". Points into the word. */
const char *shell_program(const char *word);

/* True for what every shell does by itself: cd, echo, test. */
bool shell_is_builtin(const char *program);

/* True if a program reads one of its words as a program text of its own: sh -c, ssh,
 * eval, xargs, awk, … A value inside such a word would be read twice. */
bool shell_reads_again(const struct shell_command *command);

/* True if a program takes its standard input for a program: sh without a file, python -,
 * ssh, psql. */
bool shell_reads_input(const struct shell_command *command);

#endif
