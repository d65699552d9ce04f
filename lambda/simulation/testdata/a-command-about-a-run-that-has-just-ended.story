# An operator asks for a run that is over by the time its server has been read: the command starts no other run.
broke acts-on-its-run
seed 1011370
hours 6h0m0s
calm 3h0m0s
limit 2
topics text,records
deep
server puppet-01 backend=ssm node=mi-1 own=true from=90 until=180 expires=1h0m0s cooldown=0s deadline=3h0m0s stale=15m0s daily=0 keep=false approval= after=
at 30m1.825s schedule-0 schedule server=puppet-01,puppet-02 name=weekly time=30m0s
at 1h30m0s operator-puppet-01-0 start server=puppet-01 override=window run=1
explicit
odd operator-puppet-01-0 ledger.GetItem puppet-01 - 0 = hang-after 24.657571536s
