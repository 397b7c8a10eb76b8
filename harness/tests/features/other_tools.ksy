meta:
  id: other_tools
  endian: be
-webide-representation: '{a}'
seq:
  - id: a
    type: u1
    -orig-id: A
