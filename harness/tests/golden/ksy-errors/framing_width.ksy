meta:
  id: m
  endian: be
-percuss-framing: {kind: length, offset: 0, width: 9, maximum: 9}
