    substring(arrayReverseSort(
      each -> (each.at, each.fact), arrayFilter(each -> startsWith(each.fact, 'PSEUDONYM:'), facts)
    )[1].fact, 11)
