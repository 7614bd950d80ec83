/* tocsin-supervise: runs one command and answers for every process that comes of it.
 *
 *     tocsin-supervise TIMEOUT_MS GRACE_MS STAGE DIRECTORY PROGRAM [ARGUMENT]...
 *
 * Descriptor 0 is the control pipe: a byte or its end (the console has gone) asks for
 * the end of the tree. 1 and 2 become the command's output. 3 takes the news, a line
 * each: "failed STAGE ERRNO", "leader PID", "timeout", "exit CODE", "signal NUMBER", "survived".
 * The end of that pipe means that the tree is gone. A TIMEOUT_MS of 0 is none, an empty
 * DIRECTORY the current one. The STAGE says what 1 and 2 are: "pipes", "pty" (then also the
 * command's controlling terminal) or "terminal" (that of the console, in whose foreground the
 * command runs, and from which it reads). Signals alone reach only a process or its group; so this
 * becomes the reaper of all orphans below it and finds them by parentage
 * (engineering reference 4.6). */
#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif

enum {
	CONTROL = STDIN_FILENO,
	NEWS = 3,
};

enum {
	LINGER_MS = 200,   /* what a command leaves behind may finish for so long */
	TICK_MS = 20,      /* between two looks at a tree that is to end */
	GIVE_UP_MS = 5000, /* after KILL: another user's process, or one stuck in the kernel */
	NICENESS = 5,
	OPEN_FILES = 1024, /* the customary soft limit, which the console raises for itself */
	EXIT_USAGE = 64,
	EXIT_NOT_TOLD = 126,
	EXIT_NOT_STARTED = 127,
};

enum stage {
	PIPES,
	PTY,
	TERMINAL,
};

enum phase {
	RUNNING,
	LINGERING,
	ENDING,
	KILLING,
};

struct tree {
	pid_t leader;
	enum stage stage;
	bool leader_gone;
	bool adopts; /* orphans become our children */
	bool cancelled;
	enum phase phase;
	int64_t grace_ms;
	int64_t due_ms; /* when the phase is over; 0: never */
};

static volatile sig_atomic_t asked_to_end;

static void on_signal(int signum)
{
	if (signum != SIGCHLD)
		asked_to_end = 1;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

__attribute__((format(printf, 1, 2))) static void tell(const char *fmt, ...)
{
	char line[64];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	/* Nobody may be left to hear it. */
	if (len > 0 && write(NEWS, line, (size_t)len) < 0)
		return;
}

/* --- everything that descends from us -------------------------------------------------- */

struct process {
	pid_t pid;
	pid_t parent;
};

static int process_compare(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static bool process_read(const char *name, struct process *out)
{
	char path[64], text[512];
	const char *rest;
	ssize_t len;
	int fd, parent;

	if (!isdigit((unsigned char)name[0]) || strlen(name) > 12)
		return false;
	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return false;
	text[len] = '\0';
	/* "pid (name) state parent …"; the name may hold anything, brackets too. */
	rest = strrchr(text, ')');
	if (!rest || sscanf(rest + 1, " %*c %d", &parent) != 1)
		return false;
	out->pid = (pid_t)strtol(name, NULL, 10);
	out->parent = (pid_t)parent;
	return true;
}

/* All processes of the machine, sorted by number; NULL where there is no /proc. */
static struct process *processes_list(size_t *count)
{
	struct process *list = NULL, next;
	size_t capacity = 0;
	struct dirent *entry;
	DIR *directory = opendir("/proc");

	*count = 0;
	if (!directory)
		return NULL;
	while ((entry = readdir(directory))) {
		if (!process_read(entry->d_name, &next))
			continue;
		if (*count == capacity) {
			struct process *more = realloc(list, (capacity + 256) * sizeof(*list));

			if (!more)
				break;
			list = more;
			capacity += 256;
		}
		list[(*count)++] = next;
	}
	closedir(directory);
	if (list)
		qsort(list, *count, sizeof(*list), process_compare);
	return list;
}

static bool is_descendant(const struct process *list, size_t count, const struct process *process)
{
	enum { DEEPEST = 256 };
	const pid_t self = getpid();

	for (int depth = 0; process && depth < DEEPEST; depth++) {
		struct process parent = {.pid = process->parent};

		if (process->parent == self)
			return true;
		process = bsearch(&parent, list, count, sizeof(*list), process_compare);
	}
	return false;
}

static void tree_signal(const struct tree *tree, int signum)
{
	size_t count, found = 0;
	struct process *list = processes_list(&count);

	for (size_t i = 0; i < count; i++) {
		if (!is_descendant(list, count, &list[i]))
			continue;
		found++;
		kill(list[i].pid, signum);
	}
	free(list);
	if (found == 0)
		kill(-tree->leader, signum);
}

/* --- the phases ---------------------------------------------------------------------------- */

static void tree_phase(struct tree *tree, enum phase phase, int64_t length_ms)
{
	tree->phase = phase;
	tree->due_ms = length_ms > 0 ? now_ms() + length_ms : 0;
}

static void tree_end(struct tree *tree)
{
	tree_signal(tree, SIGTERM);
	tree_signal(tree, SIGCONT); /* a stopped process hears TERM only when it goes on */
	tree_phase(tree, ENDING, tree->grace_ms);
}

/* Collects who has died; true when nobody is left. */
static bool tree_reap(struct tree *tree)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | (tree->stage == TERMINAL ? WUNTRACED : 0))) > 0) {
		if (pid != tree->leader)
			continue;
		if (WIFSTOPPED(status)) {
			/* Nobody has a shell here to bring it back with. */
			kill(-tree->leader, SIGCONT);
			continue;
		}
		tree->leader_gone = true;
		if (WIFSIGNALED(status))
			tell("signal %d\n", WTERMSIG(status));
		else
			tell("exit %d\n", WEXITSTATUS(status));
	}
	return pid < 0 && errno == ECHILD && (tree->adopts || kill(-tree->leader, 0) != 0);
}

/* Goes on to the next phase where it is time; false when there is none. */
static bool tree_advance(struct tree *tree)
{
	bool due = tree->due_ms != 0 && now_ms() >= tree->due_ms;

	switch (tree->phase) {
	case RUNNING:
		if (due)
			tell("timeout\n");
		if (due || tree->cancelled)
			tree_end(tree);
		else if (tree->leader_gone)
			tree_phase(tree, LINGERING, LINGER_MS);
		return true;
	case LINGERING:
		if (due || tree->cancelled)
			tree_end(tree);
		return true;
	case ENDING:
		if (due)
			tree_phase(tree, KILLING, GIVE_UP_MS);
		return true;
	case KILLING:
		if (!due) {
			/* Again and again, for those that were born meanwhile. */
			tree_signal(tree, SIGKILL);
			return true;
		}
		break;
	}
	tell("survived\n");
	return false;
}

static int64_t tree_patience_ms(const struct tree *tree)
{
	int64_t left = tree->due_ms ? tree->due_ms - now_ms() : INT32_MAX;

	/* Without adoption nothing tells when the last of the group has gone. */
	if ((tree->leader_gone || tree->phase == KILLING) && left > TICK_MS)
		left = TICK_MS;
	return left > 0 ? left : 0;
}

static void tree_wait(struct tree *tree, const sigset_t *open_mask)
{
	int64_t ms = tree_patience_ms(tree);
	struct timespec patience = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000L};
	fd_set readable;

	FD_ZERO(&readable);
	if (!tree->cancelled)
		FD_SET(CONTROL, &readable);
	if (pselect(CONTROL + 1, &readable, NULL, NULL, &patience, open_mask) > 0 || asked_to_end)
		tree->cancelled = true;
}

/* --- the start -------------------------------------------------------------------------------- */

static void signals_prepare(sigset_t *open_mask)
{
	static const int heard[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t closed;

	sigemptyset(&action.sa_mask);
	sigemptyset(open_mask);
	sigemptyset(&closed);
	for (size_t i = 0; i < sizeof(heard) / sizeof(heard[0]); i++) {
		sigaction(heard[i], &action, NULL);
		sigaddset(&closed, heard[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	/* They are heard only while waiting, so that none slips through before it. */
	sigprocmask(SIG_SETMASK, &closed, NULL);
}

static void limits_set(void)
{
	struct rlimit limit = {0, 0};

	setrlimit(RLIMIT_CORE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > OPEN_FILES) {
		limit.rlim_cur = OPEN_FILES;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	errno = 0;
	if (nice(NICENESS) == -1 && errno != 0)
		return; /* as nice as can be already */
}

struct failure {
	char stage[8];
	int error;
};

static void leader_fail(int report, const char *stage)
{
	struct failure failure = {.error = errno};

	snprintf(failure.stage, sizeof(failure.stage), "%s", stage);
	_exit(write(report, &failure, sizeof(failure)) < 0 ? EXIT_NOT_TOLD : EXIT_NOT_STARTED);
}

/* Standard input, and the session or group that the stage asks for. */
static void leader_take_stage(enum stage stage, int report)
{
	int input = stage == TERMINAL ? dup(STDOUT_FILENO) : open("/dev/null", O_RDWR);

	if (stage == TERMINAL) {
		setpgid(0, 0);
		signal(SIGTTOU, SIG_IGN); /* still in the background, where the request would stop us */
		(void)tcsetpgrp(STDOUT_FILENO, getpid());
		signal(SIGTTOU, SIG_DFL);
	} else {
		setsid();
	}
	if (stage == PTY)
		(void)ioctl(STDOUT_FILENO, TIOCSCTTY, 0);
	if (input < 0 || dup2(input, STDIN_FILENO) < 0)
		leader_fail(report, "null");
	close(input);
}

/* Turns the forked process into the command; never returns. */
static void leader_become(enum stage stage, const char *directory, char **argv, const sigset_t *open_mask, int report, pid_t supervisor)
{
#ifdef HAVE_SYS_PRCTL_H
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would end the tree any more */
#endif
	if (getppid() != supervisor)
		_exit(EXIT_NOT_STARTED);
	leader_take_stage(stage, report);
	limits_set();
	if (directory[0] && chdir(directory) != 0)
		leader_fail(report, "chdir");
	/* From here, and not from the supervisor: the command may be quick to end that. */
	tell("leader %d\n", (int)getpid());
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, open_mask, NULL);
	execvp(argv[0], argv);
	leader_fail(report, "exec");
}

/* Starts the command; false after telling why it could not. */
static bool leader_start(struct tree *tree, const char *directory, char **argv, const sigset_t *open_mask)
{
	struct failure failure;
	pid_t self = getpid();
	int report[2];
	ssize_t got;

	if (pipe(report) != 0) {
		tell("failed pipe %d\n", errno);
		return false;
	}
	fcntl(report[0], F_SETFD, FD_CLOEXEC);
	fcntl(report[1], F_SETFD, FD_CLOEXEC);
	tree->leader = fork();
	if (tree->leader < 0) {
		tell("failed fork %d\n", errno);
		return false;
	}
	if (tree->leader == 0)
		leader_become(tree->stage, directory, argv, open_mask, report[1], self);
	close(report[1]);
	/* Its end means that the new program has taken over. */
	got = read(report[0], &failure, sizeof(failure));
	close(report[0]);
	if (got != (ssize_t)sizeof(failure))
		return true;
	tell("failed %s %d\n", failure.stage, failure.error);
	return false;
}

/* The output belongs to the tree alone: it must end with it. */
static void output_let_go(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(null);
	}
}

static void descriptors_prepare(void)
{
	fcntl(NEWS, F_SETFD, FD_CLOEXEC);
#ifndef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
	for (int fd = NEWS + 1; fd < OPEN_FILES; fd++)
		close(fd);
#endif
}

static bool stage_parse(const char *text, enum stage *out)
{
	static const char *const names[] = {[PIPES] = "pipes", [PTY] = "pty", [TERMINAL] = "terminal"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], text) != 0)
			continue;
		*out = (enum stage)i;
		return true;
	}
	return false;
}

static bool milliseconds(const char *text, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0 && *out <= INT32_MAX;
}

int main(int argc, char **argv)
{
	struct tree tree = {0};
	int64_t timeout_ms;
	sigset_t open_mask;

	if (argc < 6 || !milliseconds(argv[1], &timeout_ms) || !milliseconds(argv[2], &tree.grace_ms) || !stage_parse(argv[3], &tree.stage) || fcntl(NEWS, F_GETFD) < 0) {
		fputs("tocsin-supervise: is started by tocsin, not by hand (see tocsin(1))\n", stderr);
		return EXIT_USAGE;
	}
	descriptors_prepare();
	signals_prepare(&open_mask);
	if (tree.stage != TERMINAL)
		setsid(); /* a key pressed in the console's terminal is not for the command */
#ifdef PR_SET_CHILD_SUBREAPER
	tree.adopts = prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L) == 0;
#endif
	if (!leader_start(&tree, argv[4], argv + 5, &open_mask))
		return EXIT_NOT_STARTED;
	output_let_go();
	tree_phase(&tree, RUNNING, timeout_ms);
	while (!tree_reap(&tree) && tree_advance(&tree))
		tree_wait(&tree, &open_mask);
	return 0;
}
