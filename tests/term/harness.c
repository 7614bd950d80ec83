#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>
#include <vterm.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "harness.h"

enum {
	ENVIRONMENT_MAX = 32,
	ARGUMENTS_MAX = 16,
	TEXT_BYTES = 1 << 20,
	SENT_BYTES = 1 << 24,
};

struct terminal {
	pid_t pid;         /* 0: it was waited for */
	int master, slave; /* the slave stays open, to ask for its modes afterwards */
	int columns, rows;
	VTerm *vterm;
	VTermScreen *screen;
	bool alternate, cursor_visible;
	bool in_frame; /* a frame began, and its end has not come */
	char title[256];
	size_t bells;
	char home[64];
	struct buf text, sent;
};

/* --- what libvterm tells ---------------------------------------------------------- */

static int on_property(VTermProp prop, VTermValue *value, void *user)
{
	struct terminal *terminal = user;
	if (prop == VTERM_PROP_ALTSCREEN)
		terminal->alternate = value->boolean;
	else if (prop == VTERM_PROP_CURSORVISIBLE)
		terminal->cursor_visible = value->boolean;
	else if (prop == VTERM_PROP_TITLE)
		text_format(terminal->title, sizeof(terminal->title), "%s", value->string);
	return 1;
}

static int on_bell(void *user)
{
	struct terminal *terminal = user;
	terminal->bells++;
	return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property, .bell = on_bell};

/* --- starting and ending ------------------------------------------------------------ */

static void run_program(const struct terminal *terminal, const char *const *environment, const char *const *arguments)
{
	char path[512], home[128], data[128];
	const char *build = getenv("TOCSIN_BUILD");
	char *argv[ARGUMENTS_MAX + 2] = {path};
	char *envp[ENVIRONMENT_MAX] = {home, data, (char *)(uintptr_t) "TERM=xterm-256color", (char *)(uintptr_t) "LC_ALL=C.UTF-8",
				       (char *)(uintptr_t) "TZ=UTC", (char *)(uintptr_t) "PATH=/usr/bin:/bin"};
	text_format(path, sizeof(path), "%s/src/tocsin", build ? build : ".");
	text_format(home, sizeof(home), "HOME=%s", terminal->home);
	text_format(data, sizeof(data), "XDG_DATA_HOME=%s", terminal->home);
	for (size_t i = 0; arguments[i] && i < ARGUMENTS_MAX; i++)
		argv[i + 1] = (char *)(uintptr_t)arguments[i];
	/* What a test sets comes first, where the program looks first. */
	size_t own = 0, extra = 0;
	while (envp[own])
		own++;
	while (environment && environment[extra])
		extra++;
	memmove(envp + extra, envp, own * sizeof(envp[0]));
	for (size_t i = 0; i < extra; i++)
		envp[i] = (char *)(uintptr_t)environment[i];
	execve(path, argv, envp);
	perror(path);
	_exit(127);
}

struct terminal *terminal_start(int columns, int rows, const char *const *environment, const char *const *arguments)
{
	struct terminal *terminal = xcalloc(1, sizeof(*terminal));
	struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
	text_format(terminal->home, sizeof(terminal->home), "/tmp/tocsin-term-XXXXXX");
	assert_non_null(mkdtemp(terminal->home));
	terminal->columns = columns;
	terminal->rows = rows;
	terminal->cursor_visible = true;
	buf_init(&terminal->text, TEXT_BYTES);
	buf_init(&terminal->sent, SENT_BYTES);
	terminal->vterm = vterm_new(rows, columns);
	vterm_set_utf8(terminal->vterm, 1);
	terminal->screen = vterm_obtain_screen(terminal->vterm);
	vterm_screen_set_callbacks(terminal->screen, &callbacks, terminal);
	vterm_screen_enable_altscreen(terminal->screen, 1);
	vterm_screen_reset(terminal->screen, 1);
	assert_int_equal(openpty(&terminal->master, &terminal->slave, NULL, NULL, &size), 0);
	fcntl(terminal->master, F_SETFD, FD_CLOEXEC);
	terminal->pid = fork();
	assert_true(terminal->pid >= 0);
	if (terminal->pid == 0) {
		login_tty(terminal->slave);
		run_program(terminal, environment, arguments);
	}
	return terminal;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

void terminal_free(struct terminal *terminal)
{
	if (terminal->pid > 0) {
		kill(terminal->pid, SIGKILL);
		waitpid(terminal->pid, NULL, 0);
	}
	if (terminal->master >= 0)
		close(terminal->master);
	if (terminal->slave >= 0)
		close(terminal->slave);
	vterm_free(terminal->vterm);
	buf_free(&terminal->sent);
	buf_free(&terminal->text);
	nftw(terminal->home, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(terminal);
}

/* --- both ways ------------------------------------------------------------------------ */

/* The program says where a frame begins and ends; libvterm does not know these modes. */
static void note_frames(struct terminal *terminal, size_t from)
{
	static const char mode[] = "\033[?2026";
	size_t len = sizeof(mode) - 1;
	const char *sent = buf_text(&terminal->sent);
	for (size_t at = from > len ? from - len : 0; at + len < terminal->sent.len; at++) {
		if (memcmp(sent + at, mode, len) == 0)
			terminal->in_frame = sent[at + len] == 'h';
	}
}

/* Takes in what comes within ms; false when nothing did, or the other side is gone. */
static bool receive(struct terminal *terminal, int ms)
{
	struct pollfd waiting = {.fd = terminal->master, .events = POLLIN};
	char bytes[16384];
	if (poll(&waiting, 1, ms) <= 0)
		return false;
	ssize_t n = read(terminal->master, bytes, sizeof(bytes));
	if (n <= 0)
		return false;
	size_t before = terminal->sent.len;
	vterm_input_write(terminal->vterm, bytes, (size_t)n);
	buf_add(&terminal->sent, bytes, (size_t)n);
	assert_false(terminal->sent.full);
	note_frames(terminal, before);
	return true;
}

void terminal_send(struct terminal *terminal, const char *bytes)
{
	size_t len = strlen(bytes);
	assert_int_equal(write(terminal->master, bytes, len), (ssize_t)len);
}

void terminal_clog(struct terminal *terminal)
{
	/* Each key makes a frame of its own when it comes alone; together they are many
	 * times what the kernel keeps for a terminal. */
	for (int i = 0; i < 200; i++) {
		terminal_send(terminal, i % 2 ? "q" : "?");
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
}

void terminal_resize(struct terminal *terminal, int columns, int rows)
{
	struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
	terminal->columns = columns;
	terminal->rows = rows;
	vterm_set_size(terminal->vterm, rows, columns);
	assert_int_equal(ioctl(terminal->master, TIOCSWINSZ, &size), 0);
}

void terminal_signal(struct terminal *terminal, int signum)
{
	assert_int_equal(kill(terminal->pid, signum), 0);
}

bool terminal_exhaust_memory(struct terminal *terminal)
{
#ifdef __linux__
	struct rlimit limit = {.rlim_cur = 1 << 20, .rlim_max = 1 << 20};
	return prlimit(terminal->pid, RLIMIT_AS, &limit, NULL) == 0;
#else
	(void)terminal;
	return false;
#endif
}

void terminal_hang_up(struct terminal *terminal)
{
	close(terminal->slave);
	close(terminal->master);
	terminal->slave = terminal->master = -1;
}

static int64_t now_ms(void)
{
	return clock_mono_us(clock_system()) / US_PER_MS;
}

bool terminal_comes(struct terminal *terminal, int ms, terminal_condition *holds, const void *arg)
{
	int64_t deadline = now_ms() + ms;
	while (terminal->in_frame || !holds(terminal, arg)) {
		if (now_ms() >= deadline)
			return false;
		receive(terminal, 50);
	}
	return true;
}

void terminal_until(struct terminal *terminal, const char *name, terminal_condition *holds, const void *arg)
{
	if (!terminal_comes(terminal, EXPECT_MS, holds, arg))
		fail_msg("did not come: %s\n%s", name, terminal_text(terminal));
}

bool terminal_shows(struct terminal *terminal, const char *text)
{
	return strstr(terminal_text(terminal), text) != NULL;
}

static bool text_is_there(struct terminal *terminal, const void *text)
{
	return terminal_shows(terminal, text);
}

static bool text_is_gone(struct terminal *terminal, const void *text)
{
	return !terminal_shows(terminal, text);
}

static bool bytes_were_sent(struct terminal *terminal, const void *bytes)
{
	return terminal_was_sent(terminal, bytes);
}

static bool is_given_back(struct terminal *terminal, const void *arg TOCSIN_UNUSED)
{
	return !terminal_on_alternate_screen(terminal) && terminal_is_cooked(terminal);
}

int terminal_expect(struct terminal *terminal, const char *text)
{
	if (!terminal_comes(terminal, EXPECT_MS, text_is_there, text))
		fail_msg("not on the screen: %s\n%s", text, terminal_text(terminal));
	const char *screen = terminal_text(terminal), *found = strstr(screen, text);
	int row = 0;
	for (; screen < found; screen++)
		row += *screen == '\n';
	return row;
}

void terminal_expect_gone(struct terminal *terminal, const char *text)
{
	if (!terminal_comes(terminal, EXPECT_MS, text_is_gone, text))
		fail_msg("still on the screen: %s\n%s", text, terminal_text(terminal));
}

void terminal_expect_sent(struct terminal *terminal, const char *bytes)
{
	if (!terminal_comes(terminal, EXPECT_MS, bytes_were_sent, bytes))
		fail_msg("was not sent: %s\n%s", bytes + strspn(bytes, "\033"), terminal_text(terminal));
}

void terminal_expect_given_back(struct terminal *terminal)
{
	terminal_until(terminal, "the terminal is given back", is_given_back, NULL);
}

void terminal_quit(struct terminal *terminal)
{
	terminal_send(terminal, ":quit now\r");
	int status = terminal_wait(terminal, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	terminal_expect_given_back(terminal);
	terminal_free(terminal);
}

void terminal_read(struct terminal *terminal)
{
	while (receive(terminal, 0))
		;
}

int terminal_wait(struct terminal *terminal, int how)
{
	int64_t deadline = now_ms() + EXPECT_MS;
	int status = 0;
	while (waitpid(terminal->pid, &status, WNOHANG | (how & WAIT_STOPPED ? WUNTRACED : 0)) == 0) {
		if (now_ms() >= deadline)
			fail_msg("it does not end\n%s", terminal_text(terminal));
		if (terminal->master < 0 || how & WAIT_UNREAD)
			nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
		else
			receive(terminal, 20);
	}
	if (!WIFSTOPPED(status))
		terminal->pid = 0;
	return status;
}

/* --- looking --------------------------------------------------------------------------- */

static void add_line(struct terminal *terminal, int y)
{
	for (int x = 0; x < terminal->columns; x++) {
		VTermScreenCell cell;
		char bytes[4];
		vterm_screen_get_cell(terminal->screen, (VTermPos){.row = y, .col = x}, &cell);
		if (cell.chars[0] == 0)
			buf_putc(&terminal->text, ' ');
		for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] && cell.chars[i] != (uint32_t)-1; i++)
			buf_add(&terminal->text, bytes, text_encode(bytes, cell.chars[i]));
		x += cell.width > 1 ? cell.width - 1 : 0;
	}
	buf_putc(&terminal->text, '\n');
}

const char *terminal_text(struct terminal *terminal)
{
	buf_clear(&terminal->text);
	for (int y = 0; y < terminal->rows; y++)
		add_line(terminal, y);
	return buf_text(&terminal->text);
}

const char *terminal_line(struct terminal *terminal, int y)
{
	buf_clear(&terminal->text);
	add_line(terminal, y);
	return buf_text(&terminal->text);
}

static int palette_number(const VTermColor *colour, bool is_default)
{
	return !is_default && VTERM_COLOR_IS_INDEXED(colour) ? colour->indexed.idx : -1;
}

bool terminal_was_sent(const struct terminal *terminal, const char *bytes)
{
	return terminal->sent.len > 0 && memmem(terminal->sent.data, terminal->sent.len, bytes, strlen(bytes)) != NULL;
}

struct terminal_cell terminal_cell(struct terminal *terminal, int x, int y)
{
	VTermScreenCell cell;
	vterm_screen_get_cell(terminal->screen, (VTermPos){.row = y, .col = x}, &cell);
	return (struct terminal_cell){
		.bold = cell.attrs.bold,
		.reverse = cell.attrs.reverse,
		.underline = cell.attrs.underline != 0,
		.default_fg = VTERM_COLOR_IS_DEFAULT_FG(&cell.fg),
		.default_bg = VTERM_COLOR_IS_DEFAULT_BG(&cell.bg),
		.fg = palette_number(&cell.fg, VTERM_COLOR_IS_DEFAULT_FG(&cell.fg)),
		.bg = palette_number(&cell.bg, VTERM_COLOR_IS_DEFAULT_BG(&cell.bg)),
	};
}

void terminal_cursor(struct terminal *terminal, int *x, int *y, bool *visible)
{
	VTermPos place;
	vterm_state_get_cursorpos(vterm_obtain_state(terminal->vterm), &place);
	*x = place.col;
	*y = place.row;
	*visible = terminal->cursor_visible;
}

bool terminal_on_alternate_screen(const struct terminal *terminal)
{
	return terminal->alternate;
}

bool terminal_is_cooked(const struct terminal *terminal)
{
	struct termios modes;
	assert_int_equal(tcgetattr(terminal->slave, &modes), 0);
	return (modes.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO);
}

const char *terminal_title(const struct terminal *terminal)
{
	return terminal->title;
}

size_t terminal_bells(const struct terminal *terminal)
{
	return terminal->bells;
}

const char *terminal_home(const struct terminal *terminal)
{
	return terminal->home;
}
