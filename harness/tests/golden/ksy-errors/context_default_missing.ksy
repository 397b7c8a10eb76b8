meta:
  id: m
params:
  - id: is_reply
    type: bool
  - id: version
    type: u1
