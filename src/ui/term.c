/* The terminal on the event loop. A frame is made when something changed, at most one
 * every FRAME_MS except straight after a key, and sent without blocking: a terminal that
 * reads slowly gets fewer frames and delays nothing else. */
#include "config.h"

#include "ui/term.h"

#include "base/mem.h"
#include "base/text.h"
#include "ui/glass.h"

#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FRAME_MS = 100,
	FRAME_BYTES = 8 * 1024 * 1024,
	SIGNALS_MAX = 8,
};

struct term {
	struct loop *loop;
	struct ui *ui;
	struct glass *glass;
	struct canvas *canvas;
	struct theme theme; /* what is drawn with: the ui's, or mono without colour */
	bool colour;

	struct buf queue; /* bytes that the terminal has not taken yet */
	size_t sent;      /* of them */
	bool wanted;      /* a frame is asked for */
	int64_t drawn_us; /* when the last one was made, monotonic */
	bool gone;
	bool lent;    /* a command has the terminal: nothing is drawn or read */
	int ended_by; /* the signal, or 0 */

	struct loop_watch *reader, *writer;
	struct loop_timer *frame;
	struct loop_signal *signals[SIGNALS_MAX];
	size_t signal_count;
};

bool term_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* --- output -------------------------------------------------------------------- */

static void lose(struct term *term)
{
	term->gone = true;
	loop_stop(term->loop);
}

/* Sends what waits, as far as the terminal takes it. */
static void send_queue(struct term *term)
{
	while (term->sent < term->queue.len) {
		ssize_t n = write(glass_output_fd(term->glass), term->queue.data + term->sent, term->queue.len - term->sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n <= 0) {
			lose(term);
			return;
		}
		term->sent += (size_t)n;
	}
	bool all = term->sent == term->queue.len;
	if (all) {
		buf_clear(&term->queue);
		term->sent = 0;
	}
	loop_watch_set(term->writer, all ? 0 : LOOP_WRITE);
}

static void take_theme(struct term *term)
{
	if (term->colour)
		term->theme = *ui_theme(term->ui);
	else
		theme_mono(&term->theme);
	glass_repaint(term->glass);
}

/* A new P0 or P1: one bell, and the title. The title was cleaned when it was taken. */
static void ring(struct term *term)
{
	char title[160];
	if (!ui_take_alarm(term->ui, title, sizeof(title)))
		return;
	buf_putc(&term->queue, '\a');
	if (glass_is_ansi(term->glass))
		buf_printf(&term->queue, "\033]2;tocsin: %s\033\\", title);
}

/* Copied text, as OSC 52 (base64). Inside tmux a second copy goes through it, for those
 * who let it pass; which of the two arrives is up to its configuration. */
static void send_copy(struct term *term)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = ui_take_copy(term->ui);
	struct buf code;
	if (!text)
		return;
	size_t len = strlen(text);
	buf_init(&code, len * 4 / 3 + 8);
	for (size_t i = 0; i < len; i += 3) {
		unsigned char bytes[3] = {0};
		size_t n = len - i < 3 ? len - i : 3;
		memcpy(bytes, text + i, n);
		uint32_t bits = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
		for (size_t digit = 0; digit < 4; digit++)
			buf_putc(&code, digit <= n ? alphabet[bits >> (18 - 6 * digit) & 63] : '=');
	}
	bool tmux = getenv("TMUX") != NULL;
	if (!glass_is_ansi(term->glass)) {
		ui_message(term->ui, MESSAGE_WARNING, "this terminal has no clipboard that can be reached");
	} else {
		buf_printf(&term->queue, "\033]52;c;%s\033\\", buf_text(&code));
		if (tmux)
			buf_printf(&term->queue, "\033Ptmux;\033\033]52;c;%s\a\033\\", buf_text(&code));
		ui_messagef(term->ui, MESSAGE_INFO, "%zu bytes went to the clipboard of the terminal%s", len, tmux ? " (in tmux with set-clipboard on, or allow-passthrough on)" : "");
	}
	buf_free(&code);
	free(text);
}

static void draw(struct term *term)
{
	term->wanted = true;
	if (term->gone || ui_leaving(term->ui)) {
		loop_stop(term->loop);
		return;
	}
	/* The terminal still takes the last frame; on_writable comes back here. */
	if (term->queue.len > 0 || term->lent)
		return;
	term->wanted = false;
	send_copy(term);
	if (ui_take_redraw(term->ui))
		take_theme(term);
	glass_set_mouse(term->glass, ui_mouse(term->ui));
	ui_draw(term->ui, term->canvas);
	term->drawn_us = clock_mono_us(clock_system());
	glass_draw(term->glass, term->canvas, &term->theme, &term->queue);
	ring(term);
	if (ui_take_flush(term->ui))
		glass_flush(term->glass);
	send_queue(term);
}

static void on_frame(void *arg)
{
	draw(arg);
}

static void on_dirty(void *arg)
{
	struct term *term = arg;
	if (term->wanted)
		return;
	term->wanted = true;
	int64_t since_ms = (clock_mono_us(clock_system()) - term->drawn_us) / US_PER_MS;
	loop_timer_again(term->frame, since_ms >= FRAME_MS ? 0 : FRAME_MS - since_ms);
}

static void on_writable(void *arg, int events TOCSIN_UNUSED)
{
	struct term *term = arg;
	send_queue(term);
	if (term->queue.len == 0 && term->wanted)
		draw(term);
}

/* --- input --------------------------------------------------------------------- */

static void take_paste(struct term *term)
{
	const char *text = glass_pasted(term->glass);
	if (text)
		ui_paste(term->ui, text);
	else
		ui_message(term->ui, MESSAGE_WARNING, "the pasted text is too long, nothing was inserted");
}

static void take_pointer(struct term *term)
{
	struct glass_pointer pointer = glass_pointer(term->glass);
	ui_pointer(term->ui, pointer.x, pointer.y, pointer.up ? POINTER_UP : pointer.down ? POINTER_DOWN
											  : POINTER_CLICK);
}

static void on_readable(void *arg, int events TOCSIN_UNUSED)
{
	struct term *term = arg;
	char key[KEY_NAME];
	enum glass_input input;
	bool any = false;
	while (!ui_leaving(term->ui) && (input = glass_read(term->glass, key)) != GLASS_NOTHING) {
		any = true;
		if (input == GLASS_KEY)
			ui_key(term->ui, key);
		else if (input == GLASS_PASTE)
			take_paste(term);
		else if (input == GLASS_MOUSE)
			take_pointer(term);
	}
	/* What reads at its end is ready for ever. */
	if (!any && glass_is_gone(term->glass))
		lose(term);
	else if (ui_dirty(term->ui) || ui_leaving(term->ui))
		draw(term);
}

/* --- signals ------------------------------------------------------------------- */

static void take_size(struct term *term)
{
	int columns, rows;
	if (!glass_size(term->glass, &columns, &rows))
		return;
	/* A terminal that grows may show again what it kept beyond its former edge. */
	if (columns != term->canvas->columns || rows != term->canvas->rows)
		glass_repaint(term->glass);
	canvas_resize(term->canvas, columns, rows);
}

/* A terminal that has stopped reading must not keep us from leaving it. */
static void drop_queue(struct term *term)
{
	if (term->queue.len > 0 && !term->gone)
		glass_discard(term->glass);
	buf_clear(&term->queue);
	term->sent = 0;
}

static void suspend(struct term *term)
{
	drop_queue(term);
	glass_suspend(term->glass);
	raise(SIGSTOP);
	glass_resume(term->glass);
	take_size(term);
	draw(term);
}

/* Gives the terminal to a command until that ends, however it ends. */
static bool lend(void *arg, bool take)
{
	struct term *term = arg;
	if (term->gone || term->lent == take)
		return false;
	term->lent = take;
	if (take) {
		drop_queue(term);
		loop_watch_set(term->reader, 0);
		glass_suspend(term->glass);
		return true;
	}
	glass_resume(term->glass);
	glass_flush(term->glass);
	loop_watch_set(term->reader, LOOP_READ);
	take_size(term);
	draw(term);
	return true;
}

static void on_signal(void *arg, int signum)
{
	struct term *term = arg;
	/* Its own signals are the command's business now; the size is asked for at its end. */
	if (term->lent && (signum == SIGWINCH || signum == SIGTSTP || signum == SIGINT))
		return;
	switch (signum) {
	case SIGWINCH:
		take_size(term);
		draw(term);
		break;
	case SIGINT:
		ui_key(term->ui, "C-c");
		draw(term);
		break;
	case SIGTSTP:
		suspend(term);
		break;
	default:
		term->ended_by = signum;
		term->gone = signum == SIGHUP;
		loop_stop(term->loop);
		break;
	}
}

/* Before curses starts, which leaves alone what somebody handles already. */
static void watch_signals(struct term *term)
{
	static const int handled[] = {SIGWINCH, SIGINT, SIGTSTP, SIGTERM, SIGHUP, SIGQUIT};
	for (size_t i = 0; i < ARRAY_LENGTH(handled); i++) {
		struct loop_signal *signal = loop_signal(term->loop, handled[i], on_signal, term);
		if (signal)
			term->signals[term->signal_count++] = signal;
	}
}

/* --- running -------------------------------------------------------------------- */

static bool wants_colour(enum colour_when when)
{
	const char *no_color = getenv("NO_COLOR");
	if (when != COLOUR_AUTO)
		return when == COLOUR_ALWAYS;
	return !no_color || *no_color == '\0';
}

static void run(struct term *term)
{
	term->reader = loop_watch(term->loop, glass_input_fd(term->glass), LOOP_READ, on_readable, term);
	loop_watch_first(term->reader);
	term->writer = loop_watch(term->loop, glass_output_fd(term->glass), 0, on_writable, term);
	term->frame = loop_timer(term->loop, -1, 0, on_frame, term);
	ui_on_dirty(term->ui, on_dirty, term);
	ui_on_terminal(term->ui, lend, term);
	take_theme(term);
	take_size(term);
	draw(term);
	if (!ui_leaving(term->ui) && !term->gone && !term->ended_by)
		loop_run(term->loop);
	ui_on_dirty(term->ui, NULL, NULL);
	ui_on_terminal(term->ui, NULL, NULL);
	loop_watch_stop(term->reader);
	loop_watch_stop(term->writer);
	loop_timer_stop(term->frame);
}

enum status term_run(struct loop *loop, struct ui *ui, enum colour_when colour, struct error *err)
{
	struct term term = {.loop = loop, .ui = ui};
	term.canvas = canvas_new(80, 24, ui_ascii(ui) || !term_is_utf8());
	buf_init(&term.queue, FRAME_BYTES);
	watch_signals(&term);
	term.glass = glass_open(wants_colour(colour), err);
	if (term.glass) {
		term.colour = glass_has_colours(term.glass);
		ui_set_terminal(ui, true);
		run(&term);
		drop_queue(&term);
		glass_close(term.glass, term.gone);
		ui_set_terminal(ui, false);
	}
	for (size_t i = 0; i < term.signal_count; i++)
		loop_signal_stop(term.signals[i]);
	buf_free(&term.queue);
	canvas_free(term.canvas);
	if (!term.glass)
		return STATUS_IO;
	if (term.ended_by)
		return error_set(err, STATUS_CANCELLED, "console: ended by a signal: %s", strsignal(term.ended_by));
	if (term.gone)
		return error_set(err, STATUS_IO, "console: the terminal is gone (start again to go on; the record is complete)");
	return STATUS_OK;
}
