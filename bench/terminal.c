#include "config.h"

#include "terminal.h"

#include "base/mem.h"
#include "base/text.h"
#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	READ_BYTES = 64 * 1024,
	ROW_BYTES = 4096,
};

/* --- a program in it ---------------------------------------------------------------- */

bool terminal_fork(struct terminal *terminal, int columns, int rows)
{
	struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};

	*terminal = (struct terminal){.columns = columns, .rows = rows};
	terminal->vterm = vterm_new(rows, columns);
	vterm_set_utf8(terminal->vterm, 1);
	terminal->screen = vterm_obtain_screen(terminal->vterm);
	vterm_screen_enable_altscreen(terminal->screen, 1);
	vterm_screen_reset(terminal->screen, 1);
	fflush(stdout);
	terminal->pid = forkpty(&terminal->master, NULL, NULL, &size);
	bench_need(terminal->pid >= 0, "making a terminal");
	if (terminal->pid > 0) {
		fcntl(terminal->master, F_SETFD, FD_CLOEXEC);
		return false;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("HOME", bench_directory(), 1);
	setenv("XDG_DATA_HOME", bench_directory(), 1);
	setenv("XDG_CONFIG_HOME", bench_directory(), 1);
	return true;
}

void terminal_open(struct terminal *terminal, int columns, int rows, const char *const argv[])
{
	if (!terminal_fork(terminal, columns, rows))
		return;
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	perror(argv[0]);
	_exit(127);
}

void terminal_close(struct terminal *terminal)
{
	kill(terminal->pid, SIGTERM);
	terminal_listen(terminal, bench_now() + 5);
	kill(terminal->pid, SIGKILL);
	waitpid(terminal->pid, NULL, 0);
	close(terminal->master);
	vterm_free(terminal->vterm);
}

/* Programs ask their terminal what it is, and wait for its answer. */
static void answer(struct terminal *terminal)
{
	char bytes[256];
	size_t len;

	while ((len = vterm_output_read(terminal->vterm, bytes, sizeof(bytes))) > 0)
		bench_need(write(terminal->master, bytes, len) == (ssize_t)len, "answering a program");
}

bool terminal_hear(struct terminal *terminal, double until)
{
	static char bytes[READ_BYTES];
	struct pollfd look = {.fd = terminal->master, .events = POLLIN};
	double left = until - bench_now();
	struct timespec wait = {.tv_sec = (time_t)left, .tv_nsec = (long)((left - (double)(time_t)left) * 1e9)};

	if (left < 0)
		wait = (struct timespec){0};
	if (ppoll(&look, 1, &wait, NULL) <= 0)
		return true;
	ssize_t n = read(terminal->master, bytes, sizeof(bytes));
	if (n <= 0)
		return false;
	terminal->bytes += (unsigned long)n;
	vterm_input_write(terminal->vterm, bytes, (size_t)n);
	terminal->heard = bench_now();
	answer(terminal);
	return true;
}

bool terminal_listen(struct terminal *terminal, double until)
{
	do {
		if (!terminal_hear(terminal, until))
			return false;
	} while (bench_now() < until);
	return true;
}

double terminal_wait(struct terminal *terminal, const char *text, double seconds)
{
	double began = bench_now();

	while (terminal_find(terminal, text) < 0) {
		if (bench_now() - began > seconds || !terminal_hear(terminal, began + seconds))
			return -1;
	}
	return bench_now() - began;
}

void terminal_type(struct terminal *terminal, const char *keys)
{
	size_t len = strlen(keys);

	bench_need(write(terminal->master, keys, len) == (ssize_t)len, "typing");
}

/* --- what it shows ----------------------------------------------------------------------- */

char *terminal_row(const struct terminal *terminal, int row, char *dst, size_t size)
{
	VTermRect rect = {.start_row = row, .end_row = row + 1, .start_col = 0, .end_col = terminal->columns};
	size_t len = vterm_screen_get_text(terminal->screen, dst, size - 1, rect);

	while (len > 0 && dst[len - 1] == ' ')
		len--;
	dst[len] = '\0';
	return dst;
}

int terminal_find(const struct terminal *terminal, const char *text)
{
	char row[ROW_BYTES];

	for (int y = 0; y < terminal->rows; y++)
		if (strstr(terminal_row(terminal, y, row, sizeof(row)), text))
			return y;
	return -1;
}

/* --- what it costs ------------------------------------------------------------------------- */

double process_cpu(pid_t pid)
{
	char path[320];
	double sum = 0;
	struct dirent *entry;

	DIR *tasks = opendir(text_format(path, sizeof(path), "/proc/%ld/task", (long)pid));
	while (tasks && (entry = readdir(tasks))) {
		unsigned long long ns = 0;
		FILE *file = entry->d_name[0] == '.' ? NULL : fopen(text_format(path, sizeof(path), "/proc/%ld/task/%s/schedstat", (long)pid, entry->d_name), "r");
		if (!file)
			continue;
		if (fscanf(file, "%llu", &ns) == 1)
			sum += (double)ns / 1e9;
		fclose(file);
	}
	if (tasks)
		closedir(tasks);
	return sum;
}

double process_memory(pid_t pid)
{
	char path[64];
	unsigned long whole = 0, held = 0;
	FILE *file = fopen(text_format(path, sizeof(path), "/proc/%ld/statm", (long)pid), "r");

	if (!file)
		return 0;
	if (fscanf(file, "%lu %lu", &whole, &held) != 2)
		held = 0;
	fclose(file);
	return (double)held * (double)sysconf(_SC_PAGESIZE);
}
