# The ledger was down past the deadline, and the first look after it finds no server: that is no sign that the maintenance goes on.
broke true-overdue
seed 49257
hours 6h0m0s
calm 3h0m0s
limit 1
topics text
server automate-06 backend=opsworks-cm node= own=false from=0 until=0 expires=20m0s cooldown=0s deadline=20m0s stale=15m0s daily=3 keep=false approval=
at 1h24m42.183s alarm-automate-06-3 alarm server=automate-06 name=disk time=1h24m41.103s
at 1h35m44.29s outage-ledger outage service=ledger how=hang-after for=51m15s
explicit
odd automate-06-7 empty = empty 3m48.723365933s
