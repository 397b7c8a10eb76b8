# Firmware images of an emulated device: every board it is for, fixed and defective.
# Part of the native build, so the cross compiler is called by custom commands.
include_guard()

find_program(FIRMWARE_CC arm-none-eabi-gcc)
if(NOT FIRMWARE_CC)
    message(FATAL_ERROR "arm-none-eabi-gcc not found: install the packages that "
                        "scripts/packages.txt lists (gcc-arm-none-eabi)")
endif()
find_program(FIRMWARE_QEMU qemu-system-arm)
find_program(FIRMWARE_PYTHON python3)

set(FIRMWARE_OUTPUT ${CMAKE_BINARY_DIR}/firmware)
set(FIRMWARE_BOARD ${CMAKE_CURRENT_LIST_DIR}/board)
set(FIRMWARE_FLAGS -std=gnu17 -mcpu=cortex-m3 -mthumb -Os -g -ffreestanding -Wall -Wextra
    -Werror -Wno-override-init -fno-tree-loop-distribute-patterns -ffunction-sections
    -fdata-sections -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.
    -ffile-prefix-map=${CMAKE_BINARY_DIR}=. -nostdlib -Wl,--gc-sections -Wl,--build-id=none
    -Wl,--no-warn-rwx-segments)

# lwIP, which scripts/sources unpacks, as network/ sets it up: one object for all images.
set(FIRMWARE_NETWORK ${CMAKE_CURRENT_LIST_DIR}/network)
cmake_path(SET FIRMWARE_LWIP NORMALIZE
           ${CMAKE_CURRENT_LIST_DIR}/../../build/sources/lwip/patched/source)
set(FIRMWARE_NETWORK_INCLUDES -I${FIRMWARE_NETWORK} -isystem ${FIRMWARE_LWIP}/src/include)
set(FIRMWARE_LWIP_OBJECT ${FIRMWARE_OUTPUT}/lwip.o)

# firmware_network(VARIABLE): whether lwIP is there; makes its object on the first call.
function(firmware_network variable)
    file(GLOB sources ${FIRMWARE_LWIP}/src/core/*.c ${FIRMWARE_LWIP}/src/core/ipv4/*.c
         ${FIRMWARE_LWIP}/src/netif/ethernet.c)
    if(NOT sources)
        message(STATUS "firmware with a network is left out: run scripts/sources first")
        set(${variable} FALSE PARENT_SCOPE)
        return()
    endif()
    set(${variable} TRUE PARENT_SCOPE)
    if(TARGET firmware-lwip)
        return()
    endif()
    file(GLOB headers CONFIGURE_DEPENDS ${FIRMWARE_NETWORK}/*.h ${FIRMWARE_NETWORK}/arch/*.h)
    add_custom_command(OUTPUT ${FIRMWARE_LWIP_OBJECT}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${FIRMWARE_OUTPUT}
        COMMAND ${FIRMWARE_CC} ${FIRMWARE_FLAGS} -w -ffile-prefix-map=${FIRMWARE_LWIP}=lwip -r
                -Wl,--no-gc-sections
                ${FIRMWARE_NETWORK_INCLUDES} ${sources} -o ${FIRMWARE_LWIP_OBJECT}
        DEPENDS ${sources} ${headers}
        COMMENT "Firmware lwip.o"
        VERBATIM)
    add_custom_target(firmware-lwip DEPENDS ${FIRMWARE_LWIP_OBJECT})
endfunction()

# firmware_add(DEVICE [VARIETY word] [NETWORK] BOARDS board... SOURCES file...):
# DEVICE[-VARIETY]-{fixed,defective}-BOARD.elf in FIRMWARE_OUTPUT and the test
# firmware_DEVICE[_VARIETY], which runs test_DEVICE[_VARIETY].py. A variety is the same device
# with other sources. A source that starts with "board/" is shared; the images differ by
# <DEVICE>_DEFECTIVE, 0 or 1. NETWORK: with the board's Ethernet and lwIP; left out where
# scripts/sources has not run.
function(firmware_add device)
    cmake_parse_arguments(PARSE_ARGV 1 ADD "NETWORK" "VARIETY" "BOARDS;SOURCES")
    string(TOUPPER ${device} prefix)
    set(test ${device})
    if(ADD_VARIETY)
        set(test ${device}_${ADD_VARIETY})
        set(device ${device}-${ADD_VARIETY})
    endif()
    set(here ${CMAKE_CURRENT_SOURCE_DIR})
    list(TRANSFORM ADD_SOURCES REPLACE "^board/(.*)" "${FIRMWARE_BOARD}/\\1")
    list(TRANSFORM ADD_SOURCES REPLACE "^([^/].*)" "${here}/\\1")
    file(GLOB headers CONFIGURE_DEPENDS ${here}/*.h ${FIRMWARE_BOARD}/*.h)
    set(network)
    if(ADD_NETWORK)
        firmware_network(found)
        if(NOT found)
            return()
        endif()
        set(network -DBOARD_NETWORK ${FIRMWARE_NETWORK_INCLUDES} ${FIRMWARE_LWIP_OBJECT})
        list(APPEND ADD_SOURCES ${FIRMWARE_NETWORK}/network.c)
        list(APPEND headers ${FIRMWARE_NETWORK}/network.h ${FIRMWARE_LWIP_OBJECT})
    endif()
    set(variants fixed defective)
    set(images)
    foreach(board ${ADD_BOARDS})
        foreach(defective 0 1)
            list(GET variants ${defective} variant)
            set(image ${FIRMWARE_OUTPUT}/${device}-${variant}-${board}.elf)
            set(sources ${ADD_SOURCES} ${FIRMWARE_BOARD}/board_${board}.c)
            if(ADD_NETWORK)
                list(APPEND sources ${FIRMWARE_BOARD}/ethernet_${board}.c)
            endif()
            add_custom_command(OUTPUT ${image}
                COMMAND ${CMAKE_COMMAND} -E make_directory ${FIRMWARE_OUTPUT}
                COMMAND ${FIRMWARE_CC} ${FIRMWARE_FLAGS} -D${prefix}_DEFECTIVE=${defective}
                        -I${FIRMWARE_BOARD} -L${FIRMWARE_BOARD} -T ${board}.ld
                        ${sources} ${network} -lgcc -o ${image}
                DEPENDS ${sources} ${headers} ${FIRMWARE_BOARD}/${board}.ld
                        ${FIRMWARE_BOARD}/sections.ld
                COMMENT "Firmware ${device}-${variant}-${board}.elf"
                VERBATIM)
            list(APPEND images ${image})
        endforeach()
    endforeach()
    add_custom_target(firmware-${device} ALL DEPENDS ${images})
    if(FIRMWARE_QEMU AND FIRMWARE_PYTHON)
        add_test(NAME firmware_${test}
            COMMAND ${FIRMWARE_PYTHON} ${here}/test_${test}.py ${FIRMWARE_OUTPUT})
        # Thousands of frames without one that a busy host splits: alone.
        set_tests_properties(firmware_${test} PROPERTIES TIMEOUT 300 LABELS once RUN_SERIAL ON)
    endif()
endfunction()
