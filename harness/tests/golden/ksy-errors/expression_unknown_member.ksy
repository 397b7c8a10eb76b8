meta:
  id: m
  endian: be
seq:
  - {id: head, type: head}
  - id: data
    size: head.lenght
types:
  head:
    seq:
      - {id: length, type: u1}
