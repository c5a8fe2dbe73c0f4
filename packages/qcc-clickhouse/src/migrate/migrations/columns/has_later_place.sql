  ifNull(later_order_no, '') != '' AND (
    bitmapContains(later_positions, position) OR (has_later_complete AND NOT bitmapContains(complete_positions, position))
  )
