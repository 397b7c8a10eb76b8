#include "report/sarif_source.h"

#include "report/identity.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* PATH:LINE at the beginning of `text`, as sanitizers write it; NULL: something else
 * stands there. */
static json_t *physical(const char *text)
{
    size_t length = strcspn(text, ":\r\n");
    const char *number = text + length + 1;
    char *path;
    json_t *uri;
    long long line;

    if (length == 0 || text[0] == '(' || text[length] != ':' || number[0] < '1' ||
        number[0] > '9')
        return NULL;
    path = strndup(text, length);
    uri = path ? identity_uri(path[0] == '/' ? "file://" : "", path, true) : NULL;
    free(path);
    line = strtoll(number, NULL, 10);
    return json_pack("{s:{s:o}, s:{s:I}}", "artifactLocation", "uri", uri, "region",
                     "startLine", (json_int_t)(line < INT32_MAX ? line : INT32_MAX));
}

/* The line that failed: "#1 0x55d0 in reply /src/modbus.c:812:9" names it behind the
 * place, a short report as the place. NULL: the texts do not say. */
static json_t *source_line(const char *detail, const char *place)
{
    size_t length = strlen(place);
    json_t *found = physical(place);

    for (const char *at = length ? strstr(detail, place) : NULL; at && !found;
         at = strstr(at + length, place))
        if (at > detail && at[-1] == ' ' && at[length] == ' ')
            found = physical(at + length + 1);
    return found;
}

/* The file alone, which an assessment reads of the image's debug information. */
static json_t *source_file(const struct report_subject *subject,
                           const struct run_view *run, const char *finding)
{
    const char *folder = subject->assessment->runs[run - subject->runs].folder;
    sqlite3_stmt *statement = NULL;
    json_t *found = NULL;

    if (sqlite3_prepare_v2(store_database(subject->assessment->store),
                           "SELECT min(name) FROM finding_place WHERE kind = 'file' AND "
                           "folder = ? AND finding = ? HAVING count(*) = 1",
                           -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_bind_text(statement, 1, folder, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_bind_text(statement, 2, finding, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);

        found = json_pack("{s:{s:o}}", "artifactLocation", "uri",
                          identity_uri(name[0] == '/' ? "file://" : "", name, true));
    }
    sqlite3_finalize(statement);
    return found;
}

json_t *sarif_source(const struct report_subject *subject, const struct run_view *run,
                     const char *finding, const char *detail, const char *place)
{
    json_t *found = source_line(detail, place);

    return found || !subject->assessment ? found : source_file(subject, run, finding);
}
