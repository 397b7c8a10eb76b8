meta:
  id: meta_words
  application: none
  file-extension: bin
  license: CC0-1.0
  ks-version: 0.10
  tags: [a]
  xref:
    rfc: 1
seq:
  - id: a
    type: u1
