meta:
  id: m
  endian: bi
