/* Curses writes into a file in memory, and each frame leaves in one piece. Only while
 * starting, stopping and resuming does curses talk to the terminal itself, because it
 * sets the terminal's modes then (engineering reference 2.2). */
#include "config.h"

#include "ui/glass.h"

#include "base/mem.h"
#include "base/text.h"
#include "ui/palette.h"
#include "ui/rescue.h"
#include "ui/terminfo.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

enum {
	ESC_MS = 25,
	PASTE_BYTES = 64 * 1024,
	KEY_PASTE_BEGIN = KEY_MAX - 2,
	KEY_PASTE_END = KEY_MAX - 1,
};

/* Bracketed paste, and the title kept on the terminal's stack of titles. */
static const char begin_modes[] = "\033[22;2t\033[?2004h";
static const char end_modes[] = "\033[?1006l\033[?1000l\033[?2026l\033[?2004l\033[23;2t";

struct glass {
	int in, out;   /* own descriptions of the terminal; out does not block */
	int curses_fd; /* what curses writes to: the terminal or the memory file */
	int memory;
	FILE *curses_in, *curses_out;
	SCREEN *screen;
	struct palette *palette;
	struct termios modes;
	struct buf paste;
	struct glass_pointer pointer;
	struct cell *shown; /* what curses was told last, cell by cell; NULL: nothing yet */
	int shown_columns, shown_rows;
	struct theme shown_theme;
	bool ansi, pasting, mouse;
};

/* --- where curses writes to ------------------------------------------------------ */

static void to_memory(struct glass *glass)
{
	dup2(glass->memory, glass->curses_fd);
	fcntl(glass->out, F_SETFL, fcntl(glass->out, F_GETFL) | O_NONBLOCK);
}

/* Both descriptors share one description, hence one mode: blocking, for curses. */
static void to_terminal(struct glass *glass)
{
	dup2(glass->out, glass->curses_fd);
	fcntl(glass->out, F_SETFL, fcntl(glass->out, F_GETFL) & ~O_NONBLOCK);
}

static void put_modes(struct glass *glass, const char *modes)
{
	/* A terminal that does not take them is noticed with the next frame. */
	if (glass->ansi && write(glass->curses_fd, modes, strlen(modes)) < 0)
		return;
}

/* --- opening and closing ------------------------------------------------------------ */

/* An own description of the terminal behind fd, so that its flags are ours alone. */
static int open_terminal(int fd, int flags)
{
	char path[256];
	if (!isatty(fd))
		return -1;
	if (ttyname_r(fd, path, sizeof(path)) == 0) {
		int own = open(path, flags | O_NOCTTY | O_CLOEXEC);
		if (own >= 0)
			return own;
	}
	return open("/dev/tty", flags | O_NOCTTY | O_CLOEXEC);
}

static int open_memory(void)
{
#ifdef MFD_CLOEXEC
	return memfd_create("frame", MFD_CLOEXEC);
#else
	char path[] = "/tmp/tocsin-frame-XXXXXX";
	int fd = mkstemp(path);
	if (fd >= 0)
		unlink(path);
	return fd;
#endif
}

static enum status open_files(struct glass *glass, struct error *err)
{
	glass->in = open_terminal(STDIN_FILENO, O_RDONLY | O_NONBLOCK);
	glass->out = open_terminal(STDOUT_FILENO, O_WRONLY);
	if (glass->in < 0 || glass->out < 0)
		return error_set(err, STATUS_IO, "console: standard input and output are not a terminal (use --script FILE, or tocsin status)");
	glass->memory = open_memory();
	glass->curses_fd = fcntl(glass->out, F_DUPFD_CLOEXEC, 3);
	if (glass->memory < 0 || glass->curses_fd < 0 || tcgetattr(glass->in, &glass->modes) != 0)
		return error_set(err, STATUS_IO, "console: %s", strerror(errno));
	glass->curses_in = fdopen(glass->in, "r");
	glass->curses_out = fdopen(glass->curses_fd, "w");
	return STATUS_OK;
}

static enum status start_curses(struct glass *glass, bool colour, struct error *err)
{
	const char *name = getenv("TERM");
	enum terminfo_kind kind = terminfo_kind(glass->curses_fd);
	if (kind == TERMINFO_LINES_ONLY)
		return error_set(err, STATUS_UNSUPPORTED, "terminal %s: cannot place its cursor (use --linear, or set TERM)", name ? name : "without a name");
	glass->screen = kind == TERMINFO_SCREEN ? newterm(NULL, glass->curses_out, glass->curses_in) : NULL;
	if (!glass->screen)
		return error_set(err, STATUS_UNSUPPORTED, "terminal %s: not known here (set TERM, or use --linear)", name ? name : "without a name");
	if (!getenv("ESCDELAY"))
		set_escdelay(ESC_MS);
	cbreak();
	noecho();
	nonl();
	typeahead(-1);
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	define_key("\033[200~", KEY_PASTE_BEGIN);
	define_key("\033[201~", KEY_PASTE_END);
	glass->ansi = terminfo_is_ansi();
	glass->palette = palette_new(colour);
	return STATUS_OK;
}

static void arm(struct glass *glass)
{
	struct buf bytes;
	buf_init(&bytes, 480);
	buf_puts(&bytes, glass->ansi ? end_modes : "");
	terminfo_undo(&bytes);
	rescue_arm(glass->out, &glass->modes, buf_text(&bytes), bytes.len);
	buf_free(&bytes);
}

void glass_discard(struct glass *glass)
{
	tcflush(glass->out, TCOFLUSH);
	/* What was dropped may have ended inside a sequence: CAN ends it. */
	if (glass->ansi && write(glass->out, "\030", 1) < 0)
		return;
}

static void free_glass(struct glass *glass)
{
	if (glass->screen)
		delscreen(glass->screen);
	palette_free(glass->palette);
	if (glass->curses_out)
		fclose(glass->curses_out);
	else if (glass->curses_fd >= 0)
		close(glass->curses_fd);
	if (glass->curses_in)
		fclose(glass->curses_in);
	else if (glass->in >= 0)
		close(glass->in);
	if (glass->out >= 0)
		close(glass->out);
	if (glass->memory >= 0)
		close(glass->memory);
	buf_free(&glass->paste);
	free(glass->shown);
	free(glass);
}

struct glass *glass_open(bool colour, struct error *err)
{
	struct glass *glass = xcalloc(1, sizeof(*glass));
	glass->in = glass->out = glass->memory = glass->curses_fd = -1;
	buf_init(&glass->paste, PASTE_BYTES);
	if (open_files(glass, err) != STATUS_OK || start_curses(glass, colour, err) != STATUS_OK) {
		free_glass(glass);
		return NULL;
	}
	/* The first refresh switches to the alternate screen and must not wait in a queue. */
	refresh();
	arm(glass);
	put_modes(glass, begin_modes);
	to_memory(glass);
	return glass;
}

void glass_suspend(struct glass *glass)
{
	to_terminal(glass);
	put_modes(glass, end_modes);
	if (palette_changed_terminal(glass->palette))
		terminfo_reset_colours();
	curs_set(1);
	endwin();
	rescue_disarm();
}

void glass_resume(struct glass *glass)
{
	refresh();
	arm(glass);
	put_modes(glass, begin_modes);
	to_memory(glass);
	glass_repaint(glass);
}

void glass_close(struct glass *glass, bool gone)
{
	/* Without a terminal, curses may say its farewell to the memory file. */
	if (gone)
		endwin();
	else
		glass_suspend(glass);
	rescue_disarm();
	free_glass(glass);
}

/* --- asking --------------------------------------------------------------------------- */

int glass_input_fd(const struct glass *glass)
{
	return glass->in;
}

int glass_output_fd(const struct glass *glass)
{
	return glass->out;
}

bool glass_is_ansi(const struct glass *glass)
{
	return glass->ansi;
}

bool glass_has_colours(const struct glass *glass)
{
	return palette_has_colours(glass->palette);
}

bool glass_size(struct glass *glass, int *columns, int *rows)
{
	struct winsize size;
	if (ioctl(glass->out, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
		return false;
	resize_term(size.ws_row, size.ws_col);
	*columns = size.ws_col;
	*rows = size.ws_row;
	return true;
}

bool glass_is_gone(const struct glass *glass)
{
	struct termios modes;
	int waiting;
	return tcgetattr(glass->in, &modes) != 0 || ioctl(glass->in, FIONREAD, &waiting) != 0;
}

/* --- drawing -------------------------------------------------------------------------- */

static void put_cell(struct glass *glass, int x, int y, const struct cell *cell, const struct theme *theme)
{
	wchar_t wide[CCHARW_MAX + 1];
	size_t count = 0, len = strlen(cell->text), at = 0;
	cchar_t out;
	short pair;
	while (at < len && count < CCHARW_MAX) {
		uint32_t code;
		size_t size = text_decode(cell->text + at, len - at, &code);
		if (size == 0)
			break;
		wide[count++] = (wchar_t)code;
		at += size;
	}
	wide[count] = L'\0';
	struct look look = theme_look(theme, (enum role)cell->role, (enum role)cell->back, cell->attr);
	attr_t attributes = palette_attributes(glass->palette, &look, &pair);
	if (setcchar(&out, wide, attributes, pair, NULL) == OK)
		mvadd_wch(y, x, &out);
}

/* True when nothing that was told to curses before counts any more. */
static bool begins_anew(struct glass *glass, const struct canvas *canvas, const struct theme *theme)
{
	size_t count = (size_t)canvas->columns * (size_t)canvas->rows;
	if (glass->shown && glass->shown_columns == canvas->columns && glass->shown_rows == canvas->rows && theme_equal(&glass->shown_theme, theme))
		return false;
	glass->shown = xreallocarray(glass->shown, count, sizeof(*glass->shown));
	glass->shown_columns = canvas->columns;
	glass->shown_rows = canvas->rows;
	glass->shown_theme = *theme;
	return true;
}

/* Tells curses what differs from the frame before: asking it for each of twelve thousand
 * cells would cost more than everything else in a frame. */
static void paint(struct glass *glass, struct canvas *canvas, const struct theme *theme)
{
	bool cursor = canvas->cursor_x >= 0, anew = begins_anew(glass, canvas, theme);
	struct cell *shown = glass->shown;
	if (anew)
		erase();
	for (int y = 0; y < canvas->rows; y++, shown += canvas->columns) {
		const struct cell *row = canvas_at(canvas, 0, y);
		if (!anew && memcmp(shown, row, (size_t)canvas->columns * sizeof(*row)) == 0)
			continue;
		for (int x = 0; x < canvas->columns; x++) {
			if (!anew && memcmp(&shown[x], &row[x], sizeof(*row)) == 0)
				continue;
			shown[x] = row[x];
			if (row[x].width > 0)
				put_cell(glass, x, y, &row[x], theme);
		}
	}
	/* The cursor stands on the selection, where screen readers look for it. */
	move(cursor ? canvas->cursor_y : canvas->rows - 1, cursor ? canvas->cursor_x : 0);
	wnoutrefresh(stdscr);
	curs_set(cursor ? 1 : 0);
	doupdate();
}

/* Moves what curses wrote to the memory file into the buffer. */
static void take_frame(struct glass *glass, struct buf *out)
{
	off_t len = lseek(glass->memory, 0, SEEK_CUR), at = 0;
	char piece[16384];
	if (len <= 0)
		return;
	buf_puts(out, glass->ansi ? "\033[?2026h" : "");
	while (at < len) {
		size_t left = (size_t)(len - at);
		ssize_t n = pread(glass->memory, piece, left < sizeof(piece) ? left : sizeof(piece), at);
		if (n <= 0)
			break;
		buf_add(out, piece, (size_t)n);
		at += n;
	}
	buf_puts(out, glass->ansi ? "\033[?2026l" : "");
	if (ftruncate(glass->memory, 0) == 0)
		lseek(glass->memory, 0, SEEK_SET);
}

void glass_draw(struct glass *glass, struct canvas *canvas, const struct theme *theme, struct buf *out)
{
	paint(glass, canvas, theme);
	take_frame(glass, out);
}

void glass_repaint(struct glass *glass)
{
	free(glass->shown);
	glass->shown = NULL;
	palette_reset(glass->palette);
	clearok(curscr, TRUE);
}

/* --- reading -------------------------------------------------------------------------- */

static enum glass_input take_mouse(struct glass *glass)
{
	MEVENT event;
	if (getmouse(&event) != OK || (event.bstate & (BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED)) == 0)
		return GLASS_OTHER;
	glass->pointer = (struct glass_pointer){event.x, event.y, (event.bstate & BUTTON4_PRESSED) != 0, (event.bstate & BUTTON5_PRESSED) != 0};
	return GLASS_MOUSE;
}

static enum glass_input take_code(struct glass *glass, int code, char key[KEY_NAME])
{
	if (code == KEY_MOUSE)
		return glass->pasting ? GLASS_OTHER : take_mouse(glass);
	if (code == KEY_PASTE_BEGIN) {
		glass->pasting = true;
		buf_clear(&glass->paste);
		return GLASS_OTHER;
	}
	if (code == KEY_PASTE_END) {
		bool was = glass->pasting;
		glass->pasting = false;
		return was ? GLASS_PASTE : GLASS_OTHER;
	}
	return !glass->pasting && key_of_code(key, code) ? GLASS_KEY : GLASS_OTHER;
}

static enum glass_input take_character(struct glass *glass, uint32_t code, char key[KEY_NAME])
{
	char bytes[4];
	if (!glass->pasting) {
		key_of_character(key, code);
		return GLASS_KEY;
	}
	buf_add(&glass->paste, bytes, text_encode(bytes, code == '\r' ? '\n' : code));
	return GLASS_OTHER;
}

enum glass_input glass_read(struct glass *glass, char key[KEY_NAME])
{
	wint_t code;
	int kind = get_wch(&code);
	if (kind == ERR)
		return GLASS_NOTHING;
	return kind == KEY_CODE_YES ? take_code(glass, (int)code, key) : take_character(glass, (uint32_t)code, key);
}

const char *glass_pasted(const struct glass *glass)
{
	return glass->paste.full ? NULL : buf_text(&glass->paste);
}

struct glass_pointer glass_pointer(const struct glass *glass)
{
	return glass->pointer;
}

void glass_set_mouse(struct glass *glass, bool on)
{
	if (on == glass->mouse)
		return;
	glass->mouse = on;
	/* A press counts at once, instead of waiting whether it becomes a click. */
	mouseinterval(0);
	mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

void glass_flush(struct glass *glass)
{
	(void)glass;
	flushinp();
}
