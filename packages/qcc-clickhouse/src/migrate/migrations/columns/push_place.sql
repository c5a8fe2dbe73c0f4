  -- Of an order that was extracted again, the last revision counts: 4294967295 is the greatest UInt32.
  (push_date, order_no, toUInt32(4294967295 - revision), position)
