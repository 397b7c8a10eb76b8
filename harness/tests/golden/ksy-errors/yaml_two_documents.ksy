meta:
  id: m
  endian: be
---
meta: {id: n}
