#include "runbook/shell.h"

#include "base/buf.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	WORD_BYTES_MAX = 64 * 1024,
	NESTING_MAX = 16,
	HERE_MAX = 4, /* here-documents that one line begins */
};

struct splitter {
	const char *at;
	struct shell_script *out;
	struct shell_command current;
	struct buf word;
	bool in_word;
	bool quoted;      /* part of the word was quoted: never a keyword */
	size_t plain;     /* its bytes before the first quote: a name there makes an assignment */
	bool clear;       /* nothing was met that hides commands */
	bool open_word;   /* an expansion may turn this word into several, or into an option */
	bool computed;    /* this word holds what a command says */
	bool loose, wide; /* such a word stands in a command; a value of the script's may hold blanks or an option */
	bool in_here;     /* what is read is the text of a here-document */
	int here_count;   /* here-documents that begin after this line, and how each ends */
	struct {
		char end[64];
		bool strip;
	} here[HERE_MAX];
	int redirect; /* the next word is the target of an output (2) or input (1) redirection */
	int nesting;
};

static bool is_name_start(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

static bool is_assignment(const char *word)
{
	const char *at = word;

	if (!is_name_start(*at))
		return false;
	while (isalnum((unsigned char)*at) || *at == '_')
		at++;
	return *at == '=' || (at[0] == '+' && at[1] == '=');
}

static bool is_keyword(const char *word)
{
	static const char *const keywords[] = {"if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "!", "{", "}", "time", "export", "sudo", "command", "nohup", "env"};

	for (size_t i = 0; i < ARRAY_LENGTH(keywords); i++)
		if (strcmp(word, keywords[i]) == 0)
			return true;
	return false;
}

/* Variables that decide which programs run, what they load or where they are pointed. */
static bool is_steering(const char *assignment)
{
	static const char *const names[] = {"PATH", "HOME", "IFS", "ENV", "PS4", "CDPATH", "SHELLOPTS", "TMPDIR", "XDG_", "LD_", "DYLD_", "BASH", "KUBE", "CURL_", "SSL_", "OPENSSL", "DOCKER_", "AWS_", "AZURE_", "GCONV_", "LOCPATH", "LESS", "SYSTEMD_", "HTTP", "http", "ALL_PROXY", "all_proxy", "MTR_", "TOCSIN_"};
	const char *pager = strstr(assignment, "PAGER"), *editor = strstr(assignment, "EDITOR");
	const char *end = strchr(assignment, '=');

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (strncmp(assignment, names[i], strlen(names[i])) == 0)
			return true;
	return (pager && pager < end) || (editor && editor < end);
}

/* NAME=value, with the name and the sign as they are; the value may be quoted. */
static bool assigns(const struct splitter *s, const char *word)
{
	return is_assignment(word) && (!s->quoted || strcspn(word, "=") < s->plain);
}

static void mark_quoted(struct splitter *s)
{
	if (!s->quoted)
		s->plain = s->word.len;
	s->quoted = true;
	s->in_word = true;
}

static void end_word(struct splitter *s)
{
	if (!s->in_word)
		return;
	const char *word = buf_text(&s->word);
	if (s->word.full)
		s->clear = false;
	if (s->redirect) {
		if (s->redirect == 2 && strcmp(word, "/dev/null") != 0)
			s->current.writes_file = true;
	} else if (s->current.word_count == 0 && (assigns(s, word) || (!s->quoted && is_keyword(word)))) {
		/* A prefix: the command itself follows. sudo may do anything, and words of "for"
		 * lists and "case" patterns are not commands; both are read as such, which only
		 * ever makes a script look worse than it is. */
		if (strcmp(word, "sudo") == 0 || (is_assignment(word) && is_steering(word)))
			s->clear = false;
		const char *value = strchr(word, '=');
		s->wide |= value && (value[1] == '-' || strchr(value, '$'));
	} else {
		if (s->current.word_count == 0 && strchr(word, '$'))
			s->clear = false;
		s->loose |= s->open_word;
		s->wide |= s->open_word && s->computed;
		s->current.words = xreallocarray(s->current.words, s->current.word_count + 1, sizeof(char *));
		s->current.words[s->current.word_count++] = xstrdup(word);
	}
	s->redirect = 0;
	s->in_word = s->quoted = s->open_word = s->computed = false;
	buf_clear(&s->word);
}

static void end_command(struct splitter *s)
{
	end_word(s);
	if (s->redirect)
		s->clear = false;
	s->redirect = 0;
	if (s->current.word_count == 0 && !s->current.writes_file)
		return;
	if (shell_reads_again(&s->current))
		s->clear = false;
	s->current.in_here = s->in_here;
	s->out->commands = xreallocarray(s->out->commands, s->out->command_count + 1, sizeof(*s->out->commands));
	s->out->commands[s->out->command_count++] = s->current;
	s->current = (struct shell_command){0};
}

static void add_char(struct splitter *s, char c)
{
	s->in_word = true;
	buf_putc(&s->word, c);
}

static void split_until(struct splitter *s, char close);

/* $(…): its commands count too; in the word around it stands only the mark "$()". */
static void substitution(struct splitter *s)
{
	struct splitter inner = {.at = s->at + 2, .out = s->out, .clear = true, .nesting = s->nesting + 1};

	if (inner.nesting > NESTING_MAX || s->at[2] == '(') { /* too deep, or arithmetic $((…)) */
		s->clear = false;
		add_char(s, '$');
		s->at += 2;
		return;
	}
	buf_init(&inner.word, WORD_BYTES_MAX);
	split_until(&inner, ')');
	buf_free(&inner.word);
	s->clear &= inner.clear;
	s->loose |= inner.loose;
	s->wide |= inner.wide;
	s->at = inner.at;
	add_char(s, '$');
	add_char(s, '(');
	add_char(s, ')');
}

static void dollar(struct splitter *s, bool in_quotes)
{
	/* Bound values stand in quotes, and none begins like an option. */
	if (strncmp(s->at, "${TOCSIN_", 9) != 0)
		s->open_word |= !in_quotes || s->word.len == 0;
	if (s->at[1] == '(') {
		s->computed = true;
		substitution(s);
		return;
	}
	if (s->at[1] == '\'' || (s->at[1] == '{' && !is_name_start(s->at[2])))
		s->clear = false;
	add_char(s, '$');
	s->at++;
}

static void double_quotes(struct splitter *s)
{
	s->at++;
	mark_quoted(s);
	while (*s->at && *s->at != '"') {
		if (*s->at == '\\' && s->at[1] == '\n') {
			s->at += 2;
		} else if (*s->at == '\\' && s->at[1] && strchr("$`\"\\", s->at[1])) {
			buf_putc(&s->word, s->at[1]);
			s->at += 2;
		} else if (*s->at == '`') {
			s->clear = false;
			s->at++;
		} else if (*s->at == '$') {
			dollar(s, true);
		} else {
			buf_putc(&s->word, *s->at++);
		}
	}
	if (*s->at)
		s->at++;
	else
		s->clear = false;
}

static void single_quotes(struct splitter *s)
{
	const char *end = strchr(s->at + 1, '\'');

	mark_quoted(s);
	if (!end) {
		s->clear = false;
		s->at += strlen(s->at);
		return;
	}
	buf_add(&s->word, s->at + 1, (size_t)(end - s->at - 1));
	s->at = end + 1;
}

/* <<END, <<-END, <<'END': remembers how the text ends that begins with the next line. */
static void announce_here(struct splitter *s)
{
	size_t len = 0;

	s->clear = false;
	if (s->here_count == HERE_MAX)
		return;
	s->here[s->here_count].strip = *s->at == '-';
	s->at += *s->at == '-';
	s->at += strspn(s->at, " \t");
	for (; *s->at && !strchr(" \t\n;&|<>()", *s->at); s->at++)
		if (!strchr("'\"\\", *s->at) && len < sizeof(s->here[0].end) - 1)
			s->here[s->here_count].end[len++] = *s->at;
	s->here[s->here_count++].end[len] = '\0';
}

/* The texts of the here-documents of the line that ended: each is read by itself, for its
 * quotes mean nothing outside. */
static void read_here(struct splitter *s)
{
	for (int i = 0; i < s->here_count; i++) {
		const char *start = s->at;
		size_t len = strlen(s->here[i].end);
		while (*s->at) {
			const char *line = s->at + (s->here[i].strip ? strspn(s->at, "\t") : 0);
			if (strncmp(line, s->here[i].end, len) == 0 && (line[len] == '\n' || line[len] == '\0'))
				break;
			s->at += strcspn(s->at, "\n");
			s->at += *s->at == '\n';
		}
		char *text = xstrndup(start, (size_t)(s->at - start));
		struct splitter inner = {.at = text, .out = s->out, .in_here = true, .nesting = s->nesting + 1};
		buf_init(&inner.word, WORD_BYTES_MAX);
		if (inner.nesting <= NESTING_MAX)
			split_until(&inner, '\0');
		buf_free(&inner.word);
		free(text);
		s->at += strcspn(s->at, "\n");
	}
	s->here_count = 0;
}

/* <, >, >>, 2>, >&2, <<: the word that follows is a target. */
static void redirection(struct splitter *s)
{
	bool output = *s->at == '>' || s->at[1] == '>'; /* <> creates its file too */

	if (s->in_word && s->word.len && strspn(buf_text(&s->word), "0123456789") == s->word.len) {
		buf_clear(&s->word); /* the number of the descriptor */
		s->in_word = false;
	}
	end_word(s);
	s->at++;
	if (!output && *s->at == '<' && s->at[1] != '<') {
		s->at++;
		announce_here(s);
		return;
	}
	if (!output && *s->at == '<')
		s->clear = false; /* here-string */
	while (*s->at == '>' || *s->at == '<' || *s->at == '|')
		s->at++;
	if (*s->at == '&') {
		size_t descriptor = strspn(s->at + 1, "0123456789-");
		s->at += 1 + descriptor;
		if (descriptor)
			return;
	}
	s->redirect = output ? 2 : 1;
}

static void split_until(struct splitter *s, char close)
{
	int open = 0; /* parentheses of subshells */

	while (*s->at && (*s->at != close || open)) {
		switch (*s->at) {
		case '\\':
			if (s->at[1] == '\n') {
				s->at += 2;
			} else if (s->at[1]) {
				mark_quoted(s);
				add_char(s, s->at[1]);
				s->at += 2;
			} else {
				s->clear = false;
				s->at++;
			}
			break;
		case '\'':
			single_quotes(s);
			break;
		case '"':
			double_quotes(s);
			break;
		case '`':
			s->clear = false;
			s->at++;
			break;
		case '$':
			dollar(s, false);
			break;
		case '#':
			if (s->in_word)
				add_char(s, *s->at++);
			else
				s->at += strcspn(s->at, "\n");
			break;
		case '<':
		case '>':
			redirection(s);
			break;
		case ' ':
		case '\t':
			end_word(s);
			s->at++;
			break;
		case '{': /* some shells make several words of {a,b} */
			if (s->at[strcspn(s->at, ", \t\n}")] == ',')
				s->clear = false;
			add_char(s, *s->at++);
			break;
		case '(':
			if (s->in_word) /* a function definition, or something we do not read */
				s->clear = false;
			open++;
			end_command(s);
			s->at++;
			break;
		case ')':
			open -= open > 0;
			/* fall through */
		case '\r':
		case ';':
		case '&':
		case '|':
			end_command(s);
			s->at++;
			break;
		case '\n':
			end_command(s);
			s->at++;
			if (s->here_count)
				read_here(s);
			break;
		default:
			add_char(s, *s->at++);
		}
	}
	end_command(s);
	if (close && *s->at == close)
		s->at++;
	else if (close)
		s->clear = false;
}

bool shell_split(const char *script, struct shell_script *out)
{
	struct splitter s = {.at = script, .out = out, .clear = true};

	*out = (struct shell_script){0};
	buf_init(&s.word, WORD_BYTES_MAX);
	split_until(&s, '\0');
	buf_free(&s.word);
	return s.clear && !(s.loose && s.wide);
}

const char *shell_line_end(const char *line)
{
	char quote = '\0';

	for (const char *at = line; *at; at++) {
		if (*at == '\\' && quote != '\'' && at[1])
			at++;
		else if (quote)
			quote = *at == quote ? '\0' : quote;
		else if (*at == '"' || *at == '\'')
			quote = *at;
		else if (*at == '#' && (at == line || strchr(" \t;&|()", at[-1])))
			return at + strcspn(at, "\n");
		else if (*at == '<' && at[1] == '<')
			return at + strlen(at);
		else if (*at == '\n')
			return at;
	}
	return line + strlen(line);
}

void shell_free(struct shell_script *script)
{
	for (size_t i = 0; i < script->command_count; i++) {
		for (size_t j = 0; j < script->commands[i].word_count; j++)
			free(script->commands[i].words[j]);
		free(script->commands[i].words);
	}
	free(script->commands);
	*script = (struct shell_script){0};
}

/* Programs that read a word as a program text: only when they are the command, wherever
 * they stand ("timeout 5 awk …", "kubectl exec pod -- sed …"), or there with an option. */
static const struct {
	const char *name;
	enum {
		AS_COMMAND,
		ANYWHERE,
		WITH_OPTION,
	} where;
} second_readers[] = {
	{"watch", ANYWHERE},
	{"source", AS_COMMAND},
	{".", AS_COMMAND},
	{"trap", AS_COMMAND},
	{"make", AS_COMMAND},
	{"let", AS_COMMAND},
	{"[[", AS_COMMAND},
	{"declare", AS_COMMAND},
	{"typeset", AS_COMMAND},
	{"$SHELL", ANYWHERE},
	{"${SHELL}", ANYWHERE},
	{"eval", ANYWHERE},
	{"ssh", ANYWHERE},
	{"xargs", ANYWHERE},
	{"parallel", ANYWHERE},
	{"awk", ANYWHERE},
	{"gawk", ANYWHERE},
	{"mawk", ANYWHERE},
	{"sed", ANYWHERE},
	{"su", ANYWHERE},
	{"expect", ANYWHERE},
	{"runuser", ANYWHERE},
	{"flock", WITH_OPTION},
	{"script", WITH_OPTION},
	{"tmux", ANYWHERE},
	{"screen", ANYWHERE},
	{"gdb", ANYWHERE},
	{"pwsh", WITH_OPTION},
	{"powershell", WITH_OPTION},
	{"osascript", WITH_OPTION},
	{"busybox", ANYWHERE},
	{"sh", WITH_OPTION},
	{"bash", WITH_OPTION},
	{"dash", WITH_OPTION},
	{"zsh", WITH_OPTION},
	{"ksh", WITH_OPTION},
	{"ash", WITH_OPTION},
	{"fish", WITH_OPTION},
	{"perl", WITH_OPTION},
	{"python", WITH_OPTION},
	{"python3", WITH_OPTION},
	{"ruby", WITH_OPTION},
	{"node", WITH_OPTION},
	{"php", WITH_OPTION},
	{"lua", WITH_OPTION},
	{"psql", WITH_OPTION},
	{"sqlite3", WITH_OPTION},
	{"mysql", WITH_OPTION},
	{"env", WITH_OPTION},
};

const char *shell_program(const char *word)
{
	const char *slash = strrchr(word, '/');

	return slash ? slash + 1 : word;
}

bool shell_is_builtin(const char *program)
{
	static const char *const names[] = {"cd", "echo", "printf", "test", "[", "true", "false", "pwd", "exit", "set", "read", "wait", "unset", "shift", "return", "export", "kill", "type", "umask", "trap", ".", "source", "eval", "exec", "let"};

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (strcmp(names[i], program) == 0)
			return true;
	return false;
}

bool shell_reads_again(const struct shell_command *command)
{
	for (size_t i = 0; i < command->word_count; i++) {
		const char *name = shell_program(command->words[i]);
		bool option = i + 1 < command->word_count && command->words[i + 1][0] == '-';
		for (size_t j = 0; j < ARRAY_LENGTH(second_readers); j++) {
			if (strcmp(name, second_readers[j].name) != 0)
				continue;
			if (second_readers[j].where == ANYWHERE || (second_readers[j].where == AS_COMMAND ? i == 0 : option))
				return true;
		}
	}
	return false;
}

/* Is there a word that names what to read, as in "sh script.sh"? */
static bool names_a_file(const struct shell_command *command, size_t from)
{
	for (size_t i = from; i < command->word_count; i++)
		if (command->words[i][0] != '-')
			return true;
	return false;
}

bool shell_reads_input(const struct shell_command *command)
{
	static const char *const programs[] = {"sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "perl", "python", "python3", "ruby", "node", "php", "lua", "pwsh"};
	static const char *const always[] = {"ssh", "at", "batch", "su", "gdb", "psql", "sqlite3", "mysql", "mongosh", "redis-cli"};

	for (size_t i = 0; i < command->word_count; i++) {
		const char *name = shell_program(command->words[i]);
		for (size_t j = 0; j < ARRAY_LENGTH(always); j++)
			if (strcmp(name, always[j]) == 0)
				return true;
		for (size_t j = 0; j < ARRAY_LENGTH(programs); j++)
			if (strcmp(name, programs[j]) == 0 && !names_a_file(command, i + 1))
				return true;
	}
	return false;
}
