meta:
  id: m
  endian: be
instances:
  a:
    value: 1 + sizeof<t>
types:
  t:
    seq: [{id: x, size-eos: true}]
