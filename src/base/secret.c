#include "base/secret.h"

#include "base/path.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SECRET_BYTES_MAX = 16 * 1024 };

/* systemd gives a service its credentials in a directory that only it can enter; an entry
 * in the access list of a file there looks like a right of its group. */
static bool is_credential(const char *file)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	size_t len = directory ? strlen(directory) : 0;

	return len > 1 && directory[0] == '/' && strncmp(file, directory, len) == 0 && file[len] == '/' && !strstr(file, "/../");
}

enum status secret_file(const char *file, struct buf *out, struct error *err)
{
	struct stat st;
	struct buf bytes;

	if (stat(file, &st) == 0 && !is_credential(file) && (st.st_mode & (S_IRWXG | S_IRWXO)))
		return error_set(err, STATUS_REFUSED, "%s can be read by others (chmod 600 it)", file);
	buf_init(&bytes, SECRET_BYTES_MAX);
	enum status status = file_read(file, SECRET_BYTES_MAX, &bytes, err);
	size_t len = status == STATUS_OK ? strcspn(buf_text(&bytes), "\r\n") : 0;
	if (status == STATUS_OK && len == 0)
		status = error_set(err, STATUS_INVALID, "%s: its first line is empty (write the secret there)", file);
	else if (status == STATUS_OK)
		buf_add(out, buf_text(&bytes), len);
	buf_free(&bytes);
	return status;
}

enum status secret_read(const char *key, const char *variable, const char *file, struct buf *out, struct error *err)
{
	if (!variable)
		return secret_file(file, out, err);
	const char *value = getenv(variable);
	if (!value || !*value)
		return error_set(err, STATUS_INVALID, "environment variable %s is not set (export it, or remove %s_env)", variable, key);
	buf_puts(out, value);
	return STATUS_OK;
}
