# Flags every target of ours shares; third-party headers come in as SYSTEM.
add_library(mando_flags INTERFACE)
target_compile_features(mando_flags INTERFACE c_std_17)
target_compile_definitions(mando_flags INTERFACE _DEFAULT_SOURCE)
target_compile_options(mando_flags INTERFACE
  -ffp-contract=off -fvisibility=hidden -fno-strict-aliasing
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wformat=2 -Wvla -Werror)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(MANDO_ASSERTS)
  foreach(kind RELEASE RELWITHDEBINFO)
    string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_${kind} "${CMAKE_C_FLAGS_${kind}}")
  endforeach()
endif()
if(MANDO_SANITIZE)
  add_compile_options(-fsanitize=${MANDO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MANDO_SANITIZE})
endif()
if(MANDO_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# One object library for each layer: mando_layer(base). Its sources are src/<layer>/*.c.
function(mando_layer layer)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/${layer}/*.c)
  if(NOT sources)
    return()
  endif()
  add_library(mando_${layer} OBJECT ${sources})
  target_include_directories(mando_${layer} PUBLIC
    ${CMAKE_CURRENT_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/mando-lib-macro
    PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_link_libraries(mando_${layer} PRIVATE mando_flags ${ARGN})
endfunction()
