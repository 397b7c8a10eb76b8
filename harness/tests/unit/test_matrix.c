/* The traceability matrix: one row a chain, nothing that is in a table is lost, and what
 * is missing shows. */
#include "criteria/trace.h"
#include "report/matrix.h"
#include "stores.h"

#include <jansson.h>

/* Two runs on one port, the second a retest on another build; a finding of R-1, and one
 * of a random case, which no requirement is for. */
static const char base[] =
    "INSERT INTO threat VALUES ('T-1','writes','','','','','','','','t:1'),"
    "  ('T-2','reads','','','','','','','','t:2'),"
    "  ('T-3','valid','','','','','','','not ours','t:3');"
    "INSERT INTO requirement VALUES ('C-1','control','checks','','r:1'),"
    "  ('C-2','control','alone','','r:2'), ('R-1','requirement','limits','','r:3'),"
    "  ('R-2','requirement','usb','USB','r:4'), ('R-3','requirement','quiet','port','r:5');"
    "INSERT INTO requirement_case VALUES ('R-1','w','write/*'), ('R-2','w','write/*'),"
    "  ('R-3','x','read/a'), ('R-3','y','read/*');"
    "INSERT INTO hazard VALUES ('H-1','much','','s','overdose','critical','','','','h:1'),"
    "  ('H-2','alone','','s','x','minor','','','','h:2');"
    "INSERT INTO trace_link VALUES ('T-1','C-1'), ('C-1','R-1'), ('T-2','R-3'), ('T-1','H-1'),"
    "  ('T-2','H-1');"
    "INSERT INTO component VALUES ('c1','lib','','','','','','','s:1');"
    "INSERT INTO component_place VALUES (NULL,'c1','function','lib_*');"
    "INSERT INTO assessed_run (folder, role, interface, plan_hash, device, sent) VALUES"
    "  ('one','test','port','p','old',9), ('two','retest','port','p','new',9);"
    "INSERT INTO assessed_path VALUES ('one','write','v',5), ('one','read','a',2),"
    "  ('one','read','b',1), ('two','write','v',4), ('one','stacked','',7);"
    "INSERT INTO assessed_finding (folder, id, cause, title, place, disposition, hazard, component,"
    "  harm, severity, approved_by, approved_ns) VALUES"
    "  ('one','F-001','c','crash','lib_x','fixed','H-1',NULL,'seen','serious','Q',"
    "   1000000000000000000),"
    "  ('one','F-002','d','hang','','open',NULL,'lob',NULL,NULL,NULL,NULL);"
    "INSERT INTO finding_place VALUES ('one','F-001','function','lib_x');"
    "INSERT INTO assessed_finding_path VALUES ('one','F-001','write','v'),"
    "  ('one','F-002','stacked','');"
    "INSERT INTO assessed_retest VALUES ('two',1,5,'p','F-001','c','new',5,5),"
    "  ('two',2,9,'p','F-001','c','new',5,0), ('two',3,9,'other','F-001','c','new',5,5),"
    "  ('two',4,9,'p','F-001','other','new',5,5), ('one',5,99,'p','F-001','c','old',5,5);";

static struct store *make(const char *more)
{
    struct store *store = need_store(NULL);

    execute(store, base);
    execute(store, more);
    return store;
}

/* Each row as "column column …", what is empty as '-'. */
static void expect(struct store *store, const enum trace_column *columns, size_t count,
                   const char *const *wanted)
{
    struct error error = {""};
    struct trace *trace = trace_open(store, &error);
    struct trace_row row;
    size_t rows = 0;

    assert_non_null(trace);
    for (; trace_next(trace, &row); rows++) {
        char text[400] = "";

        for (size_t i = 0; i < count; i++) {
            size_t used = strlen(text);

            snprintf(text + used, sizeof text - used, "%s%s", i ? " | " : "",
                     row.text[columns[i]][0] ? row.text[columns[i]] : "-");
        }
        if (!wanted[rows] || strcmp(text, wanted[rows]) != 0)
            fail_msg("row %zu: %s, expected %s", rows, text,
                     wanted[rows] ? wanted[rows] : "none");
    }
    assert_int_equal(trace_close(trace, &error), 0);
    if (wanted[rows])
        fail_msg("no row %s", wanted[rows]);
}

static void every_item_is_in_a_row(void **state)
{
    static const enum trace_column columns[] = {
        TRACE_THREAT, TRACE_CONTROL, TRACE_REQUIREMENT, TRACE_INTERFACE,
        TRACE_SENT,   TRACE_FOUND,   TRACE_HAZARD};
    static const char *const wanted[] = {
        "T-1 | C-1 | R-1 | port | 9 | one F-001 | H-1",
        "T-2 | - | R-3 | port | 3 | none found | H-1",
        "T-3 | - | - | - | - | does not apply: not ours | -",
        "- | - | R-2 | USB | - | not tested | -",
        "- | - | - | - | - | - | H-2",
        "- | - | - | port | - | one F-002 | -",
        "- | C-2 | - | - | - | - | -",
        NULL};
    struct store *store = make("");

    (void)state;
    expect(store, columns, 7, wanted);
    store_close(store, NULL);
}

static void a_finding_s_row_says_what_is_known(void **state)
{
    static const enum trace_column columns[] = {
        TRACE_FOUND,          TRACE_COMPONENT,
        TRACE_COMPONENT_NAME, TRACE_COMPONENT_VERSION,
        TRACE_END_OF_SUPPORT, TRACE_COMPONENT_BY,
        TRACE_HARM,           TRACE_SEVERITY,
        TRACE_DISPOSITION,    TRACE_APPROVER,
        TRACE_DATE,           TRACE_RETEST};
    static const char *const wanted[] = {
        "one F-001 | c1 | lib | not stated | not stated | map | seen | serious | fixed | Q | "
        "2001-09-09 | passes (5 of 5)",
        "one F-002 | lob | - | - | - | triage | - | - | open | - | - | none", NULL};
    struct store *store = make(
        "DELETE FROM threat; DELETE FROM hazard; DELETE FROM requirement WHERE id <> "
        "'R-1'; DELETE FROM trace_link;");

    (void)state;
    expect(store, columns, 12, wanted);
    store_close(store, NULL);
}

/* Another hazard of the threat; a finding of which nobody said the hazard; one that is
 * none. */
static void none_is_said_only_where_it_is_known(void **state)
{
    static const enum trace_column columns[] = {TRACE_FOUND, TRACE_HAZARD};
    static const struct {
        const char *change;
        const char *rows[4];
    } cases[] = {
        {"", {"none of this hazard | H-2", "one F-001 | H-1"}},
        {"UPDATE assessed_finding SET hazard = NULL WHERE id = 'F-001';",
         {"not known: a finding names no hazard | H-1",
          "not known: a finding names no hazard | H-2", "one F-001 | -"}},
        {"UPDATE assessed_finding SET hazard = NULL, disposition = 'false-positive' WHERE id "
         "= 'F-001';",
         {"none of this hazard | H-1", "none of this hazard | H-2", "one F-001 | -"}},
        {"DELETE FROM assessed_finding_path;",
         {"none found | H-1", "none found | H-2", "one F-001 | H-1"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char sql[500];
        struct store *store;

        snprintf(
            sql, sizeof sql,
            "INSERT INTO trace_link VALUES ('T-1','H-2'); DELETE FROM threat WHERE id <> "
            "'T-1'; DELETE FROM requirement WHERE id NOT IN ('C-1','R-1'); DELETE FROM "
            "assessed_finding WHERE id = 'F-002'; %s",
            cases[i].change);
        store = make(sql);
        expect(store, columns, 2, cases[i].rows);
        store_close(store, NULL);
    }
}

static void orphans_are_told_once_each(void **state)
{
    static const char *const wanted[] = {"case port stacked is sent for no requirement",
                                         "control C-2 answers no threat",
                                         "control C-2 has no requirement",
                                         "finding one F-002 belongs to no requirement",
                                         "finding one F-002 has no known component",
                                         "finding one F-002 names no known hazard",
                                         "hazard H-2 comes from no threat",
                                         "requirement R-2 answers no threat",
                                         "requirement R-2 has no case that was sent",
                                         NULL};
    struct store *store = make("");
    sqlite3_stmt *row = NULL;
    size_t rows = 0;

    (void)state;
    assert_int_equal(
        sqlite3_prepare_v2(store_database(store),
                           "SELECT kind || ' ' || item || ' ' || lacks FROM trace_orphan "
                           "ORDER BY 1",
                           -1, &row, NULL),
        SQLITE_OK);
    for (; sqlite3_step(row) == SQLITE_ROW; rows++)
        assert_string_equal(sqlite3_column_text(row, 0),
                            wanted[rows] ? wanted[rows] : "");
    assert_null(wanted[rows]);
    sqlite3_finalize(row);
    store_close(store, NULL);
}

/* A title that a device sent neither breaks a document nor moves a cursor. */
static void hostile_titles_are_written(void **state)
{
    struct store *store =
        make("UPDATE assessed_finding SET title = '=a,\"' || char(27) || "
             "char(10) || CAST(x'ff' AS TEXT);");
    struct error error = {""};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    json_t *json;

    (void)state;
    assert_int_equal(matrix_write_csv(store, out, &error), 0);
    fclose(out);
    assert_non_null(strstr(text, ",\"'=a,\"\"\\x1b\n      \\xff\","));
    free(text);
    out = open_memstream(&text, &size);
    assert_int_equal(matrix_write_json(store, out, &error), 0);
    fclose(out);
    json = json_loads(text, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(json, "matrix")), 7);
    assert_int_equal(json_array_size(json_object_get(json, "orphans")), 9);
    json_decref(json);
    free(text);
    store_close(store, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_is_in_a_row),
        cmocka_unit_test(a_finding_s_row_says_what_is_known),
        cmocka_unit_test(none_is_said_only_where_it_is_known),
        cmocka_unit_test(orphans_are_told_once_each),
        cmocka_unit_test(hostile_titles_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
