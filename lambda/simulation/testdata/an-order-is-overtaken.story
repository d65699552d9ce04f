# One event is for two servers, of which one goes before the other: both are recorded, then started at the same time. The claim is held to
# what was read of the one before.
broke claim-out-of-order
seed 13
hours 6h0m0s
calm 3h0m0s
limit 0
topics text,records,chat
server puppet-02 backend=ssm node=mi-2 own=false from=0 until=0 expires=20m0s cooldown=1h0m0s deadline=1h30m0s stale=15m0s daily=1 keep=false approval= after=
server puppet-03 backend=ssm node=mi-1 own=true from=0 until=0 expires=0s cooldown=10m0s deadline=1h30m0s stale=15m0s daily=1 keep=false approval= after=puppet-02
at 2h58m48.688s schedule-1 schedule server=puppet-02,automate-06,puppet-03 name=weekly time=2h58m47s
explicit

