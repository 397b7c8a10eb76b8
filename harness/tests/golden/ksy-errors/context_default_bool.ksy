meta:
  id: m
params:
  - id: strict
    type: bool
    -percuss-default: 1
