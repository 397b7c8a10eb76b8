meta:
  id: modbus_pdu
  title: Modbus protocol data unit
  license: CC0-1.0
  ks-version: 0.10
  endian: be
  imports:
    - pump_service
doc: |
  Function code and data of one Modbus request or reply. What a reply must repeat from its request
  is not said here: a session compares the two.
doc-ref: Modbus Application Protocol V1.1b3, 4.1
-percuss-invalid: reject
params:
  - id: is_reply
    type: bool
    doc: the direction, from server to client
seq:
  - id: function
    type: u1
    -percuss-enum: function
    doc: what to do; a reply repeats it, with the highest bit set it is an exception
    doc-ref: Modbus Application Protocol V1.1b3, 4.1 and 5
  - id: body
    type:
      switch-on: layout
      cases:
        'layout::read_coils_request': read_bits_request
        'layout::read_discrete_inputs_request': read_bits_request
        'layout::read_holding_registers_request': read_registers_request
        'layout::read_input_registers_request': read_registers_request
        'layout::write_single_coil_request': write_coil
        'layout::write_single_register_request': write_register
        'layout::read_exception_status_request': nothing
        'layout::diagnostics_request': diagnostics(is_reply)
        'layout::write_multiple_coils_request': write_coils_request
        'layout::write_multiple_registers_request': write_registers_request
        'layout::report_server_id_request': nothing
        'layout::mask_write_register_request': mask_write
        'layout::read_write_registers_request': read_write_request
        'layout::encapsulated_interface_request': identification_request
        'layout::pump_service_request': pump_service(is_reply)
        'layout::read_coils_reply': read_bits_reply
        'layout::read_discrete_inputs_reply': read_bits_reply
        'layout::read_holding_registers_reply': read_registers_reply
        'layout::read_input_registers_reply': read_registers_reply
        'layout::write_single_coil_reply': write_coil
        'layout::write_single_register_reply': write_register
        'layout::read_exception_status_reply': exception_status_reply
        'layout::diagnostics_reply': diagnostics(is_reply)
        'layout::write_multiple_coils_reply': write_coils_reply
        'layout::write_multiple_registers_reply': write_registers_reply
        'layout::report_server_id_reply': server_id_reply
        'layout::mask_write_register_reply': mask_write
        'layout::read_write_registers_reply': read_registers_reply
        'layout::encapsulated_interface_reply': identification_reply
        'layout::pump_service_reply': pump_service(is_reply)
        'layout::exception_reply': exception_reply
    doc: the data of the function; a function that is not listed here is refused with exception 1
    doc-ref: Modbus Application Protocol V1.1b3, 4.1 and 7
instances:
  layout:
    value: 'is_reply ? (function >= 0x80 ? 0x180 : function + 0x100) : function'
    enum: layout
    doc: function and direction in one number
enums:
  function:
    1: read_coils
    2: read_discrete_inputs
    3: read_holding_registers
    4: read_input_registers
    5: write_single_coil
    6: write_single_register
    7: read_exception_status
    8: diagnostics
    15: write_multiple_coils
    16: write_multiple_registers
    17: report_server_id
    22: mask_write_register
    23: read_write_registers
    43: encapsulated_interface
    100: pump_service
  layout:
    0x001: read_coils_request
    0x002: read_discrete_inputs_request
    0x003: read_holding_registers_request
    0x004: read_input_registers_request
    0x005: write_single_coil_request
    0x006: write_single_register_request
    0x007: read_exception_status_request
    0x008: diagnostics_request
    0x00f: write_multiple_coils_request
    0x010: write_multiple_registers_request
    0x011: report_server_id_request
    0x016: mask_write_register_request
    0x017: read_write_registers_request
    0x02b: encapsulated_interface_request
    0x064: pump_service_request
    0x101: read_coils_reply
    0x102: read_discrete_inputs_reply
    0x103: read_holding_registers_reply
    0x104: read_input_registers_reply
    0x105: write_single_coil_reply
    0x106: write_single_register_reply
    0x107: read_exception_status_reply
    0x108: diagnostics_reply
    0x10f: write_multiple_coils_reply
    0x110: write_multiple_registers_reply
    0x111: report_server_id_reply
    0x116: mask_write_register_reply
    0x117: read_write_registers_reply
    0x12b: encapsulated_interface_reply
    0x164: pump_service_reply
    0x180: exception_reply
  coil:
    0x0000: 'off'
    0xff00: 'on'
  diagnostic:
    0: return_query_data
    1: restart_communications
    2: return_diagnostic_register
    3: change_ascii_delimiter
    4: force_listen_only
    10: clear_counters
    11: bus_message_count
    12: bus_error_count
    13: bus_exception_count
    14: server_message_count
    15: server_no_response_count
    16: server_nak_count
    17: server_busy_count
    18: bus_overrun_count
    20: clear_overrun_counter
  exception_code:
    1: illegal_function
    2: illegal_data_address
    3: illegal_data_value
    4: server_device_failure
    5: acknowledge
    6: server_device_busy
    8: memory_parity_error
    10: gateway_path_unavailable
    11: gateway_target_failed
  read_code:
    1: basic
    2: regular
    3: extended
    4: one_object
types:
  nothing:
    doc: a function without data
    doc-ref: Modbus Application Protocol V1.1b3, 6.7 and 6.13
    seq: []
  read_bits_request:
    doc: which coils or discrete inputs to read
    doc-ref: Modbus Application Protocol V1.1b3, 6.1 and 6.2
    seq:
      - id: start
        type: u2
        doc: address of the first coil or input
        doc-ref: Modbus Application Protocol V1.1b3, 6.1 and 6.2
      - id: quantity
        type: u2
        valid:
          min: 1
          max: 2000
        doc: how many
        doc-ref: Modbus Application Protocol V1.1b3, 6.1 and 6.2
  read_bits_reply:
    doc: the state of coils or discrete inputs
    doc-ref: Modbus Application Protocol V1.1b3, 6.1 and 6.2
    seq:
      - id: byte_count
        type: u1
        valid:
          min: 1
          max: 250
        doc: number of bytes that follow
        doc-ref: Modbus Application Protocol V1.1b3, 6.1 and 6.2
      - id: values
        size: byte_count
        doc: one bit each, the first in the lowest bit of the first byte; padded with zeros
        doc-ref: Modbus Application Protocol V1.1b3, 6.1 and 6.2
  read_registers_request:
    doc: which registers to read
    doc-ref: Modbus Application Protocol V1.1b3, 6.3 and 6.4
    seq:
      - id: start
        type: u2
        doc: address of the first register
        doc-ref: Modbus Application Protocol V1.1b3, 6.3 and 6.4
      - id: quantity
        type: u2
        valid:
          min: 1
          max: 125
        doc: how many
        doc-ref: Modbus Application Protocol V1.1b3, 6.3 and 6.4
  read_registers_reply:
    doc: the contents of registers
    doc-ref: Modbus Application Protocol V1.1b3, 6.3, 6.4 and 6.17
    seq:
      - id: byte_count
        type: u1
        valid:
          expr: _ >= 2 and _ <= 250 and _ % 2 == 0
        doc: number of bytes that follow, two for each register
        doc-ref: Modbus Application Protocol V1.1b3, 6.3, 6.4 and 6.17
      - id: values
        type: u2
        repeat: expr
        repeat-expr: byte_count / 2
        doc: the registers
        doc-ref: Modbus Application Protocol V1.1b3, 6.3, 6.4 and 6.17
  write_coil:
    doc: switches one coil; the reply repeats the request
    doc-ref: Modbus Application Protocol V1.1b3, 6.5
    seq:
      - id: address
        type: u2
        doc: address of the coil
        doc-ref: Modbus Application Protocol V1.1b3, 6.5
      - id: value
        type: u2
        enum: coil
        valid:
          any-of:
            - coil::off
            - coil::on
        doc: off or on; every other value is illegal
        doc-ref: Modbus Application Protocol V1.1b3, 6.5
  write_register:
    doc: sets one register; the reply repeats the request
    doc-ref: Modbus Application Protocol V1.1b3, 6.6
    seq:
      - id: address
        type: u2
        doc: address of the register
        doc-ref: Modbus Application Protocol V1.1b3, 6.6
      - id: value
        type: u2
        doc: its new contents
        doc-ref: Modbus Application Protocol V1.1b3, 6.6
  exception_status_reply:
    doc: eight exception status bits
    doc-ref: Modbus Application Protocol V1.1b3, 6.7
    seq:
      - id: status
        type: u1
        doc: one bit each; what they mean is the device's own
        doc-ref: Modbus Application Protocol V1.1b3, 6.7
  diagnostics:
    params:
      - id: is_reply
        type: bool
    doc: a test or a counter of the serial line; the reply repeats the sub-function
    doc-ref: Modbus Application Protocol V1.1b3, 6.8
    seq:
      - id: sub
        type: u2
        enum: diagnostic
        doc: which test or counter
        doc-ref: Modbus Application Protocol V1.1b3, 6.8
      - id: data
        type:
          switch-on: sub
          cases:
            'diagnostic::return_query_data': diagnostic_words
            'diagnostic::restart_communications': diagnostic_restart
            'diagnostic::change_ascii_delimiter': diagnostic_delimiter
            'diagnostic::return_diagnostic_register': diagnostic_counter(is_reply)
            'diagnostic::force_listen_only': diagnostic_counter(is_reply)
            'diagnostic::clear_counters': diagnostic_counter(is_reply)
            'diagnostic::bus_message_count': diagnostic_counter(is_reply)
            'diagnostic::bus_error_count': diagnostic_counter(is_reply)
            'diagnostic::bus_exception_count': diagnostic_counter(is_reply)
            'diagnostic::server_message_count': diagnostic_counter(is_reply)
            'diagnostic::server_no_response_count': diagnostic_counter(is_reply)
            'diagnostic::server_nak_count': diagnostic_counter(is_reply)
            'diagnostic::server_busy_count': diagnostic_counter(is_reply)
            'diagnostic::bus_overrun_count': diagnostic_counter(is_reply)
            'diagnostic::clear_overrun_counter': diagnostic_counter(is_reply)
        doc: what the sub-function needs
        doc-ref: Modbus Application Protocol V1.1b3, 6.8
  diagnostic_words:
    doc: data that is returned as it is
    doc-ref: Modbus Application Protocol V1.1b3, 6.8 (sub-function 0)
    seq:
      - id: words
        type: u2
        repeat: eos
        doc: the words that are returned
        doc-ref: Modbus Application Protocol V1.1b3, 6.8 (sub-function 0)
  diagnostic_restart:
    doc: whether the event log is cleared
    doc-ref: Modbus Application Protocol V1.1b3, 6.8 (sub-function 1)
    seq:
      - id: option
        type: u2
        valid:
          any-of:
            - 0x0000
            - 0xff00
        doc: 0x0000 keeps the log, 0xff00 clears it
        doc-ref: Modbus Application Protocol V1.1b3, 6.8 (sub-function 1)
  diagnostic_delimiter:
    doc: the new end-of-message character in ASCII mode
    doc-ref: Modbus Application Protocol V1.1b3, 6.8 (sub-function 3)
    seq:
      - id: delimiter
        type: u1
        doc: the character
        doc-ref: Modbus Application Protocol V1.1b3, 6.8 (sub-function 3)
      - id: padding
        type: u1
        valid: 0
        doc: always zero
        doc-ref: Modbus Application Protocol V1.1b3, 6.8 (sub-function 3)
  diagnostic_counter:
    params:
      - id: is_reply
        type: bool
    doc: zero in a request, the counter in a reply
    doc-ref: Modbus Application Protocol V1.1b3, 6.8 (sub-functions 2 to 20)
    seq:
      - id: value
        type: u2
        valid:
          expr: is_reply or _ == 0
        doc: zero in a request, the counter or register in a reply
        doc-ref: Modbus Application Protocol V1.1b3, 6.8 (sub-functions 2 to 20)
  write_coils_request:
    doc: switches several coils
    doc-ref: Modbus Application Protocol V1.1b3, 6.11
    seq:
      - id: start
        type: u2
        doc: address of the first coil
        doc-ref: Modbus Application Protocol V1.1b3, 6.11
      - id: quantity
        type: u2
        valid:
          min: 1
          max: 1968
        doc: how many
        doc-ref: Modbus Application Protocol V1.1b3, 6.11
      - id: byte_count
        type: u1
        valid: (quantity + 7) / 8
        doc: 'number of bytes that follow: one for every eight coils begun'
        doc-ref: Modbus Application Protocol V1.1b3, 6.11
      - id: values
        size: (quantity + 7) / 8
        doc: one bit each, the first in the lowest bit of the first byte
        doc-ref: Modbus Application Protocol V1.1b3, 6.11
  write_coils_reply:
    doc: which coils were switched
    doc-ref: Modbus Application Protocol V1.1b3, 6.11
    seq:
      - id: start
        type: u2
        doc: address of the first coil
        doc-ref: Modbus Application Protocol V1.1b3, 6.11
      - id: quantity
        type: u2
        valid:
          min: 1
          max: 1968
        doc: how many
        doc-ref: Modbus Application Protocol V1.1b3, 6.11
  write_registers_request:
    doc: sets several registers
    doc-ref: Modbus Application Protocol V1.1b3, 6.12
    seq:
      - id: start
        type: u2
        doc: address of the first register
        doc-ref: Modbus Application Protocol V1.1b3, 6.12
      - id: quantity
        type: u2
        valid:
          min: 1
          max: 123
        doc: how many
        doc-ref: Modbus Application Protocol V1.1b3, 6.12
      - id: byte_count
        type: u1
        valid: quantity * 2
        doc: 'number of bytes that follow: two for each register'
        doc-ref: Modbus Application Protocol V1.1b3, 6.12
      - id: values
        type: u2
        repeat: expr
        repeat-expr: quantity
        doc: the new contents
        doc-ref: Modbus Application Protocol V1.1b3, 6.12
  write_registers_reply:
    doc: which registers were set
    doc-ref: Modbus Application Protocol V1.1b3, 6.12
    seq:
      - id: start
        type: u2
        doc: address of the first register
        doc-ref: Modbus Application Protocol V1.1b3, 6.12
      - id: quantity
        type: u2
        valid:
          min: 1
          max: 123
        doc: how many
        doc-ref: Modbus Application Protocol V1.1b3, 6.12
  server_id_reply:
    doc: who the device is; the data is the device's own
    doc-ref: Modbus Application Protocol V1.1b3, 6.13
    seq:
      - id: byte_count
        type: u1
        doc: number of bytes that follow
        doc-ref: Modbus Application Protocol V1.1b3, 6.13
      - id: data
        size: byte_count
        doc: server id, run indicator (0x00 off, 0xff on), additional data
        doc-ref: Modbus Application Protocol V1.1b3, 6.13
  mask_write:
    doc: changes bits of one register; the reply repeats the request
    doc-ref: Modbus Application Protocol V1.1b3, 6.16
    seq:
      - id: address
        type: u2
        doc: address of the register
        doc-ref: Modbus Application Protocol V1.1b3, 6.16
      - id: and_mask
        type: u2
        doc: bits that are kept
        doc-ref: Modbus Application Protocol V1.1b3, 6.16
      - id: or_mask
        type: u2
        doc: bits that are set among those not kept
        doc-ref: Modbus Application Protocol V1.1b3, 6.16
  read_write_request:
    doc: sets registers, then reads registers
    doc-ref: Modbus Application Protocol V1.1b3, 6.17
    seq:
      - id: read_start
        type: u2
        doc: address of the first register to read
        doc-ref: Modbus Application Protocol V1.1b3, 6.17
      - id: read_quantity
        type: u2
        valid:
          min: 1
          max: 125
        doc: how many to read
        doc-ref: Modbus Application Protocol V1.1b3, 6.17
      - id: write_start
        type: u2
        doc: address of the first register to set
        doc-ref: Modbus Application Protocol V1.1b3, 6.17
      - id: write_quantity
        type: u2
        valid:
          min: 1
          max: 121
        doc: how many to set
        doc-ref: Modbus Application Protocol V1.1b3, 6.17
      - id: byte_count
        type: u1
        valid: write_quantity * 2
        doc: 'number of bytes that follow: two for each register to set'
        doc-ref: Modbus Application Protocol V1.1b3, 6.17
      - id: values
        type: u2
        repeat: expr
        repeat-expr: write_quantity
        doc: the new contents
        doc-ref: Modbus Application Protocol V1.1b3, 6.17
  identification_request:
    doc: asks for the device's identification
    doc-ref: Modbus Application Protocol V1.1b3, 6.21
    seq:
      - id: mei_type
        type: u1
        valid: 14
        doc: 14 is Read Device Identification
        doc-ref: Modbus Application Protocol V1.1b3, 6.21
      - id: read_code
        type: u1
        enum: read_code
        valid:
          any-of:
            - read_code::basic
            - read_code::regular
            - read_code::extended
            - read_code::one_object
        doc: which objects
        doc-ref: Modbus Application Protocol V1.1b3, 6.21
      - id: object_id
        type: u1
        doc: the first object wanted
        doc-ref: Modbus Application Protocol V1.1b3, 6.21
  identification_reply:
    doc: the device's identification
    doc-ref: Modbus Application Protocol V1.1b3, 6.21
    seq:
      - id: mei_type
        type: u1
        valid: 14
        doc: 14 is Read Device Identification
        doc-ref: Modbus Application Protocol V1.1b3, 6.21
      - id: read_code
        type: u1
        enum: read_code
        valid:
          any-of:
            - read_code::basic
            - read_code::regular
            - read_code::extended
            - read_code::one_object
        doc: as in the request
        doc-ref: Modbus Application Protocol V1.1b3, 6.21
      - id: conformity
        type: u1
        valid:
          any-of:
            - 0x01
            - 0x02
            - 0x03
            - 0x81
            - 0x82
            - 0x83
        doc: what the device can give; with 0x80 also single objects
        doc-ref: Modbus Application Protocol V1.1b3, 6.21
      - id: more_follows
        type: u1
        valid:
          any-of:
            - 0x00
            - 0xff
        doc: '0xff: ask again, from next_object_id'
        doc-ref: Modbus Application Protocol V1.1b3, 6.21
      - id: next_object_id
        type: u1
        doc: the object to ask for next, or 0
        doc-ref: Modbus Application Protocol V1.1b3, 6.21
      - id: object_count
        type: u1
        doc: number of objects that follow
        doc-ref: Modbus Application Protocol V1.1b3, 6.21
      - id: objects
        type: device_object
        repeat: expr
        repeat-expr: object_count
        doc: the objects
        doc-ref: Modbus Application Protocol V1.1b3, 6.21
  device_object:
    doc: one object of the identification
    doc-ref: Modbus Application Protocol V1.1b3, 6.21
    seq:
      - id: id
        type: u1
        doc: which object
        doc-ref: Modbus Application Protocol V1.1b3, 6.21
      - id: length
        type: u1
        doc: its length in bytes
        doc-ref: Modbus Application Protocol V1.1b3, 6.21
      - id: value
        size: length
        doc: its text
        doc-ref: Modbus Application Protocol V1.1b3, 6.21
  exception_reply:
    doc: why the request was refused
    doc-ref: Modbus Application Protocol V1.1b3, 7
    seq:
      - id: code
        type: u1
        enum: exception_code
        valid:
          any-of:
            - exception_code::illegal_function
            - exception_code::illegal_data_address
            - exception_code::illegal_data_value
            - exception_code::server_device_failure
            - exception_code::acknowledge
            - exception_code::server_device_busy
            - exception_code::memory_parity_error
            - exception_code::gateway_path_unavailable
            - exception_code::gateway_target_failed
        doc: the reason
        doc-ref: Modbus Application Protocol V1.1b3, 7
