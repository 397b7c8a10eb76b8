meta:
  id: m
  endian: be
type:
  t: {}
