meta:
  id: m
  endian: be
seq:
  - {id: length, type: u1}
  - id: data
    size: lenght - 1
