/* Statuses and errors. */
#include "base/status.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {
	[STATUS_OK] = "ok",
	[STATUS_USAGE] = "usage",
	[STATUS_INVALID] = "invalid",
	[STATUS_LIMIT] = "limit reached",
	[STATUS_NOT_FOUND] = "not found",
	[STATUS_CONFLICT] = "conflict",
	[STATUS_REFUSED] = "refused",
	[STATUS_IO] = "input/output error",
	[STATUS_NETWORK] = "network error",
	[STATUS_CORRUPT] = "corrupt",
	[STATUS_UNSUPPORTED] = "unsupported",
	[STATUS_CANCELLED] = "cancelled",
};

enum status(error_set)(struct error *err, enum status status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	error_setv(err, status, fmt, args);
	va_end(args);
	return status;
}

enum status error_setv(struct error *err, enum status status, const char *fmt, va_list args)
{
	char raw[2 * sizeof(err->text)];

	if (!err || err->status != STATUS_OK)
		return status;
	if (vsnprintf(raw, sizeof(raw), fmt, args) < 0)
		raw[0] = '\0';
	err->status = status;
	text_clean(err->text, sizeof(err->text), raw, strlen(raw));
	return status;
}

void error_clear(struct error *err)
{
	if (!err)
		return;
	err->status = STATUS_OK;
	err->text[0] = '\0';
}

void error_prefix(struct error *err, const char *fmt, ...)
{
	char place[sizeof(err->text)];
	char raw[2 * sizeof(err->text) + 2];
	va_list args;

	if (!err || err->status == STATUS_OK)
		return;
	va_start(args, fmt);
	if (vsnprintf(place, sizeof(place), fmt, args) < 0)
		place[0] = '\0';
	va_end(args);
	text_format(raw, sizeof(raw), "%s: %s", place, err->text);
	text_clean(err->text, sizeof(err->text), raw, strlen(raw));
}

const char *status_name(enum status status)
{
	size_t index = (size_t)status;

	return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown";
}
