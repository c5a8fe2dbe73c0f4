    -- Of the company's facts. A name that a record of the same push calls a former one comes last.
    substring(arrayReverseSort(
      each -> (each.at, facts_last[concat('FORMER_', each.fact)] < each.at, each.fact),
      arrayFilter(each -> startsWith(each.fact, 'NAME:'), facts)
    )[1].fact, 6)
