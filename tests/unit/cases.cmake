omb_unit(calendar USES cases base)
omb_unit(number USES cases crypto wire base)
omb_unit(zone USES cases base)
