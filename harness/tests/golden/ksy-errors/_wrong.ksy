meta: {id: wrong}
seq:
  - {id: a, tpye: u1}
