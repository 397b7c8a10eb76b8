meta:
  id: m
  imports: [_cycle]
seq:
  - {id: a, type: cycle}
