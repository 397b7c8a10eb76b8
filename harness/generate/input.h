/* An input: what one execution of a coverage-guided engine sends, as the bytes of one
 * corpus file. Every string of bytes is one. Where frames say themselves how long they
 * are it is what a client sends over one connection; elsewhere (silence ends frames, or
 * one datagram is one frame) each message stands behind its length: two bytes, big
 * endian, and what ends too early is all that is left. Pure; views borrow the input. */
#ifndef PERCUSS_GENERATE_INPUT_H
#define PERCUSS_GENERATE_INPUT_H

#include "model/model.h"

enum { INPUT_MESSAGES = 48, INPUT_MAXIMUM = 1 << 16 };

/* Cuts an input into its messages; returns how many, at most `most`: the last one has all
 * that is left. One that is empty is a message only behind a length. Bytes that are no
 * frame are one message up to the next start of a frame, or the end. */
size_t input_split(const struct framing *framing, struct view input,
                   struct view *messages, size_t most);
/* Appends one message. -1: the buffer's maximum, memory, or more than a length can say.
 */
int input_append(const struct framing *framing, struct view message,
                 struct buffer *input);

#endif
