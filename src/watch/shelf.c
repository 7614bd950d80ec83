#include "watch/shelf.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_BYTES_MAX = 8 * 1024 * 1024 };

/* One incident's copy. */
struct volume {
	char incident[16];
	char name[64];
	char chosen[65]; /* the hash in the record when it was read */
	struct runbook book;
	struct timespec seen; /* the file's time when its bytes were compared last */
	off_t size;
	bool changed, told;
};

struct shelf {
	const char *directory;
	struct volume **volumes;
	size_t count;
};

struct shelf *shelf_new(const char *directory)
{
	struct shelf *shelf = xcalloc(1, sizeof(*shelf));

	shelf->directory = directory;
	return shelf;
}

void shelf_free(struct shelf *shelf)
{
	if (!shelf)
		return;
	for (size_t i = 0; i < shelf->count; i++) {
		runbook_free(&shelf->volumes[i]->book);
		free(shelf->volumes[i]);
	}
	free(shelf->volumes);
	free(shelf);
}

static struct volume *find(const struct shelf *shelf, const char *incident)
{
	for (size_t i = 0; i < shelf->count; i++)
		if (strcmp(shelf->volumes[i]->incident, incident) == 0)
			return shelf->volumes[i];
	return NULL;
}

/* The text that the record names, and no other, is what the incident works with. */
static bool is_chosen(const struct volume *volume, const struct hash256 *hash)
{
	char hex[SHA256_TEXT];

	return volume->chosen[0] == '\0' || strcmp(volume->chosen, sha256_text(hex, hash)) == 0;
}

static void remember(struct volume *volume)
{
	struct stat st;

	if (!volume->book.path || stat(volume->book.path, &st) != 0)
		return;
	volume->seen = st.st_mtim;
	volume->size = st.st_size;
}

const struct runbook *shelf_book(struct shelf *shelf, const struct incident *incident, struct error *err)
{
	struct volume *volume = find(shelf, incident->id);
	struct runbook book;

	if (!incident->runbook[0]) {
		error_set(err, STATUS_NOT_FOUND, "%s has no runbook yet (choose one with :runbook NAME)", incident->id);
		return NULL;
	}
	if (volume && strcmp(volume->name, incident->runbook) == 0 && strcmp(volume->chosen, incident->runbook_sha256) == 0)
		return &volume->book;
	if (runbook_find(incident->runbook_path ? incident->runbook_path : incident->runbook, shelf->directory, &book, err) != STATUS_OK)
		return NULL;
	if (volume) {
		runbook_free(&volume->book);
	} else {
		volume = xcalloc(1, sizeof(*volume));
		shelf->volumes = xreallocarray(shelf->volumes, shelf->count + 1, sizeof(struct volume *));
		shelf->volumes[shelf->count++] = volume;
		text_format(volume->incident, sizeof(volume->incident), "%s", incident->id);
	}
	text_format(volume->name, sizeof(volume->name), "%s", incident->runbook);
	text_format(volume->chosen, sizeof(volume->chosen), "%s", incident->runbook_sha256);
	volume->book = book;
	volume->told = false;
	volume->changed = !is_chosen(volume, &book.sha256);
	remember(volume);
	return &volume->book;
}

bool shelf_changed(const struct shelf *shelf, const char *incident)
{
	const struct volume *volume = find(shelf, incident);

	return volume && volume->changed;
}

/* Reads the file again only when its time or size say that it is worth it. */
static void compare(struct volume *volume)
{
	struct stat st;
	struct buf bytes;

	if (!volume->book.path || stat(volume->book.path, &st) != 0)
		return;
	if (st.st_size == volume->size && st.st_mtim.tv_sec == volume->seen.tv_sec && st.st_mtim.tv_nsec == volume->seen.tv_nsec)
		return;
	remember(volume);
	buf_init(&bytes, FILE_BYTES_MAX);
	if (file_read(volume->book.path, FILE_BYTES_MAX, &bytes, NULL) == STATUS_OK) {
		struct hash256 now = sha256(buf_text(&bytes), bytes.len);
		volume->changed = !hash_equal(&now, &volume->book.sha256) || !is_chosen(volume, &volume->book.sha256);
		volume->told &= volume->changed;
	}
	buf_free(&bytes);
}

bool shelf_look(struct shelf *shelf, const struct fold *fold, const char **out)
{
	for (size_t i = 0; i < shelf->count; i++) {
		struct volume *volume = shelf->volumes[i];
		const struct incident *incident = fold_incident(fold, volume->incident);
		if (!incident || !incident_is_open(incident))
			continue;
		compare(volume);
		if (!volume->changed || volume->told)
			continue;
		volume->told = true;
		*out = volume->incident;
		return true;
	}
	return false;
}

char *shelf_outside(const struct runbook *book, const char *directory)
{
	struct runbook_list list;
	bool inside = !book->path;
	char *real = book->path ? realpath(book->path, NULL) : NULL;

	runbook_list(&list, directory);
	for (size_t i = 0; i < list.count && !inside; i++) {
		char *path = strcmp(list.names[i], book->name) == 0 ? realpath(list.paths[i], NULL) : NULL;
		inside = path && real && strcmp(path, real) == 0;
		free(path);
	}
	runbook_list_free(&list);
	if (!inside && real)
		return real;
	free(real);
	return NULL;
}
