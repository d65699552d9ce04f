# The write of what Start answered failed, and the next one, which gave the lease back, did not: nobody could tell the run from what others began.
broke finished-starting
seed 4054965
hours 6h0m0s
calm 3h0m0s
limit 0
topics text,records,chat
server puppet-02 backend=ssm node=mi-2 own=false from=0 until=0 expires=2h0m0s cooldown=0s deadline=3h0m0s stale=15m0s daily=0 keep=false approval= after= blocked=
server automate-06 backend=opsworks-cm node= own=false from=0 until=0 expires=2h0m0s cooldown=1h0m0s deadline=3h0m0s stale=15m0s daily=0 keep=false approval= after= blocked=
at 1h20m16.202s alarm-puppet-02-1.way alarm server=puppet-02 name=disk time=1h20m15.615s way=sns
at 1h21m52.522s alarm-automate-06-1 alarm server=automate-06 name=health time=1h21m51.495s way=sns
at 1h24m31.924s foreign-puppet-02 foreign server=puppet-02 for=47m8s
explicit
odd alarm-puppet-02-1.way ledger.Commit-move puppet-02-alarm-puppet-02-1.way.1 - 0 = fail-before 0s
odd sweep-82 ssm.Follow puppet-02-alarm-puppet-02-1.way.1 - 0 list lag = lag 3m58.24444159s
odd sweep-83 ledger.Due due - 0 = die-before 0s
odd sweep-84 ssm.Follow puppet-02-alarm-puppet-02-1.way.1 1 0 = die-before 0s
