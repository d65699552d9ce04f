# The ledger is down while OpsWorks CM works: nobody looks, and the maintenance fails. That nothing is seen of it afterwards proves nothing.
broke began-after-all
seed 1
hours 6h0m0s
calm 3h0m0s
limit 0
topics text,records,chat
server automate-06 backend=opsworks-cm node= own=false from=0 until=0 expires=2h0m0s cooldown=10m0s deadline=1h30m0s stale=15m0s daily=3 keep=false approval=
at 10m0s a alarm server=automate-06 name=disk time=10m0s
at 10m5s b outage service=ledger how=fail-before for=1h10m0s
explicit
odd maint-automate-06-a.2 bad-run = bad-run 0s
