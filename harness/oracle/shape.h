/* Helpers that several oracles share. */
#ifndef PERCUSS_ORACLE_SHAPE_H
#define PERCUSS_ORACLE_SHAPE_H

#include "oracle/oracle.h"

/* What kind of message this is, for causes: "type.field" of the rule it breaks, or the
 * innermost type when it is valid. Values do not enter, so that one defect has one cause.
 * Returns text. */
const char *shape_of(const struct tree *tree, char *text, size_t size);

/* What a defect in reading it is about: the innermost type, "valid TYPE" when nothing in
 * it is wrong, "type.field" when that is the outermost type. */
const char *guilty_part(const struct tree *tree, char *text, size_t size);

/* The first fault whose kind is in `kinds` (bits 1 << enum fault_kind) is suspect. */
enum verdict judge_fault(const struct exchange *exchange, unsigned kinds,
                         const char *kind, struct judgement *judgement);
/* The same for failures that name no place in the device: the cause is what came before.
 */
enum verdict judge_placeless_fault(const struct exchange *exchange, unsigned kinds,
                                   const char *kind, struct judgement *judgement);

#endif
