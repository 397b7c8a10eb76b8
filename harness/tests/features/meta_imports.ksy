meta:
  id: meta_imports
  endian: be
  imports:
    - meta_id
seq:
  - id: a
    type: meta_id
