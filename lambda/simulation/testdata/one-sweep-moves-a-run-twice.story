# One sweep lets a run be joined by a success and moves it: what it owes is published once, of its later version.
broke repeated
seed 120
hours 6h0m0s
calm 3h0m0s
limit 1
topics text,records,chat
server automate-06 backend=opsworks-cm node= own=false from=0 until=0 expires=0s cooldown=0s deadline=20m0s stale=15m0s daily=0 keep=false approval= after=
server puppet-03 backend=ssm node=mi-1 own=true from=0 until=0 expires=2h0m0s cooldown=0s deadline=20m0s stale=15m0s daily=3 keep=false approval= after=automate-06
server puppet-01 backend=ssm node=mi-1 own=true from=0 until=0 expires=0s cooldown=0s deadline=3h0m0s stale=15m0s daily=1 keep=false approval= after=puppet-03
at 2h26m49.333s alarm-automate-06-0 alarm server=automate-06 name=disk time=2h26m47.11s
at 2h52m2.598s schedule-0 schedule server=automate-06,puppet-03,puppet-01,puppet-02 name=weekly time=2h52m1s
explicit
