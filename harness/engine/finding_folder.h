/* findings/F-001: everything about one finding in one folder, for whoever gets only that.
 *
 *   finding.json        what it is, how it was confirmed, where it belongs
 *   reproducer.percuss  to replay it, with the model or without (reproducer.h)
 *   reproducer.c        the same as a program that needs no percuss
 *   messages.txt        to read: dumped, decoded, and what is wrong in each
 *   capture.pcapng      the traffic of a failing replay
 *   console.txt         what the device itself said then: console, sanitizer's report,
 *                       registers; not there when it said nothing */
#ifndef PERCUSS_ENGINE_FINDING_FOLDER_H
#define PERCUSS_ENGINE_FINDING_FOLDER_H

#include "engine/findings.h"
#include "engine/reproducer.h"

struct finding_facts {
    const char *id, *bucket, *guilty, *grade;
    const struct suspicion *suspicion;
    const struct confirmation *confirmation;
};
/* Into `directory`/findings, which is made where it is missing. */
int finding_folder_write(const char *directory, const struct campaign *campaign,
                         const struct finding_facts *facts, struct error *error);
/* The reproducer in its three forms, into the finding's own folder. */
int finding_folder_forms(const char *folder, const struct campaign *campaign,
                         const struct reproducer *reproducer, struct error *error);

#endif
