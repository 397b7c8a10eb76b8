meta: {id: cycle, imports: [import_cycle]}
seq:
  - {id: back, type: m}
