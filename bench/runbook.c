/* bench: a library of 1,000 runbooks, read, parsed and indexed, beside what libcmark needs
 * for the same bytes. */
#include "bench.h"

#include "base/mem.h"
#include "base/path.h"
#include "runbook/runbook.h"

#include <cmark.h>
#include <stdlib.h>
#include <string.h>

enum {
	BOOKS = 1000,
	QUICK_BOOKS = 100,
	TEXT_BYTES_MAX = 1024 * 1024,
};

struct library {
	size_t count;
	char **paths;
	struct buf *texts;
	size_t steps; /* that the last pass found */
};

static void read_fixture(struct buf *text)
{
	const char *fixtures = getenv("TOCSIN_FIXTURES");
	struct error err = {0};
	char *path = xasprintf("%s/runbook/seed-ccip.md", fixtures ? fixtures : "tests/fixtures");

	buf_init(text, TEXT_BYTES_MAX);
	bench_need(file_read(path, TEXT_BYTES_MAX, text, &err) == STATUS_OK, err.text);
	free(path);
}

/* The same procedure under many names: what a team with a thousand of them would have. */
static void make_library(struct library *library)
{
	struct error err = {0};
	struct buf text;

	library->count = bench_quick() ? QUICK_BOOKS : BOOKS;
	library->paths = xcalloc(library->count, sizeof(char *));
	library->texts = xcalloc(library->count, sizeof(struct buf));
	read_fixture(&text);
	for (size_t i = 0; i < library->count; i++) {
		struct buf *one = &library->texts[i];
		buf_init(one, TEXT_BYTES_MAX);
		buf_printf(one, "---\nowner: team %zu\nlast-tested: 2026-11-20\ncauses: validator-failure\n---\n%s", i % 7, buf_text(&text));
		library->paths[i] = xasprintf("%s/book-%04zu.md", bench_directory(), i);
		bench_need(file_write(library->paths[i], one->data, one->len, 0600, &err) == STATUS_OK, err.text);
	}
	buf_free(&text);
}

static void free_library(struct library *library)
{
	for (size_t i = 0; i < library->count; i++) {
		free(library->paths[i]);
		buf_free(&library->texts[i]);
	}
	free(library->paths);
	free(library->texts);
}

static void parse_all(void *arg)
{
	struct library *library = arg;
	struct error err = {0};

	library->steps = 0;
	for (size_t i = 0; i < library->count; i++) {
		struct runbook book;
		bench_need(runbook_parse(buf_text(&library->texts[i]), library->texts[i].len, "book", &book, &err) == STATUS_OK, err.text);
		library->steps += book.step_count;
		runbook_free(&book);
	}
}

static void parse_with_cmark(void *arg)
{
	struct library *library = arg;

	for (size_t i = 0; i < library->count; i++)
		cmark_node_free(cmark_parse_document(buf_text(&library->texts[i]), library->texts[i].len, CMARK_OPT_DEFAULT));
}

/* As `runbook list` does: the directory's names, each file read, what it is for. */
static void index_all(void *arg)
{
	struct library *library = arg;
	struct runbook_list list;
	struct error err = {0};
	size_t fits = 0;

	runbook_list(&list, bench_directory());
	for (size_t i = 0; i < list.count; i++) {
		struct runbook book;
		bench_need(runbook_load(list.paths[i], &book, &err) == STATUS_OK, err.text);
		fits += runbook_fits(&book, "validator-failure");
		runbook_free(&book);
	}
	bench_need(fits >= library->count, "indexing the library");
	runbook_list_free(&list);
}

void bench_runbooks(void)
{
	struct library library = {0};

	bench_part("runbooks");
	make_library(&library);
	double cmark = bench_time(parse_with_cmark, &library);
	double ours = bench_time(parse_all, &library);
	bench_need(library.steps == library.count * 27, "parsing the library");
	char *what = xasprintf("%zu runbooks parsed to steps", library.count);
	bench_show(&(struct figure){what, IN_SECONDS, ours, "libcmark alone, same bytes", cmark, 8, false});
	bench_show(&(struct figure){"  with their files read, and indexed", IN_SECONDS, bench_time(index_all, &library), "libcmark alone, same bytes", cmark, 10, false});
	free(what);
	free_library(&library);
}
