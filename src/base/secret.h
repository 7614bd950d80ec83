/* Secrets come from the environment or from a file that only its owner can read. */
#ifndef TOCSIN_BASE_SECRET_H
#define TOCSIN_BASE_SECRET_H

#include "base/buf.h"

/* Appends the secret in an environment variable, or the first line of a file; one of both is
 * given. STATUS_INVALID when the variable is not set or the file's line is empty,
 * STATUS_REFUSED when others can read the file, unless it is in $CREDENTIALS_DIRECTORY. `key` names the settings KEY_env and
 * KEY_file in errors. */
enum status secret_read(const char *key, const char *variable, const char *file, struct buf *out, struct error *err) TOCSIN_CHECK;

#endif
