      -- Of an order's replays, the last revision has the greatest number, and in it the lowest position.
      bitShiftLeft(toUInt64(revision), 32) + toUInt64(4294967295 - position)
