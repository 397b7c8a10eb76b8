meta:
  id: m
  endian: be
-percuss-framing:
  kind: datagram
