  -- If an order was extracted again, its last revision comes before the earlier ones. 4294967295 is the greatest UInt32.
  (push_date, order_no, toUInt32(4294967295 - revision), position)
