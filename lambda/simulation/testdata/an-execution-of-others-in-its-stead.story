# The answer to a start is lost, and somebody begins the same runbook in its stead, which carries no run's id: it is taken for the run's.
broke start-after-its-conclusion
seed 1192018
hours 6h0m0s
calm 3h0m0s
limit 1
topics text,records,chat
server puppet-01 backend=ssm node=mi-1 own=true from=0 until=0 expires=2h0m0s cooldown=1h0m0s deadline=20m0s stale=15m0s daily=0 keep=false approval= after=
server puppet-02 backend=ssm node=mi-2 own=false from=0 until=0 expires=1h0m0s cooldown=0s deadline=1h30m0s stale=15m0s daily=0 keep=false approval= after=
at 1h12m17.096s alarm-puppet-01-3 alarm server=puppet-01 name=health time=1h12m14.589s
at 1h14m53.797s alarm-puppet-02-3 alarm server=puppet-02 name=health time=1h14m53.174s
explicit
odd alarm-puppet-01-3 ssm.Look puppet-01 look 0 = die-late 13.282019469s
odd exec-puppet-01-alarm-puppet-01-3'.2 queue = queue 18m48.872931489s
odd sweep-98 retard = retard 1m18.860011626s
odd end-exec-puppet-01-alarm-puppet-01-3'.2 end-late = end-late 7m49.303602723s
odd stops-puppet-02-sweep-98.1 click-stop = stop 1.136894ms
odd sweep-98 ssm.Start puppet-02-alarm-puppet-02-3.1 - 0 = die-late 3m22.939474462s
odd rival-puppet-02-sweep-98.1 rival = rival 20.70514339s
