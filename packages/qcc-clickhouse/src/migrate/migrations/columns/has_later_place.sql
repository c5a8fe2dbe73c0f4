  ifNull(later_order_no, '') != '' AND (
    bitmapContains(later_positions, position) OR (has_later_whole AND NOT bitmapContains(whole_positions, position))
  )
