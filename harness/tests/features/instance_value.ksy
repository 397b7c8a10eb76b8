meta:
  id: instance_value
  endian: be
seq:
  - id: a
    type: u1
instances:
  b:
    value: a + 1
  c:
    value: b * 2
    if: a > 3
