omb_unit(certify USES ledger wire crypto base)
omb_unit(record USES ledger wire crypto base)
