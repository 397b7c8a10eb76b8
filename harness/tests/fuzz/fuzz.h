/* What the fuzz targets share. A broken property aborts with a sentence: libFuzzer then
 * keeps the input. One thread. */
#ifndef PERCUSS_TESTS_FUZZ_H
#define PERCUSS_TESTS_FUZZ_H

#include "model/tree.h"

enum { FUZZ_PATH = 256 };

/* libFuzzer's entry points. Arguments that start with "--" are ours. */
int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The value of --NAME=VALUE; aborts when it is not there. */
const char *fuzz_option(int count, char **arguments, const char *name);
struct model *fuzz_load_model(const char *path);
/* The context of --context=PARAM=VALUE; the defaults when it is not there. */
struct context fuzz_context(int count, char **arguments, const struct model *model);

/* Loaders read files by path and look for others beside them: writes `bytes` into a
 * folder of this process, below the current one, in which links to the files of `beside`
 * lie (NULL: none), and returns the path. The folder is removed at exit. */
const char *fuzz_file(const char *beside, struct view bytes);

/* Parses the bytes in the context, looks at all that can be asked of the tree, emits it
 * and parses that again. `exact`: without violations the same bytes must come out. */
void fuzz_message(const struct model *model, const struct context *context,
                  struct view bytes, bool reply, bool exact);

#endif
