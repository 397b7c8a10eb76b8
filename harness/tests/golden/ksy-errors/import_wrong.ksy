meta:
  id: m
  imports: [_wrong]
