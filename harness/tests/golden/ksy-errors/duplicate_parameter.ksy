meta:
  id: m
  endian: be
types:
  t:
    params:
      - {id: x, type: u1}
      - {id: x, type: u2}
