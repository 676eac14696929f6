# The command line. Where a library is hidden from others the test of its output sees it too.
foreach(test cli_csv cli_titles cli_when cli_table cli_verbs cli_parse cli_fill cli_rows
        cli_escrowed)
  omb_unit(${test} USES cli io office cases ledger figures wire crypto base)
endforeach()
omb_unit(cli_json USES cli io office cases ledger figures wire crypto base)
target_link_libraries(unit_cli_json PRIVATE PkgConfig::JANSSON)

# With a folder of their own.
foreach(test cli_join cli_target)
  omb_unit(${test} USES cli io office cases ledger figures wire crypto base)
  target_sources(unit_${test} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support/folder.c)
  target_include_directories(unit_${test} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
endforeach()
