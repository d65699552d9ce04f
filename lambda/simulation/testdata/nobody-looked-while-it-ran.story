# Nobody looked while the maintenance was under way, and no event of it is left: that it never began, nobody can say.
broke began-after-all
seed 119434
hours 6h0m0s
calm 3h0m0s
limit 2
topics text,records,chat
server automate-06 backend=opsworks-cm node= own=false from=0 until=0 expires=0s cooldown=1h0m0s deadline=1h30m0s stale=15m0s daily=0 keep=false approval= after=
at 1h14m2.744s schedule-1 schedule server=automate-06 name=weekly time=1h14m1s
at 1h14m42.378s outage-ledger outage service=ledger how=hang-after for=22m46s
explicit
odd maint-automate-06-schedule-1.2 no-event = no-event 0s
