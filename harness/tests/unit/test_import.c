/* Threats, requirements, hazards and SBOMs as people have them, and what is wrong in
 * others. */
#include "criteria/import.h"
#include "scratch.h"

#include <sqlite3.h>

#define PUMP PROJECT_FOLDER "/targets/firmware/pump/assessment/"

typedef int importer(const struct import_source *source, struct error *error);

struct world {
    char folder[SCRATCH_PATH];
    struct store *store;
    struct error error;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    scratch_make(world->folder);
    world->store = store_create_in_memory(&world->error);
    assert_non_null(world->store);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    store_close(world->store, NULL);
    scratch_remove(world->folder);
    free(world);
    return 0;
}

static int import_path(struct world *world, importer *import, const char *path)
{
    world->error.text[0] = '\0';
    return import(&(struct import_source){world->store, path, "a file"}, &world->error);
}

static int import_text_of(struct world *world, importer *import, const char *text)
{
    char path[SCRATCH_PATH];

    scratch_write(world->folder, "file", text, path);
    return import_path(world, import, path);
}

static void need(struct world *world, importer *import, const char *text)
{
    if (import_text_of(world, import, text) < 0)
        fail_msg("%s gave: %s", text, world->error.text);
}

static void refuse(struct world *world, importer *import, const char *text,
                   const char *says)
{
    if (import_text_of(world, import, text) == 0 || !strstr(world->error.text, says))
        fail_msg("%s gave: '%s', expected '%s'", text, world->error.text, says);
}

/* The first column of the only row. */
static void expect(struct world *world, const char *sql, const char *wanted)
{
    sqlite3_stmt *row = NULL;
    const char *text;

    store_commit(world->store, &world->error);
    assert_int_equal(
        sqlite3_prepare_v2(store_database(world->store), sql, -1, &row, NULL), SQLITE_OK);
    text = sqlite3_step(row) == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0)
                                           : "no row";
    if (strcmp(text ? text : "NULL", wanted) != 0)
        fail_msg("%s: %s, expected %s", sql, text ? text : "NULL", wanted);
    sqlite3_finalize(row);
}

static void say(struct world *world, const char *sql)
{
    assert_int_equal(store_write(world->store, &world->error, sql, ""), 0);
}

/* --- threats ------------------------------------------------------------------------ */

#define MODEL(cell)                                                                         \
    "{\"version\": \"2.2.0\", \"summary\": {\"title\": \"m\"}, \"detail\": {\"diagrams\": " \
    "[{\"id\": 0, \"cells\": [" cell "]}]}}"

static void the_tool_s_model_is_read(void **state)
{
    struct world *world = *state;

    if (import_path(world, import_threats, PUMP "threats.json") < 0)
        fail_msg("%s", world->error.text);
    expect(world, "SELECT group_concat(id) FROM threat", "T-1,T-2,T-3,T-4,T-5,T-6,T-7");
    expect(
        world,
        "SELECT element || ', ' || type || ', ' || severity FROM threat WHERE id = 'T-1'",
        "Modbus RTU service port (UART 0), Tampering, High");
    expect(world, "SELECT group_concat(id) FROM threat WHERE excluded <> ''", "T-7");
    expect(world, "SELECT origin FROM threat WHERE id = 'T-2'",
           "a file:detail.diagrams[0].cells[3].data.threats[1]");
}

static void threats_of_older_models_are_called_by_their_id(void **state)
{
    struct world *world = *state;

    need(
        world, import_threats,
        MODEL(
            "{\"data\": {\"name\": \"e\", \"threats\": [{\"id\": \"7df7-a\", \"title\": "
            "\"old\"}]}}, {\"threats\": [{\"threatId\": \"9\", \"title\": \"beside\"}]}"));
    expect(world, "SELECT group_concat(id || ' ' || title) FROM threat",
           "7df7-a old,9 beside");
}

static void what_does_not_apply_needs_a_reason(void **state)
{
    struct world *world = *state;

    need(
        world, import_threats,
        MODEL(
            "{\"data\": {\"threats\": ["
            "{\"number\": 1, \"title\": \"a\", \"status\": \"NotApplicable\", "
            "\"mitigation\": \"no network\"},"
            "{\"number\": 2, \"title\": \"b\", \"status\": \"NA\", \"mitigation\": \"\"},"
            "{\"number\": 3, \"title\": \"c\", \"status\": \"Mitigated\", "
            "\"mitigation\": \"done\"}]}},"
            "{\"data\": {\"outOfScope\": true, \"reasonOutOfScope\": \"not ours\", "
            "\"threats\": [{\"number\": 4, \"title\": \"d\"}]}},"
            "{\"data\": {\"outOfScope\": false, \"reasonOutOfScope\": \"left over\", "
            "\"threats\": [{\"number\": 5, \"title\": \"e\"}]}}"));
    expect(world, "SELECT group_concat(id || '=' || excluded) FROM threat",
           "T-1=no network,T-2=,T-3=,T-4=not ours,T-5=");
}

static void threats_as_a_table(void **state)
{
    struct world *world = *state;

    need(world, import_threats,
         "ID,Title,Status,Mitigation\nT-1,\"somebody, writes\",Open,\n"
         "T-2,reads,NotApplicable,nothing to read\n");
    expect(world,
           "SELECT group_concat(id || '=' || title || '=' || excluded) FROM threat",
           "T-1=somebody, writes=,T-2=reads=nothing to read");
}

static void wrong_threats_are_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"{\"summary\": \n{]}", "file:2: expected JSON"},
        {"{\"a\": 1, \"a\": 2}", "duplicate"},
        {"{\"detail\": {\"diagrams\": {}}}", "detail.diagrams: expected a list"},
        {"{\"detail\": {\"diagrams\": [{\"diagramJson\": {\"cells\": []}}]}}",
         "version 1"},
        {MODEL("{\"data\": {\"threats\": [{\"title\": \"a\"}]}}"),
         "cells[0].data.threats[0]: expected an identifier"},
        {MODEL("{\"data\": {\"threats\": [{\"number\": 1}]}}"), "expected a title"},
        {MODEL(
             "{\"data\": {\"threats\": [{\"number\": 1, \"title\": \"a\"}, {\"number\": 1, "
             "\"title\": \"b\"}]}}"),
         "threats[1]: expected each identifier once, found 'T-1'"},
        {MODEL("{\"data\": {\"threats\": [{\"id\": \"a b\", \"title\": \"a\"}]}}"),
         "without blanks"},
        {"id,title\nT-1,a\nT-1,b\n", "file:3: expected each identifier once"},
        {"id,titel\n", "did you mean 'title'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        void *fresh = NULL;

        set_up(&fresh);
        refuse(fresh, import_threats, wrong[i].text, wrong[i].says);
        tear_down(&fresh);
    }
}

/* What is no list, object or text where one is due, at any place: no crash. */
static void oddly_shaped_models_end(void **state)
{
    static const char *const odd[] = {"null", "7",      "\"t\"", "[]",
                                      "{}",   "[null]", "[[1]]"};
    static const char *const shapes[] = {
        "{\"detail\": %s}",
        "{\"detail\": {\"diagrams\": %s}}",
        "{\"detail\": {\"diagrams\": [{\"cells\": %s}]}}",
        "{\"detail\": {\"diagrams\": [{\"cells\": [{\"data\": %s}]}]}}",
        "{\"detail\": {\"diagrams\": [{\"cells\": [{\"data\": {\"threats\": %s}}]}]}}",
        "{\"bomFormat\": \"CycloneDX\", \"components\": %s}",
        "{\"bomFormat\": \"CycloneDX\", \"metadata\": %s}",
        "{\"bomFormat\": \"CycloneDX\", \"components\": [{\"name\": \"a\", \"properties\": %s}]}",
        "{\"bomFormat\": \"CycloneDX\", \"components\": [{\"name\": \"a\", \"supplier\": %s}]}",
        "{\"spdxVersion\": \"SPDX-2.3\", \"packages\": %s}",
        "{\"spdxVersion\": \"SPDX-2.3\", \"packages\": [{\"name\": \"a\", \"externalRefs\": %s}]}"};

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (size_t j = 0; j < sizeof odd / sizeof odd[0]; j++) {
            struct world *world;
            void *fresh = NULL;
            char text[300];
            importer *import = i < 5 ? import_threats : import_sbom;

            set_up(&fresh);
            world = fresh;
            snprintf(text, sizeof text, "%.*s%s%s", (int)strcspn(shapes[i], "%"),
                     shapes[i], odd[j], strchr(shapes[i], '%') + 2);
            assert_true(import_text_of(world, import, text) == 0 || world->error.text[0]);
            tear_down(&fresh);
        }
}

/* --- requirements and hazards ------------------------------------------------------- */

static void add_threats(struct world *world)
{
    need(world, import_threats, "id,title\nT-1,writes\nT-2,reads\n");
    say(world, "INSERT INTO assessed_interface VALUES ('port', '', '')");
}

static void requirements_answer(void **state)
{
    struct world *world = *state;

    add_threats(world);
    need(world, import_requirements,
         "id,kind,title,answers,interface,cases\n"
         "R-1,requirement,limits,C-1,port,\"write_* set?/values[0]; x/y\"\n"
         "C-1,control,checks,\"T-1, T-2\",,\n"
         "R-2,requirement,reads,T-2,,\n");
    expect(world, "SELECT group_concat(source || '>' || target) FROM trace_link",
           "C-1>R-1,T-1>C-1,T-2>C-1,T-2>R-2");
    expect(world, "SELECT group_concat(glob, ' ') FROM requirement_case",
           "set[?]/values[[]0] write_*/* x/y");
    expect(world,
           "SELECT 'set?/values[0]' GLOB glob FROM requirement_case WHERE pattern "
           "LIKE 'set%'",
           "1");
    expect(world, "SELECT origin FROM requirement WHERE id = 'C-1'", "a file:3");
}

static void wrong_requirements_are_refused(void **state)
{
    static const struct {
        const char *rows, *says;
    } wrong[] = {
        {"R-1,rule,a,,,", "file:2: column 'kind': expected control or requirement"},
        {"R-1,requirement,a,T-9,,",
         "file:2: expected a requirement to answer threats or controls, found 'T-9'"},
        {"R-1,requirement,a,R-1,,", "found 'R-1'"},
        {"C-1,control,a,,,\nC-2,control,b,C-1,,",
         "file:3: expected a control to answer threats"},
        {"T-1,requirement,a,,,", "expected each identifier once, found 'T-1'"},
        {"R-1,requirement,a,,USB,",
         "column 'interface': expected a name of the assessment's"},
        {"C-1,control,a,,,write", "column 'cases': expected none for a control"},
        {"R-1,requirement,,,,", "column 'title'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        void *fresh = NULL;
        char text[400];

        set_up(&fresh);
        add_threats(fresh);
        snprintf(text, sizeof text, "id,kind,title,answers,interface,cases\n%s\n",
                 wrong[i].rows);
        refuse(fresh, import_requirements, text, wrong[i].says);
        tear_down(&fresh);
    }
}

static void hazards_come_from_threats(void **state)
{
    struct world *world = *state;

    add_threats(world);
    need(
        world, import_hazards,
        "id,hazard,sequence of events,hazardous situation,harm,severity,threats,x-owner\n"
        "H-1,too much,a; b,nobody sees it,overdose,critical,T-1;T-2,me\n");
    expect(world, "SELECT group_concat(source) FROM trace_link WHERE target = 'H-1'",
           "T-1,T-2");
    expect(world,
           "SELECT sequence || '|' || situation || '|' || harm || '|' || severity || "
           "'|' || probability FROM hazard",
           "a; b|nobody sees it|overdose|critical|");
    refuse(world, import_hazards,
           "id,hazard,hazardous situation,harm,severity,threats\nH-2,a,b,c,d,T-3\n",
           "file:2: expected identifiers of threats, found 'T-3'");
    refuse(world, import_hazards, "id,hazard,harm,severity\nH-3,a,b,c\n",
           "expected a column 'hazardous-situation'");
}

/* What the pump has is whole: see end-to-end/test_trace.py for its chains. */
static void the_pump_s_files_are_read(void **state)
{
    struct world *world = *state;

    say(world, "INSERT INTO assessed_interface VALUES "
               "('Modbus RTU service port (UART 0)', '', '')");
    if (import_path(world, import_threats, PUMP "threats.json") < 0 ||
        import_path(world, import_requirements, PUMP "requirements.csv") < 0 ||
        import_path(world, import_hazards, PUMP "hazards.csv") < 0 ||
        import_path(world, import_sbom, PUMP "sbom.cdx.json") < 0)
        fail_msg("%s", world->error.text);
    expect(world, "SELECT count(*) FROM hazard", "6");
    expect(world, "SELECT group_concat(ref) FROM component",
           "board-support,ip-50-application,ip-50-firmware");
}

/* --- SBOM --------------------------------------------------------------------------- */

#define SUMMARY                                                                              \
    "SELECT group_concat(ref || '|' || name || '|' || version || '|' || supplier || '|' || " \
    "purl || '|' || cpe || '|' || end_of_support, ' ') FROM component"

static void cyclonedx_is_read(void **state)
{
    struct world *world = *state;

    need(
        world, import_sbom,
        "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"metadata\": "
        "{\"component\": {\"type\": \"device\", \"name\": \"pump\", \"bom-ref\": \"p\"}}, "
        "\"components\": [{\"type\": \"library\", \"name\": \"lwip\", \"version\": \"2.1\", "
        "\"purl\": \"pkg:x\", \"cpe\": \"cpe:y\", \"supplier\": {\"name\": \"s\"}, "
        "\"properties\": [{\"name\": \"other\", \"value\": \"1\"}, {\"name\": "
        "\"cdx:lifecycle:milestone:endOfSupport\", \"value\": \"2027-03-31T00:00:00Z\"}], "
        "\"components\": [{\"type\": \"library\", \"name\": \"ppp\"}]}]}");
    expect(world, SUMMARY,
           "lwip@2.1|lwip|2.1|s|pkg:x|cpe:y|2027-03-31 p|pump||||| ppp@|ppp|||||");
}

static void spdx_is_read(void **state)
{
    struct world *world = *state;

    need(
        world, import_sbom,
        "{\"spdxVersion\": \"SPDX-2.3\", \"packages\": [{\"SPDXID\": \"SPDXRef-a\", "
        "\"name\": \"lwip\", \"versionInfo\": \"2.1\", \"supplier\": \"Organization: s\", "
        "\"validUntilDate\": \"2027-03-31T00:00:00Z\", \"externalRefs\": "
        "[{\"referenceType\": \"purl\", \"referenceLocator\": \"pkg:x\"}, "
        "{\"referenceType\": \"cpe23Type\", \"referenceLocator\": \"cpe:y\"}]}, "
        "{\"SPDXID\": \"SPDXRef-b\", \"name\": \"b\", \"versionInfo\": \"NOASSERTION\", "
        "\"supplier\": \"NOASSERTION\"}]}");
    expect(world, SUMMARY,
           "SPDXRef-a|lwip|2.1|s|pkg:x|cpe:y|2027-03-31 SPDXRef-b|b|||||");
}

static void spdx_tags_are_read(void **state)
{
    struct world *world = *state;

    need(world, import_sbom,
         "SPDXVersion: SPDX-2.3\r\n"
         "DocumentComment: <text>PackageName: none\n"
         "of these</text>\n"
         "# a comment: none\n"
         "\n"
         "PackageName: lwip\n"
         "SPDXID: SPDXRef-a\n"
         "PackageVersion: 2.1\n"
         "PackageSupplier: Organization: s\n"
         "ExternalRef: PACKAGE-MANAGER purl pkg:x\n"
         "ExternalRef: SECURITY cpe23Type cpe:y\n"
         "ValidUntilDate: 2027-03-31T00:00:00Z\n"
         "FileName: ./a.c\n"
         "SPDXID: SPDXRef-file\n"
         "PackageName: b\n"
         "SPDXID: SPDXRef-b");
    expect(world, SUMMARY,
           "SPDXRef-a|lwip|2.1|s|pkg:x|cpe:y|2027-03-31 SPDXRef-b|b|||||");
    expect(world, "SELECT group_concat(origin) FROM component", "a file:6,a file:15");
}

static void wrong_sboms_are_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"{}", "expected an SBOM"},
        {"{\"spdxVersion\": \"SPDX-3.0\"}", "expected an SBOM"},
        {"", "no line begins with SPDXVersion"},
        {"id,title\n", "file:1: expected an SBOM"},
        {"PackageName: a\n", "no line begins with SPDXVersion"},
        {"SPDXVersion: SPDX-2.3\nX: <text>a\n", "file:2: expected </text>"},
        {"SPDXVersion: SPDX-2.3\nPackageName: a\nPackageName: a\n",
         "file:3: expected each component once"},
        {"{\"bomFormat\": \"CycloneDX\", \"components\": [{\"version\": \"1\"}]}",
         "components[0]: expected a name"},
        {"{\"bomFormat\": \"CycloneDX\", \"components\": [{\"name\": \"a\", \"components\": "
         "[{\"name\": \"b\", \"properties\": [{\"name\": "
         "\"cdx:lifecycle:milestone:endOfSupport\", \"value\": \"soon\"}]}]}]}",
         "components[0].components[0]: expected a date such as"},
        {"{\"bomFormat\": \"CycloneDX\", \"components\": [{\"name\": \"a\", \"bom-ref\": "
         "\"r\"}, {\"name\": \"b\", \"bom-ref\": \"r\"}]}",
         "components[1]: expected each component once, found 'r'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        void *fresh = NULL;

        set_up(&fresh);
        refuse(fresh, import_sbom, wrong[i].text, wrong[i].says);
        tear_down(&fresh);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_tool_s_model_is_read),
        TEST(threats_of_older_models_are_called_by_their_id),
        TEST(what_does_not_apply_needs_a_reason),
        TEST(threats_as_a_table),
        TEST(wrong_threats_are_refused),
        TEST(oddly_shaped_models_end),
        TEST(requirements_answer),
        TEST(wrong_requirements_are_refused),
        TEST(hazards_come_from_threats),
        TEST(the_pump_s_files_are_read),
        TEST(cyclonedx_is_read),
        TEST(spdx_is_read),
        TEST(spdx_tags_are_read),
        TEST(wrong_sboms_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
