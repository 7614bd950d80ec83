/* Files: found where they should be, read within bounds, written whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"

/* A directory of this test, and paths in it. */
static char dir[64];

static const char *in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/tocsin-path-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static void remove_tree(const char *path)
{
	DIR *open_dir = opendir(path);
	struct dirent *entry;

	while (open_dir && (entry = readdir(open_dir))) {
		char *below = xasprintf("%s/%s", path, entry->d_name);

		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && unlink(below) != 0)
			remove_tree(below);
		free(below);
	}
	if (open_dir)
		closedir(open_dir);
	rmdir(path);
}

static int tear_down(void **state)
{
	(void)state;
	remove_tree(dir);
	return 0;
}

static size_t files_in_dir(void)
{
	DIR *open_dir = opendir(dir);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(open_dir);
	while ((entry = readdir(open_dir)))
		count += entry->d_name[0] != '.';
	closedir(open_dir);
	return count;
}

static void assert_content(const char *path, const char *expected)
{
	struct buf out;

	buf_init(&out, 1000);
	assert_int_equal(file_read(path, 1000, &out, NULL), STATUS_OK);
	assert_string_equal(buf_text(&out), expected);
	buf_free(&out);
}

static void writing_replaces_at_once(void **state)
{
	struct stat info;

	(void)state;
	assert_int_equal(file_write(in_dir("a"), "first", 5, 0600, NULL), STATUS_OK);
	assert_content(in_dir("a"), "first");
	assert_int_equal(stat(in_dir("a"), &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	assert_int_equal(file_write(in_dir("a"), "second", 6, 0644, NULL), STATUS_OK);
	assert_content(in_dir("a"), "second");
	assert_int_equal(stat(in_dir("a"), &info), 0);
	assert_int_equal(info.st_mode & 07777, 0644);
	assert_int_equal(file_write(in_dir("a"), "", 0, 0644, NULL), STATUS_OK);
	assert_content(in_dir("a"), "");
	assert_int_equal(files_in_dir(), 1);
}

/* A rename would put a file into the place of a device or a pipe. */
static void what_is_no_file_stays(void **state)
{
	struct stat info;
	struct error err = {0};

	(void)state;
	assert_int_equal(mkfifo(in_dir("pipe"), 0600), 0);
	assert_int_equal(file_write(in_dir("pipe"), "x", 1, 0600, &err), STATUS_REFUSED);
	assert_non_null(strstr(err.text, "not a regular file"));
	assert_int_equal(stat(in_dir("pipe"), &info), 0);
	assert_true(S_ISFIFO(info.st_mode));
	assert_int_equal(files_in_dir(), 1);
}

/* Who holds the old file keeps reading the old content: a new file took its name. */
static void a_reader_never_sees_half(void **state)
{
	char text[8] = "";
	FILE *held;

	(void)state;
	assert_int_equal(file_write(in_dir("a"), "old", 3, 0600, NULL), STATUS_OK);
	held = fopen(in_dir("a"), "r");
	assert_non_null(held);
	assert_int_equal(file_write(in_dir("a"), "newer", 5, 0600, NULL), STATUS_OK);
	assert_int_equal(fread(text, 1, sizeof(text), held), 3);
	assert_memory_equal(text, "old", 3);
	fclose(held);
	assert_content(in_dir("a"), "newer");
}

static void a_failed_write_leaves_nothing(void **state)
{
	struct error err = {0};

	(void)state;
	/* A directory in the way makes the last step, the rename, fail. */
	assert_int_equal(mkdir(in_dir("taken"), 0700), 0);
	assert_int_equal(file_write(in_dir("taken"), "x", 1, 0600, &err), STATUS_IO);
	assert_non_null(strstr(err.text, "taken: cannot be written"));
	assert_int_equal(files_in_dir(), 1);
	assert_int_equal(file_write(in_dir("missing/file"), "x", 1, 0600, NULL), STATUS_IO);
	assert_int_equal(files_in_dir(), 1);
}

static void reading_is_bounded(void **state)
{
	struct error err = {0};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(file_write(in_dir("a"), "12345", 5, 0600, NULL), STATUS_OK);
	assert_int_equal(file_read(in_dir("a"), 5, &out, NULL), STATUS_OK);
	assert_int_equal(file_read(in_dir("a"), 4, &out, &err), STATUS_LIMIT);
	error_clear(&err);
	assert_int_equal(file_read(in_dir("none"), 5, &out, &err), STATUS_NOT_FOUND);
	assert_non_null(strstr(err.text, "none: cannot be opened"));
	assert_int_equal(file_read(dir, 5, &out, NULL), STATUS_INVALID);
	/* A pipe that nobody writes must not hold the program. */
	assert_int_equal(mkfifo(in_dir("pipe"), 0600), 0);
	assert_int_equal(file_read(in_dir("pipe"), 5, &out, NULL), STATUS_INVALID);
	buf_free(&out);
	buf_init(&out, 3);
	assert_int_equal(file_read(in_dir("a"), 5, &out, NULL), STATUS_LIMIT);
	buf_free(&out);
}

static void a_persons_directories(void **state)
{
	struct stat info;
	char *path = NULL;

	(void)state;
	setenv("HOME", dir, 1);
	setenv("XDG_CONFIG_HOME", "relative", 1);
	path = path_config("tocsin.conf");
	assert_string_equal(path, in_dir(".config/tocsin/tocsin.conf"));
	free(path);
	setenv("XDG_CONFIG_HOME", "/etc/mine", 1);
	path = path_config("tocsin.conf");
	assert_string_equal(path, "/etc/mine/tocsin/tocsin.conf");
	free(path);

	unsetenv("XDG_DATA_HOME");
	assert_int_equal(path_data("record.db", &path, NULL), STATUS_OK);
	assert_string_equal(path, in_dir(".local/share/tocsin/record.db"));
	free(path);
	assert_int_equal(stat(in_dir(".local/share/tocsin"), &info), 0);
	assert_int_equal(info.st_mode & 0777, 0700);
	assert_int_equal(path_data("record.db", &path, NULL), STATUS_OK);
	free(path);
	/* A file where a directory belongs. */
	assert_int_equal(file_write(in_dir("file"), "", 0, 0600, NULL), STATUS_OK);
	setenv("XDG_DATA_HOME", in_dir("file"), 1);
	assert_int_equal(path_data("record.db", &path, NULL), STATUS_IO);
	unsetenv("XDG_DATA_HOME");
}

static void shipped_files(void **state)
{
	char *path;

	(void)state;
	/* The variable beats everything else. */
	assert_int_equal(mkdir(in_dir("themes"), 0700), 0);
	assert_int_equal(file_write(in_dir("themes/mine.theme"), "", 0, 0600, NULL), STATUS_OK);
	setenv("TOCSIN_DATA_DIR", dir, 1);
	path = path_shipped("themes", "mine.theme");
	assert_non_null(path);
	assert_string_equal(path, in_dir("themes/mine.theme"));
	free(path);
	path = path_shipped("themes", NULL);
	assert_non_null(path);
	assert_string_equal(path, in_dir("themes"));
	free(path);
	/* Names do not lead out of their directory. */
	assert_null(path_shipped("themes", "../themes/mine.theme"));
	assert_null(path_shipped("themes", "x/../../themes/mine.theme"));
	assert_null(path_shipped("themes", in_dir("themes/mine.theme")));
	assert_null(path_shipped("themes", "none.theme"));
	unsetenv("TOCSIN_DATA_DIR");
	assert_null(path_shipped("themes", "mine.theme"));
}

/* This program runs from the build tree, so it sees the files of the source tree. */
static void the_build_tree_serves_its_programs(void **state)
{
	char *path = path_shipped("tests", "unit/test_path.c");

	(void)state;
	assert_non_null(path);
	assert_string_equal(path, TOCSIN_SOURCE_DIR "/tests/unit/test_path.c");
	free(path);
}

#define in_a_directory(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		in_a_directory(writing_replaces_at_once),
		in_a_directory(what_is_no_file_stays),
		in_a_directory(a_reader_never_sees_half),
		in_a_directory(a_failed_write_leaves_nothing),
		in_a_directory(reading_is_bounded),
		in_a_directory(a_persons_directories),
		in_a_directory(shipped_files),
		cmocka_unit_test(the_build_tree_serves_its_programs),
	};

	(void)argc;
	path_init(argv[0]);
	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
