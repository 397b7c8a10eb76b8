meta:
  id: m
params:
  - id: version
    type: u1
    enum: versoin
    -percuss-default: 1
enums:
  version:
    1: old
