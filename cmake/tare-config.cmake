include(${CMAKE_CURRENT_LIST_DIR}/tare-dependencies.cmake)
if(TARE_DEPENDENCIES)
  include(${CMAKE_CURRENT_LIST_DIR}/tare-targets.cmake)
endif()
