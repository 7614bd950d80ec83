/* The corpus of every fuzz target, each file as it is and with seeded mutations: what
 * `make fuzz` found once cannot come back unseen, with any compiler. With a target and
 * files as arguments, replays just these. */
#include "fuzz.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	INPUT_BYTES = 1 << 20,
	MUTATIONS = 40,
	CHANGES = 6,
};

static uint32_t random_state = 1;

static uint32_t next_random(uint32_t below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(random_state >> 8) * below >> 24);
}

/* A few bytes set, doubled or dropped. */
static size_t mutate(uint8_t *bytes, size_t len, size_t capacity)
{
	for (uint32_t changes = 1 + next_random(CHANGES); changes > 0 && len > 0; changes--) {
		size_t at = next_random((uint32_t)len), run = 1 + next_random(16);

		if (run > len - at)
			run = len - at;
		switch (next_random(4)) {
		case 0:
			bytes[at] = (uint8_t)next_random(256);
			break;
		case 1:
			bytes[at] ^= (uint8_t)(1u << next_random(8));
			break;
		case 2:
			memmove(bytes + at, bytes + at + run, len - at - run);
			len -= run;
			break;
		default:
			if (len + run > capacity)
				break;
			memmove(bytes + at + run, bytes + at, len - at);
			len += run;
		}
	}
	return len;
}

/* A copy of exactly the right size, so that a sanitizer sees one byte too many. */
static void run_exact(const struct fuzz_target *target, const uint8_t *bytes, size_t len)
{
	uint8_t *exact = xmalloc(len);

	if (len > 0)
		memcpy(exact, bytes, len);
	target->run(exact, len);
	free(exact);
}

static int replay(const struct fuzz_target *target, const char *path, bool mutations)
{
	struct error err = {0};
	struct buf file;
	size_t capacity;
	uint8_t *work;

	buf_init(&file, INPUT_BYTES);
	if (file_read(path, INPUT_BYTES, &file, &err) != STATUS_OK) {
		fprintf(stderr, "%s\n", err.text);
		buf_free(&file);
		return 1;
	}
	run_exact(target, (const uint8_t *)buf_text(&file), file.len);
	capacity = file.len + 64;
	work = xmalloc(capacity);
	for (int i = 0; mutations && i < MUTATIONS; i++) {
		memcpy(work, buf_text(&file), file.len);
		size_t len = mutate(work, file.len, capacity);
		run_exact(target, work, len);
	}
	free(work);
	buf_free(&file);
	return 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int replay_corpus(const struct fuzz_target *target, const char *corpus)
{
	struct dirent **entries;
	char directory[4096];
	int count = scandir(text_format(directory, sizeof(directory), "%s/%s", corpus, target->name), &entries, is_visible, compare_names);
	int bad = count <= 0;

	if (bad)
		fprintf(stderr, "%s: no corpus\n", directory);
	run_exact(target, NULL, 0);
	for (int i = 0; i < count; i++) {
		char path[4096 + 256];
		bad += replay(target, text_format(path, sizeof(path), "%s/%s", directory, entries[i]->d_name), true);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	printf("%-12s %d inputs\n", target->name, count);
	return bad;
}

int main(int argc, char **argv)
{
	const char *corpus = getenv("TOCSIN_CORPUS");
	int bad = 0;

	setlocale(LC_ALL, "C.UTF-8");
	hash_init();
	if (argc > 1 && !fuzz_target(argv[1])) {
		fprintf(stderr, "%s: no such target\n", argv[1]);
		return 64;
	}
	for (int i = 2; i < argc; i++)
		bad += replay(fuzz_target(argv[1]), argv[i], false);
	if (argc > 1)
		return bad > 0;
	if (!corpus) {
		fprintf(stderr, "TOCSIN_CORPUS is not set (make check sets it)\n");
		return 1;
	}
	for (const struct fuzz_target *target = fuzz_targets; target->name; target++)
		bad += replay_corpus(target, corpus);
	return bad > 0;
}
