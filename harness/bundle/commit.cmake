# Included: adds the C file with tool_commit to `harness`, and has it looked at in every build.
# Run by that build as a script (cmake -DOUTPUT=FILE -DPROJECT=FOLDER -P commit.cmake): writes it,
# when the commit is another than it says.
if(NOT CMAKE_SCRIPT_MODE_FILE)
    set(COMMIT_C ${CMAKE_BINARY_DIR}/commit.c)
    add_custom_target(commit ALL
                      COMMAND ${CMAKE_COMMAND} -DOUTPUT=${COMMIT_C} -DPROJECT=${PROJECT_SOURCE_DIR}
                              -P ${CMAKE_CURRENT_LIST_DIR}/commit.cmake
                      BYPRODUCTS ${COMMIT_C} VERBATIM)
    target_sources(harness PRIVATE ${COMMIT_C})
    return()
endif()

cmake_minimum_required(VERSION 3.25)
# Of this project only: a folder without git may lie in somebody else's repository.
set(commit "")
find_program(GIT git)
if(GIT AND EXISTS ${PROJECT}/.git)
    execute_process(COMMAND ${GIT} describe --always --dirty --abbrev=40 --exclude=*
                    WORKING_DIRECTORY ${PROJECT} OUTPUT_VARIABLE found ERROR_QUIET
                    OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status)
    if(status EQUAL 0 AND found MATCHES "^[0-9a-f]+(-dirty)?$")
        set(commit ${found})
    endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT
"/* Made by harness/bundle/commit.cmake. */
#include \"bundle/commit.h\"

const char tool_commit[] = \"@commit@\";
")
