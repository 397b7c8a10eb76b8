meta:
  id: m
params:
  - id: mark
    type: bytes
    -percuss-default: 'hex: 0'
