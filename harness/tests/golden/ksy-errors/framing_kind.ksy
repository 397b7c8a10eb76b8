meta:
  id: m
  endian: be
-percuss-framing: {kind: lenght, maximum: 9}
