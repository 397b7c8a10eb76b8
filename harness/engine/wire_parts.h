/* What wire.c and wire_send.c share. */
#ifndef PERCUSS_ENGINE_WIRE_PARTS_H
#define PERCUSS_ENGINE_WIRE_PARTS_H

#include "engine/wire.h"
#include "record/capture.h"

/* Notes in the case's record, when there is one. */
int wire_note(struct wire *wire, enum digest_kind kind, struct view bytes);
void wire_end_connection(struct wire *wire, enum capture_end how);
/* On a stream the send log has the bytes as they came; where silence ends frames it has
 * one packet a frame, or nothing could decode it. */
bool wire_logs_frames(const struct wire *wire);

#endif
