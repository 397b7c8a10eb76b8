/* What things are called in formats that other programs read: the same names for the same
 * facts, worked out of the store alone, so that a report can be written again byte for
 * byte and nights can be compared. Everything that is returned in a text is ASCII. */
#ifndef PERCUSS_REPORT_IDENTITY_H
#define PERCUSS_REPORT_IDENTITY_H

#include "core/hash.h"
#include "report/report.h"

#include <jansson.h>

enum { IDENTITY_ID = 80, IDENTITY_UUID = 46 };

/* SHA-256 over plan and start: no two runs have the same. In hex. -1 and *error: the run
 * has no plan, as one that ended before it began. */
int identity_run(const struct run_view *run, char text[HASH_TEXT], struct error *error);
/* What a finding of that run is called outside of it: "F-001@" and the first 16 digits of
 * the run's name. It is no public identifier of a vulnerability, and says so by form. */
void identity_finding(const char *run, const char *finding, char text[IDENTITY_ID]);
/* The same cause on the same interface has it in every run: SHA-256 in hex. */
void identity_cause(const char *interface, const char *oracle, const char *cause,
                    char text[HASH_TEXT]);
/* "urn:uuid:…" of a finished document: version 8 (RFC 9562, 5.8), of its SHA-256. -1:
 * memory is short. */
int identity_document(const json_t *document, char text[IDENTITY_UUID]);
/* When the subject's stores last learned something: end of a sitting, triage, retest.
 * Nanoseconds since 1970, 0: they do not say. */
int64_t identity_time(const struct report_subject *subject);
/* `prefix` and a text of a device or a file as part of a URI (RFC 3986): what is not
 * unreserved, nor '/' where `path`, is escaped. NULL: memory is short. */
json_t *identity_uri(const char *prefix, const char *text, bool path);
/* What the assessment states, or a NULL: nothing is filled in. The caller frees. */
char *identity_stated(const struct assessment *assessment, const char *key);
/* Writes it, indented, in ASCII, with a last line end; takes `document`, which may be
 * NULL when *error is set. */
int identity_write(json_t *document, FILE *out, struct error *error);

#endif
