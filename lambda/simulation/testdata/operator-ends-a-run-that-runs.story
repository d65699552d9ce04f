# Two operators start what waits, at the same time. The second decides on the run of the first, which runs by then, as if it still waited, and
# ends it.
broke true-error
seed 203024
hours 6h0m0s
calm 3h0m0s
limit 0
topics text,records
server puppet-03 backend=ssm node=mi-1 own=true from=20 until=40 expires=20m0s cooldown=10m0s deadline=3h0m0s stale=15m0s daily=3 keep=false approval=
at 19m55.975s alarm-puppet-03-2 alarm server=puppet-03 name=disk time=19m53.72s
at 20m0s operator-puppet-03-0 start server=puppet-03
at 20m0s operator-puppet-03-2 start server=puppet-03 run=1
explicit
odd operator-puppet-03-2 ssm.Look puppet-03 look 0 answer slow = slow 3s
