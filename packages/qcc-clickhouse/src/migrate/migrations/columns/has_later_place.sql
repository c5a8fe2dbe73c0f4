  ifNull(later_order_no, '') != '' AND bitmapContains(later_positions, position)
