meta:
  id: contexts_part
  title: A part with params of its own, one without a default, so that it is no model by itself
  ks-version: 0.10
  endian: be
params:
  - id: bias
    type: s2
    -percuss-default: 0
  - id: mark
    type: bytes
seq:
  - id: head
    size: mark.length
    valid: mark
  - id: count
    type: u1
  - id: items
    type: u1
    repeat: expr
    repeat-expr: count + bias
    if: count + bias > 0
