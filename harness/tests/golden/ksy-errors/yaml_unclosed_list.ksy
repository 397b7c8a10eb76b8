meta: {id: m}
seq: [{id: a, type: u1}
types: {}
