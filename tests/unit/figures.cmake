omb_unit(measure USES figures wire base)
omb_unit(report USES figures wire base)
