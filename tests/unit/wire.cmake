omb_unit(wire_round USES wire base)
