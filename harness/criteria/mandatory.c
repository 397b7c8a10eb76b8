#include "criteria/mandatory.h"

#include <stddef.h>

#define NO_FACT(name, key)                               \
    "SELECT '" name "' WHERE NOT EXISTS (SELECT 1 FROM " \
    "assessment_fact WHERE key = '" key "' AND trim(value) <> '')"
#define NO_ROW(name, table) "SELECT '" name "' WHERE NOT EXISTS (SELECT 1 FROM " table ")"
#define NO_RECORD(name, key)                                                  \
    "SELECT '" name "' WHERE NOT EXISTS (SELECT 1 FROM run WHERE key = '" key \
    "' AND trim(value) <> '')"
#define LACKS(name, column) "iif(" column " IS NULL, ', " name "', '') || "

/* Of findings that are none, or another, only disposition and approval are asked. */
static const char findings[] =
    "SELECT place || ': ' || substr(lacks, 3) FROM (SELECT folder || ' ' || id AS place, "
    "iif(disposition = 'open', ', disposition', '') || "
    "iif(disposition IN ('false-positive', 'duplicate'), '', " LACKS(
        "weakness (CWE)", "cwe") LACKS("CVSS vector",
                                       "cvss") LACKS("harm", "harm") LACKS("severity",
                                                                           "severity")
        LACKS("reach (many patients)", "multi_patient") LACKS(
            "root cause",
            "root_cause") "'') || "
                          "iif(disposition <> 'deferred', '', " LACKS("release",
                                                                      "release")
                              LACKS("date of delivery", "due") LACKS(
                                  "what devices in use do until then",
                                  "interim") "'') || "
                                             "iif(approved_by IS NULL, ', approval', '') AS lacks FROM findings "
                                             "ORDER BY folder, id) WHERE lacks <> ''";

const struct mandatory mandatory[] = {
    {"AC-02", MANDATORY_DECLARED, NO_FACT("device name", "device")},
    {"AC-02", MANDATORY_DECLARED, NO_FACT("device version", "device_version")},
    {"AC-02", MANDATORY_DECLARED,
     "SELECT 'released images' WHERE NOT EXISTS (SELECT 1 FROM release_image WHERE "
     "bridge = '') AND NOT EXISTS (SELECT 1 FROM runs WHERE version IS NOT NULL)"},
    {"AC-03", MANDATORY_DECLARED, NO_ROW("interfaces", "assessed_interface")},
    {"AC-15", MANDATORY_DECLARED, NO_ROW("load tests", "load_test")},
    {"AC-20", MANDATORY_DECLARED, NO_ROW("threats", "threat")},
    {"AC-20", MANDATORY_DECLARED,
     NO_ROW("requirements", "requirement WHERE kind = 'requirement'")},
    {"AC-20", MANDATORY_DECLARED, NO_ROW("hazards", "hazard")},
    {"AC-20", MANDATORY_DECLARED, NO_ROW("components", "component")},
    {"AC-22", MANDATORY_DECLARED, NO_FACT("tester", "tester")},
    {"AC-22", MANDATORY_DECLARED, NO_FACT("tester''s independence", "independence")},
    {"AC-22", MANDATORY_DECLARED, NO_ROW("validation of percuss", "tool_validation")},
    {"AC-02", MANDATORY_DECLARED, NO_ROW("runs", "runs")},

    {"AC-01", MANDATORY_RUN, NO_RECORD("signed plan", "plan_signed_ns")},
    {"AC-01", MANDATORY_RUN, NO_RECORD("hash of the criteria", "criteria_hash")},
    {"AC-02", MANDATORY_RUN, NO_RECORD("what device was tested", "device")},
    {"AC-21", MANDATORY_RUN,
     NO_ROW("independent capture", "capture WHERE kind = 'independent' AND packets > 0")},
    {"AC-22", MANDATORY_RUN, NO_RECORD("version of percuss", "tool_version")},
    {"AC-22", MANDATORY_RUN, NO_RECORD("host", "host")},

    {"AC-17", MANDATORY_FINDING, findings},
    {"AC-18", MANDATORY_FINDING,
     "SELECT folder || ' ' || id || ': severity' FROM findings WHERE disposition IN "
     "('open', 'deferred', 'accepted') AND severity IS NULL ORDER BY folder, id"},
    {"AC-19", MANDATORY_FINDING,
     "SELECT f.folder || ' ' || f.id || ': retest' FROM findings f JOIN runs r ON "
     "r.folder = f.folder WHERE f.disposition = 'fixed' AND NOT EXISTS (SELECT 1 FROM "
     "retests t WHERE t.plan_hash = r.plan_hash AND t.finding = f.id) "
     "ORDER BY f.folder, f.id"},
    {NULL, MANDATORY_DECLARED, NULL},
};
