# Makes the C file that holds schema.sql as one string, store_schema, and adds it to `harness`.
# A string literal a line: readable in a debugger, and no compiler limit on one line's length.
set(SCHEMA_SQL ${CMAKE_CURRENT_LIST_DIR}/schema.sql)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${SCHEMA_SQL})
file(READ ${SCHEMA_SQL} SCHEMA_TEXT)
string(REPLACE "\\" "\\\\" SCHEMA_TEXT "${SCHEMA_TEXT}")
string(REPLACE "\"" "\\\"" SCHEMA_TEXT "${SCHEMA_TEXT}")
string(REPLACE "\n" "\\n\"\n    \"" SCHEMA_TEXT "${SCHEMA_TEXT}")
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/schema.c @ONLY CONTENT
"/* Made from harness/record/schema.sql by harness/record/embed.cmake. */
#include \"record/schema.h\"

const char store_schema[] =
    \"@SCHEMA_TEXT@\";
")
target_sources(harness PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/schema.c)
