/* Program memory, with one door for running out of it. */
#include "config.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static void (*exhausted_hook)(void);

void mem_on_exhausted(void (*hook)(void))
{
	exhausted_hook = hook;
}

static _Noreturn void exhausted(void)
{
	static const char message[] = "tocsin: out of memory: the system gave no more "
				      "(close something, or raise the limit; what was recorded is safe)\n";

	if (exhausted_hook)
		exhausted_hook();
	/* Nothing can be done about a failing write here, but it has to be looked at. */
	if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
		_exit(EX_OSERR);
	_exit(EX_OSERR);
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		exhausted();
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		exhausted();
	return p;
}

void *xreallocarray(void *old, size_t count, size_t size)
{
	void *p;

	if (size && count > SIZE_MAX / size)
		exhausted();
	p = realloc(old, count && size ? count * size : 1);
	if (!p)
		exhausted();
	return p;
}

char *xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t length)
{
	size_t len = strnlen(text, length);
	char *copy = xmalloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	va_list args, again;
	char *text;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	text = xmalloc(len < 0 ? 1 : (size_t)len + 1);
	text[0] = '\0';
	if (len > 0)
		vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	return text;
}

void *mem_grow(void *items, size_t *capacity, size_t count, size_t size)
{
	size_t wanted = *capacity ? *capacity : 8;

	if (count < *capacity)
		return items;
	while (wanted <= count) {
		if (wanted > SIZE_MAX / 2)
			exhausted();
		wanted *= 2;
	}
	items = xreallocarray(items, wanted, size);
	*capacity = wanted;
	return items;
}

void mem_set(char **slot, const char *text)
{
	/* Copied first: text may lie inside the string that is replaced. */
	char *copy = text ? xstrdup(text) : NULL;

	free(*slot);
	*slot = copy;
}
