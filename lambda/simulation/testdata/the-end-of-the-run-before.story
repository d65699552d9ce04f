# The run before ended in the second of the claim, whose answer was lost: what the server shows since is no proof of either.
broke finished-starting
seed 107514
hours 6h0m0s
calm 3h0m0s
limit 1
topics text,records,chat
server automate-06 backend=opsworks-cm node= own=false from=0 until=0 expires=2h0m0s cooldown=0s deadline=20m0s stale=15m0s daily=0 keep=false approval= after=
at 4m42.176s alarm-automate-06-3 alarm server=automate-06 name=health time=4m39.824s
explicit
odd alarm-automate-06-3 ledger.Limit 1 - 0 = fail-before 0s
odd maint-automate-06-alarm-automate-06-3'.2 begin-late = begin-late 1m37.136231377s
odd sweep-52 retard = retard 29.003591229s
odd again-automate-06-alarm-automate-06-3'.1 again = alarm -434.866816ms
odd again-automate-06-alarm-automate-06-3'.1 ledger.Commit-claim automate-06-again-automate-06-alarm-automate-06-3'.1.1 - 0 = fail-after 0s
