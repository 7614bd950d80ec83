/* Where files live, and reading and writing them whole. */
#include "config.h"

#include "base/path.h"

#include "base/hash.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DATA_DIR_MODE = 0700 };

/* The directory of the running executable, and the one above it, which is the prefix
 * when it is installed; empty when they cannot be known. */
static char program_dir[PATH_MAX];
static char program_prefix[PATH_MAX];

/* --- the executable ----------------------------------------------------------- */

/* Finds a program named without a slash the way the shell did. */
static bool search_path(const char *name, char resolved[PATH_MAX])
{
	const char *dir = getenv("PATH");

	while (dir && *dir) {
		size_t len = strcspn(dir, ":");
		char *candidate = xasprintf("%.*s/%s", (int)len, dir, name);
		bool found = access(candidate, X_OK) == 0 && realpath(candidate, resolved);

		free(candidate);
		if (found)
			return true;
		dir += len + (dir[len] == ':');
	}
	return false;
}

void path_init(const char *argv0)
{
	char resolved[PATH_MAX] = "";
	bool found = realpath("/proc/self/exe", resolved) != NULL;

	if (!found && argv0 && *argv0)
		found = strchr(argv0, '/') ? realpath(argv0, resolved) != NULL : search_path(argv0, resolved);
	if (!found)
		return;
	*strrchr(resolved, '/') = '\0';
	memcpy(program_dir, resolved, sizeof(program_dir));
	if (strrchr(resolved, '/'))
		*strrchr(resolved, '/') = '\0';
	memcpy(program_prefix, resolved, sizeof(program_prefix));
}

/* --- shipped files -------------------------------------------------------------- */

/* True when the path is dir/part or lies below it. */
static bool lies_in(const char *path, const char *dir, const char *part)
{
	size_t len = strlen(dir), all = len + strlen(part);

	return strncmp(path, dir, len) == 0 && strncmp(path + len, part, all - len) == 0 && (path[all] == '\0' || path[all] == '/');
}

/* True for programs where make leaves them: not for a prefix that somebody put into
 * the build directory. */
static bool in_build_tree(void)
{
	static const char *const parts[] = {"/src", "/tests", "/bench"};
	char build[PATH_MAX];

	if (!realpath(TOCSIN_BUILD_DIR, build))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
		if (lies_in(program_dir, build, parts[i]))
			return true;
	return false;
}

/* A name may have directories, but none that lead out. */
static bool stays_inside(const char *name)
{
	for (const char *part = name; *part;) {
		size_t len = strcspn(part, "/");

		if (len == 0 || (len == 2 && strncmp(part, "..", 2) == 0))
			return false;
		part += len + (part[len] == '/');
	}
	return true;
}

/* base/kind/name when it exists, else NULL. */
static char *existing(const char *base, const char *middle, const char *kind, const char *name)
{
	char *path = xasprintf("%s%s%s%s%s%s", base, middle, *kind ? "/" : "", kind, name ? "/" : "", name ? name : "");

	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

char *path_shipped(const char *kind, const char *name)
{
	const char *data = getenv("TOCSIN_DATA_DIR");
	bool libexec = strcmp(kind, "libexec") == 0;
	const char *under = libexec ? "" : kind;
	char *path = NULL;

	if (!stays_inside(kind) || (name && !stays_inside(name)))
		return NULL;
	if (!*program_dir)
		path_init(NULL);
	if (data && *data)
		path = existing(data, "", kind, name);
	if (!path && in_build_tree())
		path = libexec ? existing(TOCSIN_BUILD_DIR, "/src", "", name) : existing(TOCSIN_SOURCE_DIR, "", kind, name);
	if (!path && *program_dir)
		path = existing(program_prefix, libexec ? "/libexec/tocsin" : "/share/tocsin", under, name);
	if (!path)
		path = existing(libexec ? TOCSIN_LIBEXECDIR : TOCSIN_DATADIR, "", under, name);
	return path;
}

/* --- a person's files ------------------------------------------------------------ */

/* The home directory, owned; NULL when nobody knows one. */
static char *home(void)
{
	const char *set = getenv("HOME");
	struct passwd entry, *found = NULL;
	char text[4096];

	if (set && *set == '/')
		return xstrdup(set);
	if (getpwuid_r(getuid(), &entry, text, sizeof(text), &found) != 0 || !found)
		return NULL;
	return xstrdup(found->pw_dir);
}

/* The tocsin directory below an XDG variable or its default below the home. */
static char *xdg_dir(const char *variable, const char *fallback)
{
	const char *set = getenv(variable);
	char *base, *dir;

	if (set && *set == '/')
		return xasprintf("%s/tocsin", set);
	base = home();
	if (!base)
		return NULL;
	dir = xasprintf("%s/%s/tocsin", base, fallback);
	free(base);
	return dir;
}

char *path_config(const char *name)
{
	char *dir = xdg_dir("XDG_CONFIG_HOME", ".config");
	char *path = xasprintf("%s/%s", dir ? dir : "/etc/xdg/tocsin", name);

	free(dir);
	return path;
}

/* Makes a directory and those above it. */
static enum status make_dirs(char *dir, const char *cure, struct error *err)
{
	for (char *slash = strchr(dir + 1, '/');; slash = strchr(slash + 1, '/')) {
		int failed;

		if (slash)
			*slash = '\0';
		failed = mkdir(dir, DATA_DIR_MODE) != 0 && errno != EEXIST;
		if (failed)
			return error_set(err, STATUS_IO, "%s: cannot be made: %s (%s)", dir, strerror(errno), cure);
		if (!slash)
			return STATUS_OK;
		*slash = '/';
	}
}

char *path_data_place(const char *name)
{
	char *dir = xdg_dir("XDG_DATA_HOME", ".local/share");
	char *path = dir ? xasprintf("%s/%s", dir, name) : NULL;

	free(dir);
	return path;
}

enum status path_data(const char *name, char **out, struct error *err)
{
	char *dir = xdg_dir("XDG_DATA_HOME", ".local/share");
	enum status status;

	if (!dir)
		return error_set(err, STATUS_NOT_FOUND, "data directory: no home directory is known (set HOME or XDG_DATA_HOME)");
	status = make_dirs(dir, "set XDG_DATA_HOME to a directory of yours", err);
	if (status == STATUS_OK)
		*out = xasprintf("%s/%s", dir, name);
	free(dir);
	return status;
}

enum status path_make_parents(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash && slash > path ? xstrndup(path, (size_t)(slash - path)) : NULL;
	enum status status = dir && access(dir, F_OK) != 0 ? make_dirs(dir, "make it yourself, or name another place", err) : STATUS_OK;

	free(dir);
	return status;
}

/* --- whole files ------------------------------------------------------------------ */

static enum status read_all(int fd, const char *path, size_t limit, struct buf *out, struct error *err)
{
	char bytes[16384];
	size_t total = 0;

	for (;;) {
		ssize_t n = read(fd, bytes, sizeof(bytes));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, STATUS_IO, "%s: cannot be read: %s", path, strerror(errno));
		if (n == 0)
			return buf_check(out, path, err);
		total += (size_t)n;
		if (total > limit)
			return error_set(err, STATUS_LIMIT, "%s: larger than %zu bytes", path, limit);
		buf_add(out, bytes, (size_t)n);
	}
}

enum status file_read(const char *path, size_t limit, struct buf *out, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat info;
	enum status status;

	if (fd < 0)
		return error_set(err, errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_IO, "%s: cannot be opened: %s", path,
				 strerror(errno));
	if (fstat(fd, &info) != 0)
		status = error_set(err, STATUS_IO, "%s: cannot be read: %s", path, strerror(errno));
	else if (!S_ISREG(info.st_mode))
		status = error_set(err, STATUS_INVALID, "%s: not a regular file", path);
	else
		status = read_all(fd, path, limit, out, err);
	close(fd);
	return status;
}

/* Writes everything, makes it durable and closes; 0, or the errno of what failed. */
static int write_and_close(int fd, const char *bytes, size_t len, unsigned mode)
{
	int failed = fchmod(fd, (mode_t)mode) != 0 ? errno : 0;

	while (!failed && len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			failed = errno;
		} else {
			bytes += n;
			len -= (size_t)n;
		}
	}
	if (!failed && fsync(fd) != 0)
		failed = errno;
	if (close(fd) != 0 && !failed)
		failed = errno;
	return failed;
}

/* Makes the new name itself durable. A file system that cannot sync directories has
 * done what it can. */
static void sync_dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = !slash ? xstrdup(".") : (slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path)));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	free(dir);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

enum status file_write(const char *path, const void *bytes, size_t len, unsigned mode, struct error *err)
{
	enum status status = STATUS_OK;
	uint64_t unique;
	char *temporary;
	struct stat st;
	int fd, failed;

	/* The rename below would put a file in the place of a device or a pipe; with a
	 * directory it fails by itself. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return error_set(err, STATUS_REFUSED, "%s: is not a regular file (name another one)", path);
	random_bytes(&unique, sizeof(unique));
	temporary = xasprintf("%s.%016llx.tmp", path, (unsigned long long)unique);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	failed = fd < 0 ? errno : write_and_close(fd, bytes, len, mode);
	if (!failed && rename(temporary, path) != 0)
		failed = errno;
	if (failed) {
		status = error_set(err, STATUS_IO, "%s: cannot be written: %s (check its directory and the free space there)", path, strerror(failed));
		if (fd >= 0)
			unlink(temporary);
	} else {
		sync_dir_of(path);
	}
	free(temporary);
	return status;
}
