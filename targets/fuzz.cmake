# target_fuzz(NAME SEEDS folder LIBRARIES ...): fuzz.c of the calling folder, which defines
# LLVMFuzzerTestOneInput, as replay-NAME: it calls that with files, and the test target.NAME gives
# it the seeds. With PERCUSS_FUZZ also as target_NAME, a libFuzzer program, which the test
# fuzz.target_NAME runs for a while (harness/tests/fuzz). A library that is built from its sources
# is compiled with the options in TARGET_FUZZ_OPTIONS.
include_guard()
set(TARGETS_FOLDER ${CMAKE_CURRENT_LIST_DIR})
set(TARGET_FUZZ_OPTIONS)
if(PERCUSS_FUZZ)
    set(TARGET_FUZZ_OPTIONS -fsanitize=fuzzer-no-link,address -fno-omit-frame-pointer)
elseif(PERCUSS_SANITIZE)
    set(TARGET_FUZZ_OPTIONS -fsanitize=address -fno-omit-frame-pointer)
endif()

function(target_fuzz name)
    cmake_parse_arguments(PARSE_ARGV 1 FUZZ "" "SEEDS" "LIBRARIES")
    if(PERCUSS_FUZZ)
        add_executable(target_${name} EXCLUDE_FROM_ALL fuzz.c)
        target_link_libraries(target_${name} PRIVATE percuss-settings ${FUZZ_LIBRARIES})
        target_compile_options(target_${name} PRIVATE ${TARGET_FUZZ_OPTIONS})
        target_link_options(target_${name} PRIVATE -fsanitize=fuzzer,address)
        set_property(GLOBAL APPEND PROPERTY TARGET_FUZZ ${name})
        set_property(GLOBAL PROPERTY TARGET_FUZZ_SEEDS_${name} ${FUZZ_SEEDS})
        return()
    endif()
    add_executable(replay-${name} fuzz.c ${TARGETS_FOLDER}/replay.c)
    target_link_libraries(replay-${name} PRIVATE percuss-settings ${FUZZ_LIBRARIES})
    add_test(NAME target.${name} COMMAND replay-${name} ${FUZZ_SEEDS})
    set_tests_properties(target.${name} PROPERTIES TIMEOUT 60)
endfunction()
