# Who asked for a hold died, and the hold lands after another was released: what says that it was released is true, and comes late.
broke true-released
seed 3020518
hours 6h0m0s
calm 3h0m0s
limit 2
topics text,records,chat
server automate-06 backend=opsworks-cm node= own=false from=30 until=95 expires=2h0m0s cooldown=10m0s deadline=3h0m0s stale=15m0s daily=3 keep=false approval= after= blocked=
at 30m0.46s brake-alarm-automate-06-0.1 hold server=automate-06 for=50m11s
at 31m17.049s brake-alarm-automate-06-1.1 hold server=automate-06 for=45m37s
at 31m17.835s unbrake-alarm-automate-06-1 release server=automate-06
explicit
odd brake-alarm-automate-06-0.1 ledger.Commit-hold automate-06-brake-alarm-automate-06-0.1.1 - 0 = die-late 2m53.630568334s
odd unbrake-alarm-automate-06-1 sns.records automate-06-brake-alarm-automate-06-1.1.1/released 1 0 = fail-before 0s
