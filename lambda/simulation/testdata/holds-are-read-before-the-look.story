# A claim is tried again after another's, with a look of its own: the holds are read with it, not before.
broke holds-are-read-with-the-look
seed 95
hours 6h0m0s
calm 3h0m0s
limit 0
topics text,records,chat
server automate-06 backend=opsworks-cm node= own=false from=30 until=115 expires=2h0m0s cooldown=10m0s deadline=1h30m0s stale=15m0s daily=1 keep=false approval= after=
server puppet-01 backend=ssm node=mi-1 own=true from=0 until=0 expires=1h0m0s cooldown=1h0m0s deadline=3h0m0s stale=15m0s daily=0 keep=false approval= after=
at 1h51m50.712s schedule-0 schedule server=puppet-02,automate-06,puppet-01 name=weekly time=1h51m50s
explicit
odd schedule-0 ledger.Read puppet-01 2 0 answer slow = slow 8.519320806s
odd schedule-0 ledger.Commit-claim automate-06-schedule-0.1 1 0 answer slow = slow 6.674764657s
odd sweep-112 ledger.Commit-claim automate-06-schedule-0.1 - 0 answer slow = slow 6.930302522s
