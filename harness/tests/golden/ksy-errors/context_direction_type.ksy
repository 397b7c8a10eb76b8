meta:
  id: m
params:
  - id: is_reply
    type: u1
