# omb_io_unit(NAME helpers...): a unit test of io with files of tests/support.
function(omb_io_unit name)
  omb_unit(${name} USES io office cases crypto base)
  foreach(helper IN LISTS ARGN)
    target_sources(unit_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support/${helper}.c)
  endforeach()
  target_include_directories(unit_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
endfunction()

omb_io_unit(config folder)
target_compile_definitions(unit_config PRIVATE
  OMB_MAN_PAGE="${PROJECT_SOURCE_DIR}/node/ombud.conf.5")
omb_io_unit(daemon folder)
omb_io_unit(files folder)
omb_unit(log USES io base)
omb_io_unit(officekeys folder)
omb_io_unit(tzif folder)
omb_io_unit(store folder storeroom port_suite)
omb_io_unit(store_damage folder storeroom)
omb_io_unit(store_forget folder storeroom)
omb_unit(syncer USES io base)
omb_io_unit(net folder place)
omb_io_unit(net_door folder place)

# The loop with a core and a store of a few lines in place of the real ones, which it must not link.
omb_unit(loop USES io wire crypto base)
target_sources(unit_loop PRIVATE
  ${PROJECT_SOURCE_DIR}/tests/support/fake_office.c
  ${PROJECT_SOURCE_DIR}/tests/support/folder.c
  ${PROJECT_SOURCE_DIR}/tests/support/place.c)
target_include_directories(unit_loop PRIVATE ${PROJECT_SOURCE_DIR}/tests)
