omb_unit(wire_fence USES wire base)
omb_unit(wire_header USES wire base)
# Beside protobuf-c itself, with the code that it generates.
omb_unit(wire_pack USES wire base)
target_link_libraries(unit_wire_pack PRIVATE omb_proto)
omb_unit(wire_request USES wire base)
omb_unit(wire_round USES wire base)
