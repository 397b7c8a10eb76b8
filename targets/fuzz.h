/*
 * The in-process fuzz entry of a target: targets/<protocol>/fuzz.c defines it. libFuzzer
 * and AFL++ call it; replay.c calls it for files. The bytes are lent for the call.
 */
#ifndef PERCUSS_TARGETS_FUZZ_H
#define PERCUSS_TARGETS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Always 0, as libFuzzer wants it; a defect shows as a sanitizer's report or a crash. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
