# Flags that every target of the project shares; library headers from the system stay free of our warnings.
add_library(tollgate_options INTERFACE)
target_include_directories(tollgate_options INTERFACE ${CMAKE_SOURCE_DIR})
target_include_directories(tollgate_options SYSTEM INTERFACE ${EXPECTED_INCLUDE})
target_compile_options(tollgate_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -fno-omit-frame-pointer
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety -Werror=thread-safety>)
option(TOLLGATE_WERROR "Treat warnings as errors" ON)
if(TOLLGATE_WERROR)
  target_compile_options(tollgate_options INTERFACE -Werror)
endif()
if(TOLLGATE_SANITIZE)
  target_compile_options(tollgate_options INTERFACE -fsanitize=${TOLLGATE_SANITIZE})
  target_link_options(tollgate_options INTERFACE -fsanitize=${TOLLGATE_SANITIZE})
  if(NOT TOLLGATE_SANITIZE MATCHES "thread")
    # The check of vtables needs a descriptor, and there is a test without any left.
    target_compile_options(tollgate_options INTERFACE -fno-sanitize-recover=all -fno-sanitize=vptr)
  endif()
endif()
if(TOLLGATE_HARDENED)
  target_compile_options(tollgate_options INTERFACE
    -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  target_link_options(tollgate_options INTERFACE -Wl,-z,relro,-z,now)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES CXX)
endif()
