meta:
  id: m
  imports: [nowhere]
