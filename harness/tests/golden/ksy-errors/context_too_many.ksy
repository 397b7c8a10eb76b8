meta:
  id: m
params:
  - {id: a, type: u1, -percuss-default: 0}
  - {id: b, type: u1, -percuss-default: 0}
  - {id: c, type: u1, -percuss-default: 0}
  - {id: d, type: u1, -percuss-default: 0}
  - {id: e, type: u1, -percuss-default: 0}
  - {id: f, type: u1, -percuss-default: 0}
  - {id: g, type: u1, -percuss-default: 0}
  - {id: h, type: u1, -percuss-default: 0}
  - {id: i, type: u1, -percuss-default: 0}
