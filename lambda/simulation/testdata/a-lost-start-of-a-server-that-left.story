# The answer to its start was lost, and the server is gone: nothing says whether it began, so it must not wait and begin once more.
broke began-after-all
seed 8028809
hours 6h0m0s
calm 3h0m0s
limit 0
topics text,records,chat
server automate-06 backend=opsworks-cm node= own=false from=0 until=0 expires=2h0m0s cooldown=0s deadline=3h0m0s stale=15m0s daily=0 keep=false approval= after= blocked=
at 2h1m12.313s schedule-1 schedule server=automate-06 name=weekly time=2h1m10s
at 2h49m37.852s gone-automate-06 gone server=automate-06
explicit
odd schedule-1 opsworks-cm.Look automate-06 look 0 = fail-after 0s
odd sweep-123 ledger.Due due - 0 = hang-after 25.342741296s
odd again-automate-06-schedule-1.1 again = alarm 8m23.361096868s
odd again-automate-06-schedule-1.1 opsworks-cm.Start automate-06-again-automate-06-schedule-1.1.1 - 0 = fail-after 0s
