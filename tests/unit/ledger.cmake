omb_unit(certify USES ledger wire crypto base)
omb_unit(record USES ledger wire crypto base)
omb_unit(ledger_link USES ledger wire crypto base)
omb_unit(witness USES ledger wire crypto base)
