meta:
  id: meta_opaque
  ks-opaque-types: true
seq:
  - id: a
    type: u1
