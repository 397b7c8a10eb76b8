meta:
  id: m
  ks-opaque-types: true
