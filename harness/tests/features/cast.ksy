meta:
  id: cast
  endian: be
seq:
  - id: a
    type: u1
instances:
  x:
    value: 'a.as<u1> + 1'
