# percuss-afl: what afl-fuzz, libFuzzer and people run inputs with, on any device.
add_library(fuzz-driver STATIC driver.c forkserver.c hold.c ledger.c noise.c seeds.c shown.c)
target_link_libraries(fuzz-driver PUBLIC harness)
add_executable(percuss-afl afl.c ../cli/cli.c ../cli/manual.c)
target_link_libraries(percuss-afl PRIVATE fuzz-driver)
set_target_properties(percuss-afl PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

# percuss-libfuzzer, with our mutator: libFuzzer is clang's, whatever builds the rest.
find_program(CLANG clang)
if(CLANG)
    set(libfuzzer ${CMAKE_BINARY_DIR}/percuss-libfuzzer)
    # Compiled without libFuzzer's instruments: what is counted is the device's.
    set(sources ${CMAKE_CURRENT_SOURCE_DIR}/libfuzzer.c)
    foreach(name cli/cli cli/manual core/error)
        list(APPEND sources ${PROJECT_SOURCE_DIR}/harness/${name}.c)
    endforeach()
    add_custom_command(OUTPUT ${libfuzzer}
                       COMMAND ${CLANG} -std=c17 -O2 -g -Wall -Wextra -Werror -r -nostdlib
                               -I${PROJECT_SOURCE_DIR}/harness -D_GNU_SOURCE
                               -DPERCUSS_VERSION="${PROJECT_VERSION}" -o libfuzzer.o ${sources}
                       COMMAND ${CLANG} -fsanitize=fuzzer -o ${libfuzzer} libfuzzer.o
                               ${PERCUSS_LIBFUZZER} -lyaml -lcrypto
                       DEPENDS ${sources} ${PERCUSS_LIBFUZZER}
                       COMMENT "Linking percuss-libfuzzer" VERBATIM)
    add_custom_target(libfuzzer-devices ALL DEPENDS ${libfuzzer})
    add_dependencies(libfuzzer-devices percuss-afl)
else()
    message(STATUS "percuss-libfuzzer is left out: there is no clang")
endif()
