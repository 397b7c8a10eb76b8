# cmake -D SOURCE=folder -D BUILD=folder -P headers.cmake: two headers of what DCMTK finds out about
# the machine, by its own CMake project, into its sources; once, since it takes half a minute.
set(headers config/include/dcmtk/config)
if(EXISTS ${SOURCE}/${headers}/osconfig.h)
    return()
endif()
set(without)
foreach(part ICONV ICU OPENSSL PNG SNDFILE TIFF WRAP XML ZLIB)
    list(APPEND without -DDCMTK_WITH_${part}=OFF)
endforeach()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BUILD} -DBUILD_APPS=OFF ${without}
                        # Debian's patches want to be told where the dictionaries go.
                        -DCMAKE_INSTALL_DATADIC=share/dicom
                        -DDCMTK_DEFAULT_DICT=builtin -DDCMTK_USE_DCMDICTPATH=OFF
                COMMAND_ERROR_IS_FATAL ANY)
file(COPY ${BUILD}/${headers}/arith.h ${BUILD}/${headers}/osconfig.h
     DESTINATION ${SOURCE}/${headers})
file(REMOVE_RECURSE ${BUILD})
