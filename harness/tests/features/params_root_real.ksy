meta:
  id: params_root_real
params:
  - id: scale
    type: f4
    -percuss-default: 1
seq:
  - id: value
    type: u1
