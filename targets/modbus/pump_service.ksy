meta:
  id: pump_service
  title: Service function of the emulated infusion pump (Modbus function 100)
  license: CC0-1.0
  ks-version: 0.10
  endian: be
doc: |
  Service mode and block transfer of the IP-50 pump. Sub-functions 2, 3, 4 and 9 need service mode,
  which 1 opens; a session knows about that.
doc-ref: targets/firmware/pump/README.md, Vendor function 100
-percuss-invalid: reject
params:
  - id: is_reply
    type: bool
    doc: the direction, from pump to client
seq:
  - id: sub
    type: u1
    -percuss-enum: sub
    doc: what to do; the reply repeats it
  - id: body
    type:
      switch-on: layout
      cases:
        'layout::unlock_request': unlock_request
        'layout::begin_request': begin_request
        'layout::data_request': data_request
        'layout::end_request': end_request
        'layout::relock_request': nothing
        'layout::read_request': read_request
        'layout::trend_request': trend_request
        'layout::self_test_request': self_test_request
        'layout::calibrate_request': calibrate_request
        'layout::unlock_reply': unlock_reply
        'layout::begin_reply': begin_reply
        'layout::data_reply': data_reply
        'layout::end_reply': end_reply
        'layout::relock_reply': nothing
        'layout::read_reply': read_reply
        'layout::trend_reply': trend_reply
        'layout::self_test_reply': self_test_reply
        'layout::calibrate_reply': calibrate_reply
    doc: the data of the sub-function; one that is not listed is refused with exception 1
instances:
  layout:
    value: 'is_reply ? sub + 0x100 : sub'
    enum: layout
    doc: sub-function and direction in one number
enums:
  sub:
    1: unlock
    2: begin
    3: data
    4: end
    5: relock
    6: read
    7: trend
    8: self_test
    9: calibrate
  layout:
    0x001: unlock_request
    0x002: begin_request
    0x003: data_request
    0x004: end_request
    0x005: relock_request
    0x006: read_request
    0x007: trend_request
    0x008: self_test_request
    0x009: calibrate_request
    0x101: unlock_reply
    0x102: begin_reply
    0x103: data_reply
    0x104: end_reply
    0x105: relock_reply
    0x106: read_reply
    0x107: trend_reply
    0x108: self_test_reply
    0x109: calibrate_reply
types:
  nothing:
    doc: a sub-function without data
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq: []
  unlock_request:
    doc: opens service mode
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: code
        type: u2
        valid: 0x5a17
        doc: the service code
  unlock_reply:
    doc: service mode is open
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: seconds
        type: u1
        doc: for how long
  begin_request:
    doc: opens a transfer
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: block
        type: u1
        valid:
          min: 0
          max: 3
        doc: which block
      - id: total
        type: u2
        valid:
          min: 1
          max: 512
        doc: length of the block in bytes
  begin_reply:
    doc: the transfer is open
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: block
        type: u1
        valid:
          min: 0
          max: 3
        doc: which block
      - id: handle
        type: u1
        valid:
          min: 1
        doc: names the open transfer
  data_request:
    doc: bytes of the block
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: handle
        type: u1
        valid:
          min: 1
        doc: names the open transfer
      - id: offset
        type: u2
        valid:
          min: 0
          max: 511
        doc: where in the block
      - id: length
        type: u1
        valid:
          min: 1
          max: 128
        doc: how many bytes
      - id: data
        size: length
        doc: the bytes
  data_reply:
    doc: the bytes are kept
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: handle
        type: u1
        valid:
          min: 1
        doc: names the open transfer
      - id: offset
        type: u2
        valid:
          min: 0
          max: 511
        doc: where in the block
      - id: length
        type: u1
        valid:
          min: 1
          max: 128
        doc: how many bytes
  end_request:
    doc: closes the transfer
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: handle
        type: u1
        valid:
          min: 1
        doc: names the open transfer
      - id: crc
        type: u2
        doc: CRC-16 of Modbus over the whole block, high byte first
  end_reply:
    doc: the block is stored
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: handle
        type: u1
        valid:
          min: 1
        doc: names the open transfer
      - id: block
        type: u1
        valid:
          min: 0
          max: 3
        doc: which block
      - id: total
        type: u2
        valid:
          min: 1
          max: 512
        doc: length of the block in bytes
  read_request:
    doc: asks for bytes of a block
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: block
        type: u1
        valid:
          min: 0
          max: 3
        doc: which block
      - id: offset
        type: u2
        valid:
          min: 0
          max: 511
        doc: where in the block
      - id: length
        type: u1
        valid:
          min: 1
          max: 128
        doc: how many bytes
  read_reply:
    doc: bytes of a block
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: block
        type: u1
        valid:
          min: 0
          max: 3
        doc: which block
      - id: offset
        type: u2
        valid:
          min: 0
          max: 511
        doc: where in the block
      - id: length
        type: u1
        valid:
          min: 1
          max: 128
        doc: how many bytes
      - id: data
        size: length
        doc: the bytes
  trend_request:
    doc: asks for samples
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: channel
        type: u1
        valid:
          min: 0
          max: 3
        doc: which quantity
      - id: first
        type: u1
        valid:
          min: 0
          max: 59
        doc: the first sample
      - id: count
        type: u1
        valid:
          min: 1
          max: 60 - first
        doc: over how many samples
      - id: stride
        type: u1
        valid:
          min: 1
          max: 10
        doc: every how manieth sample
  trend_reply:
    doc: samples
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: channel
        type: u1
        valid:
          min: 0
          max: 3
        doc: which quantity
      - id: number
        type: u1
        valid:
          min: 1
          max: 60
        doc: number of samples that follow
      - id: samples
        type: u2
        repeat: expr
        repeat-expr: number
        doc: the samples
  self_test_request:
    doc: checks the program memory
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: passes
        type: u2
        valid:
          min: 1
          max: 16
        doc: how often
  self_test_reply:
    doc: result of the check
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: passes
        type: u2
        valid:
          min: 1
          max: 16
        doc: how often
      - id: crc
        type: u2
        doc: CRC of the first 4 KiB of the program
  calibrate_request:
    doc: sets a calibration value
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: address
        type: u4
        valid:
          expr: _ <= 254 and _ % 2 == 0
        doc: even
      - id: value
        type: u2
        doc: the new value
  calibrate_reply:
    doc: the value is set
    doc-ref: targets/firmware/pump/README.md, Vendor function 100
    seq:
      - id: address
        type: u4
        valid:
          expr: _ <= 254 and _ % 2 == 0
        doc: even
      - id: value
        type: u2
        doc: the new value
