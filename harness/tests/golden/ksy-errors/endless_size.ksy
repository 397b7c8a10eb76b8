meta:
  id: m
  endian: be
seq:
  - {id: count, type: u1}
  - id: data
    size: data.length + count
