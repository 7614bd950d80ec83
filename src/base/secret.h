/* Secrets come from the environment or from a file that only its owner can read. */
#ifndef TOCSIN_BASE_SECRET_H
#define TOCSIN_BASE_SECRET_H

#include "base/buf.h"

/* Appends the first line of a file. STATUS_INVALID when it is empty, STATUS_REFUSED when
 * others can read the file, unless it is in $CREDENTIALS_DIRECTORY. */
enum status secret_file(const char *file, struct buf *out, struct error *err) TOCSIN_CHECK;
/* The same, or the value of an environment variable; one of both is given. STATUS_INVALID
 * when the variable is not set. `key` names the setting KEY_env in errors. */
enum status secret_read(const char *key, const char *variable, const char *file, struct buf *out, struct error *err) TOCSIN_CHECK;

#endif
