meta:
  id: meta_id
  title: A title
seq:
  - id: a
    type: u1
