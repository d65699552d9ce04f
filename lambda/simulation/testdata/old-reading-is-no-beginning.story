# A server is maintained again at once. A reading of before, when the first maintenance went on, is no proof that the second began, which
# OpsWorks CM has accepted and never begins: people are told that it succeeded.
broke began-is-seen
seed 1
hours 6h0m0s
calm 3h0m0s
limit 0
topics text
server automate-06 backend=opsworks-cm node= own=false from=0 until=0 expires=20m0s cooldown=0s deadline=1h30m0s stale=15m0s daily=0 keep=false approval=
at 10m0s a alarm server=automate-06 name=disk time=10m0s
explicit
odd again-automate-06-a.1 again = alarm 20s
odd maint-automate-06-again-automate-06-a.1.2 never = never 0s
odd sweep-33 opsworks-cm.Follow automate-06-again-automate-06-a.1.1 - 0 server lag = lag 4m54s
