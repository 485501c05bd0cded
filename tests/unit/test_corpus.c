// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzers' seed files: those named good-* have rules and no error, those
 * named bad-* have an error. Run from the root of the tree.
 */
#include <glob.h>
#include "tap.h"
#include "transcript.h"

static char *read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "r");
	char *text = malloc(1 << 20);

	*len = file ? fread(text, 1, 1 << 20, file) : 0;
	if (file)
		fclose(file);
	return text;
}

/* Errors have "LINE:COLUMN" where rules have "LINE ". */
static bool has_error(const char *transcript)
{
	while (*transcript) {
		if (transcript[strspn(transcript, "0123456789")] == ':')
			return true;
		transcript = strchr(transcript, '\n') + 1;
	}
	return false;
}

static size_t check_all(enum transcript_kind kind, const char *pattern, bool bad)
{
	glob_t files;
	size_t i, count;

	if (glob(pattern, 0, NULL, &files))
		return 0;
	for (i = 0; i < files.gl_pathc; i++) {
		size_t len;
		char *text = read_file(files.gl_pathv[i], &len);
		char *got = transcript_as(kind, text, len);

		if (!ok(len && *got && has_error(got) == bad, "%s",
			files.gl_pathv[i]))
			note(got);
		free(got);
		free(text);
	}
	count = files.gl_pathc;
	globfree(&files);
	return count;
}

int main(int argc, char **argv)
{
	tap_start(argc, argv);
	ok(check_all(AS_RULES, "tests/fuzz/corpus/rule/good-*", false),
	   "there are good files");
	ok(check_all(AS_RULES, "tests/fuzz/corpus/rule/bad-*", true),
	   "there are bad files");
	ok(check_all(AS_HINT, "tests/fuzz/corpus/hint/good-*", false),
	   "there are good hints");
	ok(check_all(AS_HINT, "tests/fuzz/corpus/hint/bad-*", true),
	   "there are bad hints");
	return tap_end();
}
