meta:
  id: m
  endain: be
