omb_unit(hash USES crypto base)
omb_unit(keyfile USES crypto base)
omb_unit(merkle USES crypto base)
omb_unit(seal USES crypto base)
omb_unit(sign USES crypto base)

# Known answers of the standards and other implementations' boxes are asked of the library itself.
target_link_libraries(unit_hash PRIVATE PkgConfig::SODIUM)
target_link_libraries(unit_seal PRIVATE PkgConfig::SODIUM)
target_link_libraries(unit_sign PRIVATE PkgConfig::SODIUM)
