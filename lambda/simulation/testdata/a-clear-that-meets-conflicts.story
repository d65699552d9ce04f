# Every write that records what was published meets a conflict. That is a failed clear, after which a message may come again.
broke repeated
seed 1016842
hours 6h0m0s
calm 3h0m0s
limit 0
topics text,records,chat
deep
server automate-06 backend=opsworks-cm node= own=false from=90 until=170 expires=0s cooldown=0s deadline=1h30m0s stale=15m0s daily=1 keep=true approval= after=
at 20m26.997s hold-automate-06.1 hold server=automate-06
at 1h29m48.213s alarm-automate-06-0 alarm server=automate-06 name=disk time=1h29m45.222s
explicit
odd sweep-170 ledger.UpdateItem-clear automate-06-a7d8281760669708 - 0 item conflict = conflict 0s
odd sweep-170 ledger.UpdateItem-clear automate-06-a7d8281760669708 - 1 item conflict = conflict 0s
odd sweep-170 ledger.UpdateItem-clear automate-06-a7d8281760669708 - 2 item conflict = conflict 0s
odd sweep-170 ledger.UpdateItem-clear automate-06-a7d8281760669708 - 3 item conflict = conflict 0s
odd sweep-170 ledger.UpdateItem-clear automate-06-a7d8281760669708 - 4 item conflict = conflict 0s
odd sweep-170 ledger.UpdateItem-clear automate-06-a7d8281760669708 - 5 item conflict = conflict 0s
odd sweep-170 ledger.UpdateItem-clear automate-06-a7d8281760669708 - 6 item conflict = conflict 0s
odd sweep-170 ledger.UpdateItem-clear automate-06-a7d8281760669708 - 7 item conflict = conflict 0s
