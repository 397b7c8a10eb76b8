meta:
  id: m
params:
  - id: version
    type: u1
    enum: version
    -percuss-default: odl
enums:
  version:
    1: old
