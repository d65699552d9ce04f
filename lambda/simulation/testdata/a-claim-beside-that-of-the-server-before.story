# Alarms ask for two servers, of which one goes before the other, in the same moment: the other has read that nothing goes on there. Its
# claim is held to that.
broke claim-out-of-order
seed 115
hours 6h0m0s
calm 3h0m0s
limit 2
topics text,records,chat
server puppet-01 backend=ssm node=mi-1 own=true from=0 until=0 expires=20m0s cooldown=1h0m0s deadline=1h30m0s stale=15m0s daily=0 keep=false approval= after= blocked=
server puppet-02 backend=ssm node=mi-2 own=false from=0 until=0 expires=0s cooldown=0s deadline=1h30m0s stale=15m0s daily=3 keep=false approval= after=puppet-01 blocked=
at 22m36.467s alarm-puppet-02-3 alarm server=puppet-02 name=health time=22m34.701s
at 22m36.548s before-alarm-puppet-02-3 alarm server=puppet-01 name=before time=22m34.701s
explicit
