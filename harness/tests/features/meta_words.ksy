meta:
  id: meta_words
  application: none
  file-extension: bin
  ks-debug: false
  ks-opaque-types: false
  license: CC0-1.0
  ks-version: 0.10
  tags: [a]
  xref:
    rfc: 1
seq:
  - id: a
    type: u1
