# omb_office_unit(NAME helpers...): a unit test of the core with files of tests/support.
function(omb_office_unit name)
  omb_unit(${name} USES office cases ledger figures wire crypto base)
  foreach(helper IN LISTS ARGN)
    target_sources(unit_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support/${helper}.c)
  endforeach()
  target_include_directories(unit_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
endfunction()

omb_office_unit(memport memport port_suite)
omb_office_unit(writes memport)

# The office below its desk: a test's own function answers (support/scripted_desk.c).
omb_office_unit(append rig memport casework scripted_desk)

# The office with its real desk, by requests alone.
omb_office_unit(desk_case rig memport deskwork)
omb_office_unit(casefile rig memport casework scripted_desk)
omb_office_unit(found rig memport scripted_desk)
omb_office_unit(lookup rig memport casework scripted_desk)
omb_office_unit(tick rig memport casework scripted_desk)
omb_office_unit(requests rig memport casework scripted_desk)
omb_office_unit(vault rig memport casework scripted_desk)
omb_office_unit(desk_rights rig memport deskwork)
omb_office_unit(desk_list rig memport deskwork)
omb_office_unit(desk_import rig memport deskwork)
omb_office_unit(desk_logs rig memport deskwork)
omb_office_unit(desk_store rig memport deskwork)
omb_office_unit(desk_office rig memport deskwork)
omb_office_unit(desk_path rig memport deskwork)
omb_office_unit(desk_grants rig memport deskwork family)
omb_office_unit(desk_erasure rig memport deskwork family)
omb_office_unit(storm rig memport deskwork whim)
omb_office_unit(recover rig memport deskwork)
