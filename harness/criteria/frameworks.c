#include "criteria/frameworks.h"

#include "criteria/folder.h"
#include "record/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMEWORKS_MAXIMUM = 64, CLAUSES_MAXIMUM = 512 };

struct frameworks {
    struct yaml_document *documents[FRAMEWORKS_MAXIMUM];
    size_t document_count;
    struct clause clauses[CLAUSES_MAXIMUM];
    size_t count;
    struct sqlite3 *empty; /* while a folder is read */
};

const char *clause_mark(const struct clause *clause)
{
    return clause->verification[0] == 'V'
               ? "primary text read"
               : "secondary source, check against your licensed copy";
}

struct frameworks *frameworks_new(void)
{
    return calloc(1, sizeof(struct frameworks));
}

void frameworks_free(struct frameworks *frameworks)
{
    if (!frameworks)
        return;
    for (size_t i = 0; i < frameworks->document_count; i++)
        yaml_close(frameworks->documents[i]);
    free(frameworks);
}

size_t frameworks_count(const struct frameworks *frameworks)
{
    return frameworks->count;
}

const struct clause *frameworks_at(const struct frameworks *frameworks, size_t index)
{
    return index < frameworks->count ? &frameworks->clauses[index] : NULL;
}

static struct clause *find(struct frameworks *frameworks, const char *framework_id,
                           const char *clause)
{
    for (size_t i = 0; i < frameworks->count; i++)
        if (strcmp(frameworks->clauses[i].framework_id, framework_id) == 0 &&
            (!clause || strcmp(frameworks->clauses[i].clause, clause) == 0))
            return &frameworks->clauses[i];
    return NULL;
}

/* --- one file ----------------------------------------------------------------------- */

/* What stands at the row, else at the head of the file. */
static int inherit_text(const struct yaml *root, const struct yaml *row, const char *key,
                        const char **value, struct error *error)
{
    return yaml_need_text(yaml_get(row, key) || !yaml_get(root, key) ? row : root, key,
                          value, error);
}

static int check_date(const struct yaml *root, const struct yaml *row, const char *date,
                      struct error *error)
{
    static const char shape[] = "dddd-dd-dd";
    const struct yaml *own = yaml_get(row, "verified_on");
    size_t i = 0;

    while (shape[i] &&
           (shape[i] == 'd' ? date[i] >= '0' && date[i] <= '9' : date[i] == shape[i]))
        i++;
    return !shape[i] && !date[i]
               ? 0
               : yaml_complain(own ? own : yaml_get(root, "verified_on"), error,
                               "a date: 2026-11-01");
}

static int check_record(const struct yaml *record, struct sqlite3 *empty,
                        struct error *error)
{
    static const char sql[] =
        "SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?";
    sqlite3_stmt *statement = NULL;
    int status;

    if (record->kind != YAML_SCALAR)
        return yaml_complain(record, error, "the name of a table of the store");
    if (sqlite3_prepare_v2(empty, sql, -1, &statement, NULL) != SQLITE_OK)
        return error_set(error, "%s", sqlite3_errmsg(empty));
    sqlite3_bind_text(statement, 1, record->text, -1, SQLITE_STATIC);
    status = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return status == SQLITE_ROW
               ? 0
               : yaml_complain(record, error, "the name of a table of the store");
}

static int read_records(const struct yaml *row, struct sqlite3 *empty,
                        const struct yaml **records, struct error *error)
{
    *records = yaml_get(row, "records");
    if (!*records)
        return 0;
    if ((*records)->kind != YAML_LIST)
        return yaml_complain(*records, error, "a list of tables of the store");
    for (const struct yaml *record = (*records)->child; record; record = record->next)
        if (check_record(record, empty, error) < 0)
            return -1;
    return 0;
}

static int read_row(struct frameworks *frameworks, const struct yaml *root,
                    const struct yaml *row, const struct clause *head,
                    struct error *error)
{
    static const char *const keys[] = {
        "clause",      "paraphrase", "edition", "verification",
        "verified_on", "records",    NULL};
    static const char *const verifications[] = {"V", "S", NULL};
    struct clause clause = *head;
    int verification;

    clause.row = row;
    if (yaml_check_keys(row, keys, error) < 0 ||
        yaml_need_text(row, "clause", &clause.clause, error) < 0 ||
        yaml_need_text(row, "paraphrase", &clause.paraphrase, error) < 0 ||
        inherit_text(root, row, "edition", &clause.edition, error) < 0 ||
        inherit_text(root, row, "verified_on", &clause.verified_on, error) < 0 ||
        check_date(root, row, clause.verified_on, error) < 0 ||
        !yaml_need(row, "verification", YAML_SCALAR, error) ||
        yaml_read_choice(row, "verification", verifications, &verification, error) < 0 ||
        read_records(row, frameworks->empty, &clause.records, error) < 0)
        return -1;
    clause.verification = verifications[verification];
    if (find(frameworks, clause.framework_id, clause.clause))
        return yaml_complain(yaml_get(row, "clause"), error, "each clause once");
    if (frameworks->count == CLAUSES_MAXIMUM)
        return yaml_refuse(row, error, "more than %d clauses", CLAUSES_MAXIMUM);
    frameworks->clauses[frameworks->count++] = clause;
    return 0;
}

/* Of `readers`: each is one for whom there is a presentation. */
static int check_readers(const struct yaml *readers, struct error *error)
{
    static const char *const known[] = {"fda", "mdr", "procurement"};
    bool good = !readers || (readers->kind == YAML_LIST && readers->child);

    for (const struct yaml *reader = good && readers ? readers->child : NULL;
         good && reader; reader = reader->next) {
        good = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            good |= reader->kind == YAML_SCALAR && strcmp(reader->text, known[i]) == 0;
    }
    return good ? 0 : yaml_complain(readers, error, "a list of fda, mdr, procurement");
}

static int read_document(struct frameworks *frameworks, const struct yaml *root,
                         struct error *error)
{
    static const char *const keys[] = {"id",   "framework", "edition", "verified_on",
                                       "pack", "readers",   "rows",    NULL};
    static const char *const packs[] = {"device", "procurement", NULL};
    struct clause head = {0};
    const struct yaml *rows;
    int pack = 0;

    if (yaml_check_keys(root, keys, error) < 0 ||
        yaml_need_text(root, "id", &head.framework_id, error) < 0 ||
        yaml_need_text(root, "framework", &head.framework, error) < 0 ||
        yaml_read_choice(root, "pack", packs, &pack, error) < 0 ||
        !(rows = yaml_need(root, "rows", YAML_LIST, error)))
        return -1;
    head.procurement = pack == 1;
    head.readers = yaml_get(root, "readers");
    if (check_readers(head.readers, error) < 0)
        return -1;
    if (!rows->child)
        return yaml_complain(rows, error, "at least one clause");
    if (find(frameworks, head.framework_id, NULL))
        return yaml_refuse(yaml_get(root, "id"), error,
                           "key 'id': %s is already defined in %s; choose another",
                           head.framework_id,
                           find(frameworks, head.framework_id, NULL)->row->file);
    for (const struct yaml *row = rows->child; row; row = row->next)
        if (read_row(frameworks, root, row, &head, error) < 0)
            return -1;
    return 0;
}

static int load_file(void *context, const char *path, struct error *error)
{
    struct frameworks *frameworks = context;
    struct yaml_document *document;

    if (frameworks->document_count == FRAMEWORKS_MAXIMUM)
        return error_set(error, "%s: more than %d frameworks", path, FRAMEWORKS_MAXIMUM);
    document = yaml_load(path, error);
    if (!document)
        return -1;
    frameworks->documents[frameworks->document_count++] = document;
    return read_document(frameworks, yaml_root(document), error);
}

int frameworks_add_folder(struct frameworks *frameworks, const char *folder,
                          struct sqlite3 *empty, struct error *error)
{
    frameworks->empty = empty;
    return folder_each(folder, "frameworks", load_file, frameworks, error);
}

/* --- held against the criteria ------------------------------------------------------ */

const struct clause *frameworks_name(struct frameworks *frameworks,
                                     const char *framework_id, const struct yaml *node,
                                     struct error *error)
{
    struct clause *clause;

    if (!find(frameworks, framework_id, NULL)) {
        yaml_refuse(node, error,
                    "framework '%s' is not known (percuss criteria list --frameworks)",
                    framework_id);
        return NULL;
    }
    if (node->kind != YAML_SCALAR) {
        yaml_complain(node, error, "the name of a clause");
        return NULL;
    }
    clause = find(frameworks, framework_id, node->text);
    if (!clause) {
        yaml_refuse(node, error,
                    "framework '%s' has no clause '%s' (percuss criteria list "
                    "--frameworks)",
                    framework_id, node->text);
        return NULL;
    }
    if (clause->procurement) {
        yaml_refuse(node, error,
                    "'%s' says something of the supplier and nothing of the device: no "
                    "criterion supports it",
                    clause->framework);
        return NULL;
    }
    clause->named = true;
    return clause;
}

int frameworks_check_support(const struct frameworks *frameworks, struct error *error)
{
    for (size_t i = 0; i < frameworks->count; i++) {
        const struct clause *clause = &frameworks->clauses[i];

        if (!clause->named && !(clause->records && clause->records->child))
            return yaml_refuse(clause->row, error,
                               "clause '%s': no criterion names it and it has no "
                               "records: nothing supports it",
                               clause->clause);
    }
    return 0;
}

/* --- into the store ----------------------------------------------------------------- */

/* The texts of a list between blanks: " a b "; "" for none. The caller frees. */
static char *list_text(const struct yaml *list)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (const struct yaml *one = list ? list->child : NULL; one; one = one->next)
        fprintf(out, "%s%s ", one == list->child ? " " : "", one->text);
    fclose(out);
    return text;
}

static int store_clause(struct store *store, size_t index, const struct clause *clause,
                        struct error *error)
{
    char *readers = list_text(clause->readers), *records = list_text(clause->records);
    int status = -1;

    if (!readers || !records)
        error_set(error, "out of memory");
    else
        status = store_write(
            store, error, "INSERT INTO clause VALUES (?,?,?,?,?,?,?,?,?,?)", "ittttttttt",
            (int64_t)index, clause->framework, clause->clause, clause->paraphrase,
            clause->edition, clause->verification, clause->verified_on,
            clause->procurement ? "procurement" : "device", readers, records);
    free(readers);
    free(records);
    return status;
}

int frameworks_store(const struct frameworks *frameworks, struct store *store,
                     struct error *error)
{
    int status = store_write(store, error, "DELETE FROM clause", "");

    for (size_t i = 0; status == 0 && i < frameworks->count; i++)
        status = store_clause(store, i, &frameworks->clauses[i], error);
    return status;
}
