meta:
  id: m
params:
  - id: version
    type: u1
    -percuss-default: 300
