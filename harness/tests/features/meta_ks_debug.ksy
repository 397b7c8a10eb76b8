meta:
  id: meta_ks_debug
  ks-debug: true
seq:
  - id: a
    type: u1
