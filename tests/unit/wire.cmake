omb_unit(wire_fence USES wire base)
omb_unit(wire_header USES wire base)
omb_unit(wire_request USES wire base)
omb_unit(wire_round USES wire base)
