omb_unit(calendar USES cases base)
omb_unit(deadline USES cases wire base)
omb_unit(number USES cases crypto wire base)
omb_unit(policy USES cases wire base)
omb_unit(zone USES cases base)

# omb_story_unit(NAME): a unit test of the fold and its rules, told as stories.
function(omb_story_unit name)
  omb_unit(${name} USES cases wire base)
  target_sources(unit_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support/story.c)
  target_include_directories(unit_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
endfunction()

omb_story_unit(fold_clocks)
omb_story_unit(fold_custody)
omb_story_unit(fold_row)
omb_story_unit(fold_spine)
omb_story_unit(fold_waits)
omb_story_unit(rules)
