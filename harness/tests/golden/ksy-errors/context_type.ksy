meta:
  id: m
params:
  - id: other
    type: struct
    -percuss-default: 1
