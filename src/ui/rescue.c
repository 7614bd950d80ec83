#include "config.h"

#include "ui/rescue.h"

#include "base/mem.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static struct {
	volatile sig_atomic_t armed;
	int fd;
	struct termios modes;
	char bytes[512];
	size_t len;
} rescue;

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
static struct sigaction before[ARRAY_LENGTH(crashes)];

void rescue_now(void)
{
	if (!rescue.armed)
		return;
	rescue.armed = 0;
	size_t done = 0;
	while (done < rescue.len) {
		ssize_t n = write(rescue.fd, rescue.bytes + done, rescue.len - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	tcsetattr(rescue.fd, TCSANOW, &rescue.modes);
}

static void crashed(int signum)
{
	rescue_now();
	/* Whoever handled it before us (the default, a sanitizer) still gets it. */
	for (size_t i = 0; i < ARRAY_LENGTH(crashes); i++) {
		if (crashes[i] == signum)
			sigaction(signum, &before[i], NULL);
	}
	raise(signum);
}

void rescue_arm(int fd, const struct termios *modes, const char *bytes, size_t len)
{
	struct sigaction action = {0};
	rescue.fd = fd;
	rescue.modes = *modes;
	rescue.len = len < sizeof(rescue.bytes) ? len : sizeof(rescue.bytes);
	memcpy(rescue.bytes, bytes, rescue.len);
	rescue.armed = 1;
	action.sa_handler = crashed;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_LENGTH(crashes); i++)
		sigaction(crashes[i], &action, &before[i]);
	mem_on_exhausted(rescue_now);
}

void rescue_disarm(void)
{
	rescue.armed = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(crashes); i++)
		sigaction(crashes[i], &before[i], NULL);
}
