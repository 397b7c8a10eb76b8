# What `cmake --install` puts where, and the Debian package that cpack makes of it. An installed
# percuss finds all of it beside its prefix (device/place.h):
#
#   bin/                percuss, percuss-afl, percuss-libfuzzer
#   libexec/percuss/    what ${build} of a campaign names: firmware/, devices/; plugin, mutators
#   share/percuss/      criteria/ (catalogue, frameworks), targets/ (models, sessions, campaigns)
#
# Left out: servers made from libmodbus, and the two campaigns on them. One of them has a known
# vulnerability for its purpose; scripts/sources builds them.
include(GNUInstallDirs)
set(SHARE ${CMAKE_INSTALL_DATADIR}/percuss)
set(OWN ${CMAKE_INSTALL_LIBEXECDIR}/percuss)
set(DOC ${CMAKE_INSTALL_DOCDIR})

# cmake --build first: installing does not build, so that tests can pack what they test.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# --- programs -----------------------------------------------------------------------------------
# What is no target of CMake's, which strips those by itself.
function(install_strip file how)
    install(CODE "if(CMAKE_INSTALL_DO_STRIP)
        execute_process(COMMAND ${CMAKE_STRIP} ${how}
            \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${file} COMMAND_ERROR_IS_FATAL ANY)
    endif()")
endfunction()
install(TARGETS percuss percuss-afl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS percuss-coverage percuss-afl-mutator LIBRARY DESTINATION ${OWN})
install(FILES ${CMAKE_BINARY_DIR}/percuss-libfuzzer.o DESTINATION ${OWN})
install_strip(${OWN}/percuss-libfuzzer.o --strip-debug)
if(CLANG)
    install(PROGRAMS ${CMAKE_BINARY_DIR}/percuss-libfuzzer DESTINATION ${CMAKE_INSTALL_BINDIR})
    install_strip(${CMAKE_INSTALL_BINDIR}/percuss-libfuzzer --strip-all)
endif()

# --- devices: with their symbols, which findings name -------------------------------------------
install(PROGRAMS ${CMAKE_BINARY_DIR}/devices/modbus-variants
                 ${CMAKE_BINARY_DIR}/devices/modbus-variants-asan
                 ${CMAKE_BINARY_DIR}/devices/tls-variants DESTINATION ${OWN}/devices)
if(PERCUSS_FIRMWARE)
    install(DIRECTORY ${CMAKE_BINARY_DIR}/firmware/ DESTINATION ${OWN}/firmware
            FILES_MATCHING PATTERN *.elf)
endif()

# --- data and texts -----------------------------------------------------------------------------
# install_tree(FOLDER DESTINATION PATTERN...): files of the project below FOLDER, each in the folder
# below DESTINATION that it has below FOLDER. What a preset builds, and tests, is none of it.
function(install_tree folder destination)
    list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/${folder}/ OUTPUT_VARIABLE patterns)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/${folder} ${patterns})
    list(FILTER files EXCLUDE REGEX "(^|/)(tests|libmodbus-[^/]*\\.yaml$)")
    foreach(file IN LISTS files)
        cmake_path(GET file PARENT_PATH below)
        install(FILES ${folder}/${file} DESTINATION ${destination}/${below})
    endforeach()
endfunction()

install_tree(harness/criteria ${SHARE}/criteria *.yaml)
install_tree(targets ${SHARE}/targets *.yaml *.ksy *.dict *.in *.cfg *.conf *.csv *.json)
# Peers that campaigns start.
install(PROGRAMS targets/dicom/peer.sh DESTINATION ${SHARE}/targets/dicom)
install(PROGRAMS targets/tls/peer.sh DESTINATION ${SHARE}/targets/tls)
install(PROGRAMS targets/hl7/peer.py DESTINATION ${SHARE}/targets/hl7)

# Texts lie as in the project, so that they find each other.
install(FILES README.md DESTINATION ${DOC})
install(FILES results/README.md DESTINATION ${DOC}/results)
foreach(folder harness targets corpora)
    install_tree(${folder} ${DOC}/${folder} *.md)
endforeach()

# --- manual pages and completion: what the programs say of themselves ----------------------------
set(PAGES ${CMAKE_BINARY_DIR}/pages)
set(COMMANDS_DEF ${PROJECT_SOURCE_DIR}/harness/cli/commands.def)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${COMMANDS_DEF})
file(STRINGS ${COMMANDS_DEF} commands REGEX "^COMMAND")
list(TRANSFORM commands REPLACE "^COMMAND\\((.*)\\).*" "\\1")
set(programs percuss percuss-afl)
if(CLANG)
    list(APPEND programs libfuzzer-devices)
endif()
add_custom_command(OUTPUT ${PAGES}/percuss.1.gz
                   COMMAND ${CMAKE_CURRENT_LIST_DIR}/pages.sh ${CMAKE_BINARY_DIR} ${PAGES} ${commands}
                   DEPENDS ${programs} ${CMAKE_CURRENT_LIST_DIR}/pages.sh
                   COMMENT "Manual pages and completion" VERBATIM)
add_custom_target(pages ALL DEPENDS ${PAGES}/percuss.1.gz)
install(DIRECTORY ${PAGES}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN *.1.gz)
install(FILES ${PAGES}/percuss DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${PAGES}/_percuss DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)

# --- the package --------------------------------------------------------------------------------
set(PACKAGE ${CMAKE_BINARY_DIR}/package)
set(PERCUSS_MAINTAINER "percuss contributors <percuss@example.org>" CACHE STRING
    "Who answers for the package: name and address")
# A text as a field of Debian's control files continues: indented, no line empty.
function(package_field file variable)
    file(STRINGS ${file} lines)
    set(field "")
    foreach(line IN LISTS lines)
        if(line MATCHES "^---") # what follows our own license is about single folders
            break()
        endif()
        string(STRIP "${line}" line)
        if(line STREQUAL "")
            set(line ".")
        endif()
        string(APPEND field " ${line}\n")
    endforeach()
    string(REGEX REPLACE "( \\.\n)+$" "" field "${field}")
    set(${variable} "${field}" PARENT_SCOPE)
endfunction()

package_field(LICENSE LICENSE_TEXT)
# What firmware with a network has within it brings its license with its source.
set(LWIP_COPYING ${PROJECT_SOURCE_DIR}/build/sources/lwip/patched/source/COPYING)
if(EXISTS ${LWIP_COPYING})
    package_field(${LWIP_COPYING} LWIP_TEXT)
    set(LWIP_PARAGRAPH "
Files: usr/libexec/percuss/firmware/pump-net-*
 usr/libexec/percuss/firmware/pump-sender-*
Copyright: 2026 percuss contributors
 2001-2002 Swedish Institute of Computer Science
Comment: lwIP, a TCP/IP stack, is linked into it.
License: BSD-2-Clause and lwIP
 What is percuss's is under BSD-2-Clause, below; lwIP under this:
 .
${LWIP_TEXT}")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/changelog ${PACKAGE}/changelog @ONLY)
configure_file(${CMAKE_CURRENT_LIST_DIR}/copyright ${PACKAGE}/copyright @ONLY)
# Without name and time, so that the same text has the same bytes.
execute_process(COMMAND gzip -9nc INPUT_FILE ${PACKAGE}/changelog
                OUTPUT_FILE ${PACKAGE}/changelog.gz COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${PACKAGE}/copyright ${PACKAGE}/changelog.gz DESTINATION ${DOC})
install(FILES ${CMAKE_CURRENT_LIST_DIR}/lintian-overrides
        DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME percuss)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME percuss)
set(CPACK_PACKAGE_CONTACT ${PERCUSS_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "fuzzing and security tests of device protocols, with evidence")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "\
Drives the interfaces of a medical or industrial device with wrong, late and
unexpected traffic, watches what the device does, and turns what it saw into
evidence that a regulator, a hospital or a colleague can check. One protocol
model serves firmware in an emulator, software, and hardware on a bench, over
serial lines and networks.

With models, sessions and campaigns for Modbus, HL7 v2, DICOM, LIS, MQTT, CoAP,
IEEE 11073 and CANopen, firmware of emulated devices with and without planted
defects, and engines for AFL++ and libFuzzer.")
set(CPACK_PACKAGE_DIRECTORY ${PACKAGE})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "qemu-system-arm, weasyprint")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "afl++, python3, mosquitto, dcmtk, libcoap3-bin, python3-hl7")
include(CPack)
