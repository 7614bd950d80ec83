#include "ui/theme.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	THEME_BYTES_MAX = 64 * 1024,
	PARENTS_MAX = 4,
	NAME_BYTES = 96,
};

#define ENDING ".theme"

/* The 16 colours as xterm shows them; their position is their number. */
static const struct {
	const char *name;
	int32_t rgb;
} ansi[16] = {
	{"black", 0x000000},
	{"red", 0xcd0000},
	{"green", 0x00cd00},
	{"yellow", 0xcdcd00},
	{"blue", 0x0000ee},
	{"magenta", 0xcd00cd},
	{"cyan", 0x00cdcd},
	{"white", 0xe5e5e5},
	{"bright-black", 0x7f7f7f},
	{"bright-red", 0xff0000},
	{"bright-green", 0x00ff00},
	{"bright-yellow", 0xffff00},
	{"bright-blue", 0x5c5cff},
	{"bright-magenta", 0xff00ff},
	{"bright-cyan", 0x00ffff},
	{"bright-white", 0xffffff},
};

static const struct {
	const char *name;
	unsigned attr;
} attributes[] = {
	{"bold", ATTR_BOLD},
	{"reverse", ATTR_REVERSE},
	{"underline", ATTR_UNDERLINE},
};

static const struct look plain = {COLOUR_NONE, COLOUR_NONE, COLOUR_NONE, COLOUR_NONE, 0};

/* --- colours ---------------------------------------------------------------- */

static int64_t distance(int32_t a, int32_t b)
{
	int64_t red = (a >> 16) - (b >> 16);
	int64_t green = ((a >> 8) & 0xff) - ((b >> 8) & 0xff);
	int64_t blue = (a & 0xff) - (b & 0xff);
	/* The eye sees green best and blue least. */
	return 3 * red * red + 4 * green * green + 2 * blue * blue;
}

int32_t colour_of_256(int number)
{
	static const int32_t steps[6] = {0, 95, 135, 175, 215, 255};
	if (number >= 232) {
		int32_t grey = 8 + 10 * (number - 232);
		return grey << 16 | grey << 8 | grey;
	}
	number -= 16;
	return steps[number / 36] << 16 | steps[number / 6 % 6] << 8 | steps[number % 6];
}

int colour_nearest_256(int32_t rgb)
{
	/* A theme has few colours, and each cell of each frame asks for one of them. */
	static struct {
		bool used;
		int32_t rgb;
		int number;
	} known[64];
	size_t place = ((uint32_t)rgb * UINT32_C(2654435761) >> 26) % ARRAY_LENGTH(known);
	if (known[place].used && known[place].rgb == rgb)
		return known[place].number;
	int best = 16;
	for (int i = 17; i < 256; i++) {
		if (distance(rgb, colour_of_256(i)) < distance(rgb, colour_of_256(best)))
			best = i;
	}
	known[place].used = true;
	known[place].rgb = rgb;
	known[place].number = best;
	return best;
}

int colour_nearest_16(int32_t rgb)
{
	int best = 0;
	for (int i = 1; i < 16; i++) {
		if (distance(rgb, ansi[i].rgb) < distance(rgb, ansi[best].rgb))
			best = i;
	}
	return best;
}

static bool parse_name(const char *word, int16_t *number)
{
	if (strcmp(word, "default") == 0) {
		*number = COLOUR_NONE;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(ansi); i++) {
		if (strcmp(ansi[i].name, word) == 0) {
			*number = (int16_t)i;
			return true;
		}
	}
	return false;
}

/* "#rrggbb", "#rrggbb/name", "name" or "default". */
static bool parse_colour(const char *word, int32_t *rgb, int16_t *number)
{
	if (*word != '#') {
		if (!parse_name(word, number))
			return false;
		*rgb = *number == COLOUR_NONE ? COLOUR_NONE : ansi[*number].rgb;
		return true;
	}
	if (strspn(word + 1, "0123456789abcdefABCDEF") != 6)
		return false;
	*rgb = (int32_t)strtol(word + 1, NULL, 16);
	*number = (int16_t)colour_nearest_16(*rgb);
	return word[7] == '\0' || (word[7] == '/' && parse_name(word + 8, number));
}

/* --- files ------------------------------------------------------------------ */

struct reading {
	const char *name; /* as a person would give it */
	const char *path;
	struct theme *theme;
	int line;
	int depth; /* of parents, to end a circle */
	size_t mistakes;
	struct error first;
	/* Hears of every mistake; NULL: nobody does. */
	void (*tell)(void *arg, const char *text);
	void *arg;
};

static void read_text(struct reading *reading, const char *text);

static void mistake(struct reading *reading, const char *what, const char *why)
{
	struct error err = {0};

	error_set(&err, STATUS_INVALID, "%s:%d: %s: %s", reading->path, reading->line, what, why);
	if (reading->mistakes++ == 0)
		reading->first = err;
	if (reading->tell)
		reading->tell(reading->arg, err.text);
}

static bool role_by_name(const char *name, enum role *role)
{
	for (int i = 0; i < ROLE_COUNT; i++) {
		if (strcmp(role_name((enum role)i), name) == 0) {
			*role = (enum role)i;
			return true;
		}
	}
	return false;
}

static bool parse_attribute(const char *word, unsigned *attr)
{
	for (size_t i = 0; i < ARRAY_LENGTH(attributes); i++) {
		if (strcmp(attributes[i].name, word) == 0) {
			*attr |= attributes[i].attr;
			return true;
		}
	}
	return false;
}

static void read_look(struct reading *reading, const char *key, const char *value, struct look *out)
{
	struct look look = plain;
	char word[64];
	bool first = true;
	while (text_word(&value, word, sizeof(word))) {
		bool on = strcmp(word, "on") == 0;
		if (on && !text_word(&value, word, sizeof(word))) {
			mistake(reading, key, "no colour after \"on\" (write a colour or leave \"on\" out)");
			return;
		}
		if (on ? parse_colour(word, &look.bg, &look.ansi_bg) : parse_attribute(word, &look.attr))
			continue;
		if (!on && first && parse_colour(word, &look.fg, &look.ansi_fg)) {
			first = false;
			continue;
		}
		mistake(reading, word, "not a colour or attribute (write #rrggbb, a colour's name, default, bold, reverse or underline)");
		return;
	}
	*out = look;
}

static bool ends_in(const char *name, const char *ending)
{
	size_t len = strlen(name), tail = strlen(ending);
	return len > tail && strcmp(name + len - tail, ending) == 0;
}

/* The file of a name: the person's own before the shipped one, owned; NULL for none. */
static char *find_file(const char *name)
{
	char file[NAME_BYTES];
	if (strchr(name, '/') || ends_in(name, ENDING))
		return xstrdup(name);
	text_format(file, sizeof(file), "themes/%s" ENDING, name);
	char *own = path_config(file);
	if (access(own, F_OK) == 0)
		return own;
	free(own);
	return path_shipped("themes", file + strlen("themes/"));
}

static enum status read_file(const char *name, struct buf *out, char **path, struct error *err)
{
	*path = find_file(name);
	if (!*path)
		return error_set(err, STATUS_NOT_FOUND, "theme %s: no such theme (:theme and Tab lists them; dark and mono are always there)", name);
	return file_read(*path, THEME_BYTES_MAX, out, err);
}

static void read_parent(struct reading *reading, const char *name)
{
	struct buf text;
	char *path = NULL;
	struct error err = {0};
	if (++reading->depth > PARENTS_MAX) {
		mistake(reading, "parent", "too many parents, or a circle of them (name a theme without a parent)");
		return;
	}
	buf_init(&text, THEME_BYTES_MAX);
	if (read_file(name, &text, &path, &err) == STATUS_OK) {
		const char *child = reading->path;
		int line = reading->line;
		reading->path = path;
		read_text(reading, buf_text(&text));
		reading->path = child;
		reading->line = line;
	} else {
		mistake(reading, "parent", err.text);
	}
	buf_free(&text);
	free(path);
}

static void read_line(struct reading *reading, char *line)
{
	const char *cursor = line;
	char key[64];
	enum role role;
	char *equals = strchr(line, '=');
	if (equals)
		*equals = '\0';
	if (!text_word(&cursor, key, sizeof(key)) || *key == '#')
		return;
	if (!equals)
		mistake(reading, key, "no \"=\" (write role = colour)");
	else if (strcmp(key, "parent") == 0 && (cursor = equals + 1, text_word(&cursor, key, sizeof(key))))
		read_parent(reading, key);
	else if (strcmp(key, "paper") == 0)
		read_look(reading, key, equals + 1, &reading->theme->paper);
	else if (role_by_name(key, &role))
		read_look(reading, key, equals + 1, &reading->theme->looks[role]);
	else
		mistake(reading, key, "unknown role (tocsin.conf(5) lists them)");
}

static void read_text(struct reading *reading, const char *text)
{
	reading->line = 0;
	while (*text) {
		size_t len = strcspn(text, "\n");
		char line[256];
		text_clean(line, sizeof(line), text, len);
		reading->line++;
		read_line(reading, line);
		text += len + (text[len] == '\n');
	}
}

static enum status parse(struct reading *reading, const char *text, struct error *err)
{
	struct theme *out = reading->theme;
	const char *base = strrchr(reading->path, '/') ? strrchr(reading->path, '/') + 1 : reading->path;
	theme_mono(out);
	snprintf(out->name, sizeof(out->name), "%.*s", (int)strcspn(base, "."), base);
	read_text(reading, text);
	out->colour = false;
	for (size_t i = 0; i < ROLE_COUNT; i++)
		out->colour = out->colour || out->looks[i].fg != COLOUR_NONE || out->looks[i].bg != COLOUR_NONE;
	if (reading->mistakes > 1)
		return error_set(err, STATUS_INVALID, "%s; %zu more mistake%s (tocsin --theme %s config check names all)", reading->first.text, reading->mistakes - 1, reading->mistakes == 2 ? "" : "s", reading->name);
	if (reading->mistakes == 1)
		return error_set(err, STATUS_INVALID, "%s", reading->first.text);
	return STATUS_OK;
}

enum status theme_parse(const char *text, const char *path, struct theme *out, struct error *err)
{
	struct reading reading = {.name = path, .path = path, .theme = out};
	return parse(&reading, text, err);
}

static enum status load(struct reading *reading, struct error *err)
{
	struct buf text;
	char *path = NULL;
	theme_mono(reading->theme);
	if (strcmp(reading->name, "mono") == 0)
		return STATUS_OK;
	buf_init(&text, THEME_BYTES_MAX);
	enum status status = read_file(reading->name, &text, &path, err);
	reading->path = path;
	if (status == STATUS_OK)
		status = parse(reading, buf_text(&text), err);
	buf_free(&text);
	free(path);
	return status;
}

enum status theme_load(const char *name, struct theme *out, struct error *err)
{
	struct reading reading = {.name = name, .theme = out};
	return load(&reading, err);
}

size_t theme_check(const char *name, void (*tell)(void *arg, const char *text), void *arg)
{
	struct theme theme;
	struct error err = {0};
	struct reading reading = {.name = name, .theme = &theme, .tell = tell, .arg = arg};
	if (load(&reading, &err) == STATUS_OK)
		return 0;
	/* There is no such file, or it cannot be read. */
	if (reading.mistakes == 0)
		tell(arg, err.text);
	return reading.mistakes ? reading.mistakes : 1;
}

void theme_mono(struct theme *out)
{
	static const unsigned attr[ROLE_COUNT] = {
		[ROLE_TITLE] = ATTR_BOLD,
		[ROLE_ACCENT] = ATTR_BOLD,
		[ROLE_BORDER_FOCUS] = ATTR_BOLD,
		[ROLE_SELECTION] = ATTR_REVERSE,
		[ROLE_WARN] = ATTR_BOLD,
		[ROLE_CRIT] = ATTR_BOLD | ATTR_UNDERLINE,
		[ROLE_UNKNOWN] = ATTR_UNDERLINE,
		[ROLE_STALE] = ATTR_UNDERLINE,
		[ROLE_KEY] = ATTR_BOLD,
		[ROLE_PROMPT] = ATTR_BOLD,
	};
	*out = (struct theme){.name = "mono", .colour = false};
	out->paper = (struct look){.fg = 0xd8dee6, .bg = 0x101418, .ansi_fg = COLOUR_NONE, .ansi_bg = COLOUR_NONE};
	for (size_t i = 0; i < ROLE_COUNT; i++) {
		out->looks[i] = plain;
		out->looks[i].attr = attr[i];
	}
}

static void offer_directory(const char *path, void (*offer)(void *arg, const char *name), void *arg)
{
	DIR *directory = path ? opendir(path) : NULL;
	const struct dirent *entry;
	while (directory && (entry = readdir(directory))) {
		char name[NAME_BYTES];
		if (!ends_in(entry->d_name, ENDING) || entry->d_name[0] == '.')
			continue;
		offer(arg, text_format(name, sizeof(name), "%.*s", (int)(strlen(entry->d_name) - strlen(ENDING)), entry->d_name));
	}
	if (directory)
		closedir(directory);
}

void theme_names(void (*offer)(void *arg, const char *name), void *arg)
{
	char *own = path_config("themes"), *shipped = path_shipped("themes", NULL);
	offer(arg, "mono");
	offer_directory(own, offer, arg);
	offer_directory(shipped, offer, arg);
	free(own);
	free(shipped);
}

struct look theme_look(const struct theme *theme, enum role role, enum role back, unsigned attr)
{
	struct look look = theme->looks[role];
	/* What has a background of its own is a badge already. */
	if (look.bg != COLOUR_NONE || look.ansi_bg != COLOUR_NONE)
		attr &= ~(unsigned)ATTR_REVERSE;
	if (back != ROLE_BASE) {
		const struct look *behind = &theme->looks[back];
		if (look.bg == COLOUR_NONE) {
			look.bg = behind->bg;
			look.ansi_bg = behind->ansi_bg;
		}
		/* The terminal's own colour is made for its own background, not for a painted one. */
		if (look.fg == COLOUR_NONE && behind->bg != COLOUR_NONE)
			look.fg = behind->fg;
		if (look.ansi_fg == COLOUR_NONE && behind->ansi_bg != COLOUR_NONE)
			look.ansi_fg = behind->ansi_fg;
		attr ^= behind->attr & ATTR_REVERSE;
	}
	look.attr = ((look.attr | attr) & ~(unsigned)ATTR_REVERSE) | ((look.attr ^ attr) & ATTR_REVERSE);
	return look;
}

bool theme_equal(const struct theme *a, const struct theme *b)
{
	bool equal = a->colour == b->colour && strcmp(a->name, b->name) == 0;
	for (size_t i = 0; equal && i < ROLE_COUNT; i++) {
		const struct look *x = &a->looks[i], *y = &b->looks[i];
		equal = x->fg == y->fg && x->bg == y->bg && x->ansi_fg == y->ansi_fg && x->ansi_bg == y->ansi_bg && x->attr == y->attr;
	}
	return equal;
}
