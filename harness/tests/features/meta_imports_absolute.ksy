meta:
  id: meta_imports_absolute
  imports:
    - /common/x
seq:
  - id: a
    type: u1
