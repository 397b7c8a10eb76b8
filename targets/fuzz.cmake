# The in-process targets, from one fuzz.c each:
#
#   replay-NAME   with PERCUSS_SANITIZE: calls it with files; the test target.NAME gives it the
#                 seeds and regressions
#   target_NAME   with PERCUSS_FUZZ: the fuzzer's program, for libFuzzer in the preset `fuzz`, for
#                 any engine that scripts/build-fuzzers names
#
#   target_NAME_model   the same with the model-aware mutator (harness/fuzz), for libFuzzer
#
# on libraries that are compiled from Debian's source packages (scripts/sources) with what finds
# memory errors, and with the fuzzer's instruments where there is a fuzzer.
include_guard(GLOBAL)
set(TARGETS_FOLDER ${CMAKE_CURRENT_LIST_DIR})
set(PERCUSS_FUZZ_FLAGS "-fsanitize=fuzzer-no-link,address -fno-omit-frame-pointer" CACHE STRING
    "How the in-process targets are compiled (with PERCUSS_FUZZ)")
set(PERCUSS_FUZZ_ENGINE "-fsanitize=fuzzer" CACHE STRING
    "What they are linked with: the engine's library or option")
set(PERCUSS_FUZZ_SOURCES patched CACHE STRING
    "Sources of the libraries: patched (Debian's) or original (upstream's tarball)")

set(TARGET_FUZZ_OPTIONS)
if(PERCUSS_FUZZ)
    enable_language(CXX) # an engine may be C++
    separate_arguments(TARGET_FUZZ_OPTIONS UNIX_COMMAND "${PERCUSS_FUZZ_FLAGS}")
    # What scripts/build-fuzzers packs: a line a program.
    file(WRITE ${CMAKE_BINARY_DIR}/fuzzers.txt "")
    # What the mutator stands on is linked into the program, which runs on other machines.
    find_library(PERCUSS_LIBYAML libyaml.a REQUIRED)
    find_library(PERCUSS_LIBCRYPTO libcrypto.a REQUIRED)
elseif(PERCUSS_SANITIZE)
    set(TARGET_FUZZ_OPTIONS -fsanitize=address -fno-omit-frame-pointer)
endif()

# source_exists(PACKAGE VARIABLE): whether scripts/sources has unpacked it; says so if not.
function(source_exists package variable)
    set(found FALSE)
    if(EXISTS ${PROJECT_SOURCE_DIR}/build/sources/${package}/patched/source)
        set(found TRUE)
    else()
        message(STATUS "targets on ${package} are left out: run scripts/sources first")
    endif()
    set(${variable} ${found} PARENT_SCOPE)
endfunction()

# source_library(NAME PACKAGE FILES pattern ... [WITHOUT regex] [INCLUDES folder ...]
#                [DEFINITIONS ...] [OWN_DEFINITIONS ...]): NAME-patched and NAME-original, static
# libraries; what is relative is relative to the unpacked package. DEFINITIONS are for those who
# include its headers, too. Their reports name no folder of this machine.
function(source_library name package)
    cmake_parse_arguments(PARSE_ARGV 2 LIB "" "WITHOUT"
                          "FILES;INCLUDES;DEFINITIONS;OWN_DEFINITIONS")
    set(SOURCE_${name} ${package} PARENT_SCOPE)
    foreach(flavour patched original)
        set(source ${PROJECT_SOURCE_DIR}/build/sources/${package}/${flavour}/source)
        list(TRANSFORM LIB_FILES PREPEND ${source}/ OUTPUT_VARIABLE patterns)
        file(GLOB files ${patterns})
        if(LIB_WITHOUT)
            list(FILTER files EXCLUDE REGEX ${LIB_WITHOUT})
        endif()
        set(includes)
        foreach(folder ${LIB_INCLUDES})
            cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY ${source})
            list(APPEND includes ${folder})
        endforeach()
        add_library(${name}-${flavour} STATIC EXCLUDE_FROM_ALL ${files})
        target_compile_definitions(${name}-${flavour} PUBLIC _GNU_SOURCE ${LIB_DEFINITIONS}
                                   PRIVATE ${LIB_OWN_DEFINITIONS})
        target_compile_options(${name}-${flavour} PRIVATE -w -g ${TARGET_FUZZ_OPTIONS}
                               "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
        target_include_directories(${name}-${flavour} SYSTEM PUBLIC ${includes})
    endforeach()
endfunction()

# source_server(NAME LIBRARY library [FLAVOURS ...] [FILES ...] [OWN_FILES ...] [LIBRARIES ...]):
# build/<preset>/devices/NAME-FLAVOUR (original and patched), the server itself with
# AddressSanitizer, from the library's files, more of its package, and ours; what scripts/bench
# drives. `cmake --build --target bench-servers` makes them.
if(NOT TARGET bench-servers)
    add_custom_target(bench-servers)
endif()
function(source_server name)
    cmake_parse_arguments(PARSE_ARGV 1 SERVER "" "LIBRARY" "FLAVOURS;FILES;OWN_FILES;LIBRARIES")
    if(NOT SERVER_FLAVOURS)
        set(SERVER_FLAVOURS patched original)
    endif()
    foreach(flavour ${SERVER_FLAVOURS})
        set(library ${SERVER_LIBRARY}-${flavour})
        get_target_property(files ${library} SOURCES)
        get_target_property(includes ${library} INTERFACE_INCLUDE_DIRECTORIES)
        get_target_property(definitions ${library} COMPILE_DEFINITIONS)
        list(TRANSFORM SERVER_FILES PREPEND
             ${PROJECT_SOURCE_DIR}/build/sources/${SOURCE_${SERVER_LIBRARY}}/${flavour}/source/
             OUTPUT_VARIABLE more)
        add_executable(${name}-${flavour} EXCLUDE_FROM_ALL ${files} ${more} ${SERVER_OWN_FILES})
        target_compile_definitions(${name}-${flavour} PRIVATE ${definitions})
        target_compile_options(${name}-${flavour} PRIVATE -w -O1 -g -fsanitize=address
            -fno-omit-frame-pointer "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
        target_include_directories(${name}-${flavour} SYSTEM PRIVATE ${includes})
        target_link_options(${name}-${flavour} PRIVATE -fsanitize=address)
        target_link_libraries(${name}-${flavour} PRIVATE ${SERVER_LIBRARIES})
        set_target_properties(${name}-${flavour} PROPERTIES
                              RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/devices)
        add_dependencies(bench-servers ${name}-${flavour})
    endforeach()
endfunction()

# The seeds as inputs (targets/inputs.py), with the inputs that scripts/fuzz-target kept, made when
# something that needs them is built.
function(target_inputs name)
    set(folder ${CMAKE_BINARY_DIR}/inputs/${name})
    set(options)
    if(FUZZ_COUNTED)
        list(APPEND options --counted)
    endif()
    if(FUZZ_LEAD)
        list(APPEND options --lead ${FUZZ_LEAD})
    endif()
    set(files)
    foreach(seeds ${FUZZ_SEEDS})
        file(GLOB found CONFIGURE_DEPENDS ${seeds}/*)
        list(APPEND files ${found})
    endforeach()
    string(REGEX REPLACE "_.*" "" protocol ${name})
    set(kept ${PROJECT_SOURCE_DIR}/corpora/${protocol}/inputs/${name})
    file(GLOB found CONFIGURE_DEPENDS ${kept}/*)
    if(found)
        list(APPEND files ${found})
        list(APPEND options --whole ${kept})
    endif()
    add_custom_command(OUTPUT ${folder}.stamp
        COMMAND ${TARGETS_FOLDER}/inputs.py ${options} ${folder} ${FUZZ_SEEDS}
        COMMAND ${CMAKE_COMMAND} -E touch ${folder}.stamp
        DEPENDS ${TARGETS_FOLDER}/inputs.py ${files} VERBATIM)
    add_custom_target(inputs-${name} DEPENDS ${folder}.stamp)
    set(TARGET_INPUTS ${folder} PARENT_SCOPE)
endfunction()

# target_program(PROGRAM NAME FLAVOUR SOURCE ...)
function(target_program program name flavour)
    add_executable(${program} ${FUZZ_SOURCE} ${ARGN})
    target_link_libraries(${program} PRIVATE percuss-settings ${FUZZ_LIBRARY}-${flavour}
                          ${FUZZ_LIBRARIES})
    target_compile_definitions(${program} PRIVATE ${FUZZ_DEFINITIONS})
    target_compile_options(${program} PRIVATE ${TARGET_FUZZ_OPTIONS})
    target_link_options(${program} PRIVATE ${TARGET_FUZZ_OPTIONS} ${FUZZ_LINK_OPTIONS})
    add_dependencies(${program} inputs-${name})
endfunction()

# target_fuzzer(PROGRAM NAME ...): the program for the engine, with more to link, and its line.
function(target_fuzzer program name)
    target_program(target_${program} ${name} ${PERCUSS_FUZZ_SOURCES})
    separate_arguments(engine UNIX_COMMAND "${PERCUSS_FUZZ_ENGINE}")
    target_link_libraries(target_${program} PRIVATE ${engine} ${ARGN})
    target_link_options(target_${program} PRIVATE -Wl,--as-needed)
    set_target_properties(target_${program} PROPERTIES EXCLUDE_FROM_ALL ON LINKER_LANGUAGE CXX)
    list(JOIN FUZZ_OPTIONS "," options)
    set(line ${program} ${CMAKE_CURRENT_BINARY_DIR}/target_${program} ${TARGET_INPUTS}
             "${FUZZ_DICTIONARY}" "${options}")
    if(ARGN)
        list(APPEND line ${FUZZ_MODEL} ${FUZZ_SESSION})
    endif()
    list(JOIN line "|" line)
    file(APPEND ${CMAKE_BINARY_DIR}/fuzzers.txt "${line}\n")
endfunction()

# target_fuzz(NAME LIBRARY library SEEDS folder ... [SOURCE fuzz.c] [REGRESSIONS file ...]
#             [ON_DEMAND] [COUNTED] [LEAD file] [DICTIONARY file] [MODEL file.ksy SESSION file.yaml]
#             [DEFINITIONS ...] [LIBRARIES ...] [LINK_OPTIONS ...] [OPTIONS key=value ...]
#             [DEFECT file regex])
# ON_DEMAND: takes so long to build that scripts/build-fuzzers alone builds it; no replay program.
# COUNTED: each message of an input stands behind its length (harness/generate/input.h).
# LEAD: what goes before each seed, as the message that opens a connection.
# MODEL, SESSION: what the model-aware mutator reads.
# OPTIONS: lines of NAME.options for libFuzzer, as max_len=4096.
# DEFECT: what the sanitizer says when the original library gets that file, which proves that the
# target sees it; among the REGRESSIONS it shows that Debian's patches mend it.
function(target_fuzz name)
    cmake_parse_arguments(PARSE_ARGV 1 FUZZ "COUNTED;ON_DEMAND"
        "LIBRARY;SOURCE;LEAD;DICTIONARY;MODEL;SESSION"
        "SEEDS;REGRESSIONS;DEFINITIONS;LIBRARIES;LINK_OPTIONS;OPTIONS;DEFECT")
    if(NOT FUZZ_SOURCE)
        set(FUZZ_SOURCE fuzz.c)
    endif()
    target_inputs(${name})
    if(PERCUSS_FUZZ)
        target_fuzzer(${name} ${name})
        if(FUZZ_MODEL)
            target_fuzzer(${name}_model ${name} ${PERCUSS_LIBYAML} ${PERCUSS_LIBCRYPTO}
                          ${CMAKE_DL_LIBS} pthread)
            set(mutator ${CMAKE_BINARY_DIR}/percuss-libfuzzer.o)
            target_sources(target_${name}_model PRIVATE ${mutator})
            set_source_files_properties(${mutator} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
            add_dependencies(target_${name}_model percuss-libfuzzer)
        endif()
        if(FUZZ_ON_DEMAND)
            return()
        endif()
        set_property(GLOBAL APPEND PROPERTY TARGET_FUZZ ${name})
        set_property(GLOBAL PROPERTY TARGET_FUZZ_${name} --seeds=${TARGET_INPUTS})
        if(FUZZ_DICTIONARY)
            set_property(GLOBAL APPEND PROPERTY TARGET_FUZZ_${name} -dict=${FUZZ_DICTIONARY})
        endif()
        return()
    endif()
    if(FUZZ_ON_DEMAND OR NOT PERCUSS_SANITIZE)
        return()
    endif()
    target_program(replay-${name} ${name} patched ${TARGETS_FOLDER}/replay.c)
    add_test(NAME target.${name} COMMAND replay-${name} ${TARGET_INPUTS} ${FUZZ_REGRESSIONS})
    set_tests_properties(target.${name} PROPERTIES TIMEOUT 60)
    if(FUZZ_DEFECT)
        list(GET FUZZ_DEFECT 0 file)
        list(GET FUZZ_DEFECT 1 words)
        target_program(replay-${name}-original ${name} original ${TARGETS_FOLDER}/replay.c)
        add_test(NAME target.${name}_original COMMAND replay-${name}-original ${file})
        set_tests_properties(target.${name}_original PROPERTIES
                             PASS_REGULAR_EXPRESSION ${words} TIMEOUT 60)
    endif()
endfunction()
