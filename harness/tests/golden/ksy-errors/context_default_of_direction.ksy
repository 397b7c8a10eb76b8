meta:
  id: m
params:
  - id: is_reply
    type: bool
    -percuss-default: false
