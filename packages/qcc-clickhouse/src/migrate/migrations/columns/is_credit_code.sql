    match(clean_code, '^[0-9A-HJ-NPQRTUWXY]{18}$') AND 0 = arraySum(
      n -> toInt32(position('0123456789ABCDEFGHJKLMNPQRTUWXY', substring(clean_code, n, 1)) - 1)
        * [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28, 1][n],
      range(1, 19)
    ) % 31
