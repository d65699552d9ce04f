# The server is missing from two answers, each for less than five minutes, with every look in between lost: that is not ten minutes.
broke true-failed
seed 25858
hours 6h0m0s
calm 3h0m0s
limit 1
topics text,records,chat
server automate-06 backend=opsworks-cm node= own=false from=0 until=0 expires=2h0m0s cooldown=0s deadline=3h0m0s stale=15m0s daily=0 keep=false approval=alarm
server puppet-03 backend=ssm node=mi-1 own=true from=0 until=0 expires=20m0s cooldown=0s deadline=3h0m0s stale=15m0s daily=0 keep=false approval=
server puppet-01 backend=ssm node=mi-1 own=true from=0 until=0 expires=0s cooldown=1h0m0s deadline=1h30m0s stale=15m0s daily=0 keep=false approval=
server puppet-02 backend=ssm node=mi-2 own=false from=0 until=0 expires=0s cooldown=10m0s deadline=3h0m0s stale=15m0s daily=0 keep=false approval=
at 6m38.938s alarm-automate-06-0 alarm server=automate-06 name=disk time=6m38.756s
at 1h32m5.274s deploy-puppet-02-0 deploy disable=puppet-02
at 1h59m3.594s schedule-0 schedule server=automate-06,puppet-03,puppet-01,puppet-02 name=weekly time=1h59m2s
at 2h26m1.339s alarm-puppet-03-1 alarm server=puppet-03 name=disk time=2h25m58.732s
explicit
odd alarm-automate-06-0 opsworks-cm.Look automate-06 look 0 = die-after 0s
odd alarm-automate-06-0' ledger.Limit 1 - 0 = fail-after 0s
odd schedule-0 ledger.Commit-clear puppet-02-disabled-20000101-ff0eee0e 3 0 = die-after 0s
odd sweep-120 ledger.Take puppet-03-schedule-0.1 1.1 0 = hang 7.432285462s
odd sweep-120 opsworks-cm.Start automate-06-alarm-automate-06-0''.1 0 0 start refuse = throttled 0s
odd sweep-121 ledger.Due slot - 0 = die-after 0s
odd sweep-122 ledger.Slots - - 0 = die-after 0s
odd sweep-121' ledger.Slots - - 0 = die-before 0s
odd sweep-123 ledger.Read puppet-03 1.0 0 = die-late 1m8.676444183s
odd sweep-122' ledger.Due due - 0 = die-after 0s
odd sweep-123' ledger.Take puppet-01-schedule-0.1 1.1 0 = die-before 0s
odd sweep-124 opsworks-cm.Look automate-06 0.look 0 = die-late 15.668206648s
odd automate-06-7 empty = empty 2m40.215698132s
odd alarm-puppet-03-1 ledger.Due slot - 0 = fail-after 0s
odd alarm-puppet-03-1' ssm.Look puppet-03 look 0 list partial = partial 0s
odd sweep-148 ledger.Due slot - 0 = fail-after 0s
odd sweep-148 ledger.Commit-move automate-06-alarm-automate-06-0''.1 - 0 = die-before 0s
odd sweep-149 ledger.Take automate-06-alarm-automate-06-0''.1 0 0 = die-after 0s
odd sweep-148' ledger.Due due - 0 = die-before 0s
odd sweep-150 ledger.Due due - 0 = fail-after 0s
odd sweep-149' ledger.Commit-move automate-06-alarm-automate-06-0''.1 0 0 = die-late 2m33.233997332s
odd sweep-152 ledger.Read puppet-01 1.1 0 = die-after 0s
odd sweep-152' ledger.Take puppet-03-alarm-puppet-03-1'.1 1.0 0 = die-before 0s
odd sweep-153 ledger.Take automate-06-alarm-automate-06-0''.1 0 0 = fail-after 0s
odd sweep-153 ledger.Slots - 1.0 0 = die-after 0s
odd sweep-153' ledger.Due due - 0 = die-after 0s
odd sweep-152'' ledger.Due due - 0 = fail-after 0s
odd sweep-155 ledger.Due due - 0 = die-late 1m21.655117475s
odd sweep-156 ledger.Take automate-06-alarm-automate-06-0''.1 0 0 = hang 25.740798622s
odd sweep-155' ledger.Commit-move automate-06-alarm-automate-06-0''.1 - 0 = die-before 0s
odd sweep-158 opsworks-cm.Follow automate-06-alarm-automate-06-0''.1 0 0 = hang 24.683410116s
odd sweep-161 ledger.Slots - - 0 = die-after 0s
odd automate-06-8 empty = empty 4m53.345654405s
