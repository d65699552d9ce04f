# The calendar closes before an execution begins. The write that asks for its stop dies, lands late, and the execution has begun by then: it is
# left alone.
broke stop-reaches-its-work
seed 4755007
hours 6h0m0s
calm 3h0m0s
limit 0
topics text,records,chat
server puppet-02 backend=ssm node=mi-2 own=false from=0 until=0 expires=2h0m0s cooldown=10m0s deadline=20m0s stale=15m0s daily=0 keep=false approval=alarm after= blocked=
server puppet-03 backend=ssm node=mi-1 own=true from=0 until=0 expires=1h0m0s cooldown=1h0m0s deadline=1h30m0s stale=15m0s daily=0 keep=false approval= after=puppet-02 blocked=
at 2h32m8.518s alarm-puppet-03-3.way alarm server=puppet-03 name=disk time=2h32m8.448s way=sns
at 2h33m19.097s alarm-puppet-02-3 alarm server=puppet-02 name=health time=2h33m17.026s way=action
at 2h52m50.207s calendar-puppet-03 calendar server=puppet-03 for=50m47s
explicit
odd exec-puppet-03-alarm-puppet-03-3.way.2 queue = queue 23m1.137704869s
odd sweep-155 ledger.Read puppet-02 0 0 = die-late 18.281500396s
odd sweep-155' ledger.Due due - 0 puppet-02-alarm-puppet-02-3.1 stale = stale 1m7.13447317s
odd sweep-160 ledger.Commit-move puppet-02-alarm-puppet-02-3.1 0 0 = hang 7.84882418s
odd sweep-162 ledger.Due slot - 0 = hang 5.985976854s
odd sweep-162 ledger.Read puppet-02 1 0 = fail-after 0s
odd sweep-171 ledger.Due due - 0 = fail-after 0s
odd sweep-173 ledger.Commit-move puppet-03-alarm-puppet-03-3.way.1 1 0 = die-late 4.864208058s
