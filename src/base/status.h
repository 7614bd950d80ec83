/* Statuses and errors: what went wrong, in words a tired person can act on. */
#ifndef TOCSIN_BASE_STATUS_H
#define TOCSIN_BASE_STATUS_H

#include <stdarg.h>
#include <stddef.h>

#if defined(__GNUC__)
#define TOCSIN_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define TOCSIN_UNUSED __attribute__((unused))
#define TOCSIN_CHECK __attribute__((warn_unused_result))
#else
#define TOCSIN_PRINTF(fmt, args)
#define TOCSIN_UNUSED
#define TOCSIN_CHECK
#endif

enum status {
	STATUS_OK = 0,
	STATUS_USAGE,       /* the call itself is wrong: an option, an argument */
	STATUS_INVALID,     /* input that does not parse or does not validate */
	STATUS_LIMIT,       /* a bound was reached: size, count, depth, time */
	STATUS_NOT_FOUND,   /* a named thing does not exist */
	STATUS_CONFLICT,    /* somebody or something else got there first */
	STATUS_REFUSED,     /* allowed in principle, not now or not for you */
	STATUS_IO,          /* the operating system said no */
	STATUS_NETWORK,     /* a peer could not be reached or did not answer */
	STATUS_CORRUPT,     /* a record or a reply contradicts itself */
	STATUS_UNSUPPORTED, /* this build or this peer cannot do it */
	STATUS_CANCELLED,   /* a person or a shutdown stopped it */
};

/* An error owned by the caller. The text reads "what: why (what to do)". */
struct error {
	enum status status;
	char text[480];
};

/* Records an error unless err is NULL or already holds one: the first error
 * wins. The text is cleaned of control characters. Returns status, so that a
 * function can end with `return error_set(...)`. */
enum status error_set(struct error *err, enum status status, const char *fmt, ...) TOCSIN_PRINTF(3, 4);
enum status error_setv(struct error *err, enum status status, const char *fmt, va_list args) TOCSIN_PRINTF(3, 0);
#ifdef __clang_analyzer__
/* Shows the analyzer, which sees one file at a time, that the status comes back. */
#define error_set(err, code, ...) (error_set((err), (code), __VA_ARGS__), (code))
#endif

/* Makes err empty, to be used again. */
void error_clear(struct error *err);

/* Puts "prefix: " before the text that err holds, to name the place. */
void error_prefix(struct error *err, const char *fmt, ...) TOCSIN_PRINTF(2, 3);

/* A word for a status: "invalid", "not found". Never NULL. */
const char *status_name(enum status status);

#endif
