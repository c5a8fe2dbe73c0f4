    -- Finds the newest name in the company's facts. Of names with the same push time, a name comes last if a record of this or a later push
    -- calls it a former name.
    substring(arrayReverseSort(
      each -> (each.at, facts_last[concat('FORMER_', each.fact)] < each.at, each.fact),
      arrayFilter(each -> startsWith(each.fact, 'NAME:'), facts)
    )[1].fact, 6)
