meta:
  id: m
  endian: be
seq:
  - {id: head, type: u1}
  - id: data
    size: total - head
instances:
  total: {value: data.length + 1}
