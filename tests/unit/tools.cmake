# The command line. Where a library is hidden from others the test of its output sees it too.
foreach(test cli_csv cli_titles cli_when cli_table cli_verbs cli_parse cli_fill cli_rows)
  omb_unit(${test} USES cli io office cases ledger figures wire crypto base)
endforeach()
omb_unit(cli_json USES cli io office cases ledger figures wire crypto base)
target_link_libraries(unit_cli_json PRIVATE PkgConfig::JANSSON)

# A new office in a folder of its own.
omb_unit(cli_join USES cli io office cases ledger figures wire crypto base)
target_sources(unit_cli_join PRIVATE ${PROJECT_SOURCE_DIR}/tests/support/folder.c)
target_include_directories(unit_cli_join PRIVATE ${PROJECT_SOURCE_DIR}/tests)
