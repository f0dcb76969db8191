# A short build of llama-cpp-python: the library that Python loads, for this machine's processor, and nothing else.
#   CMAKE_ARGS="-C '$PWD/llama.cmake'" pip install ...
# CMake reads this file twice: as its initial cache, and again when the project llama.cpp begins.

if(NOT PROJECT_NAME)
  set(LLAVA_BUILD OFF CACHE BOOL "for models that see")
  set(CMAKE_PROJECT_llama.cpp_INCLUDE "${CMAKE_CURRENT_LIST_FILE}" CACHE FILEPATH "")
else()
  # llama-cpp-python switches llama.cpp's `common` library on by force, a third of the work, and never loads it. A plain
  # variable hides the forced one.
  set(LLAMA_BUILD_COMMON OFF)
endif()
