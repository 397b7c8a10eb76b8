meta:
  id: m
  imports:
    - ../other
