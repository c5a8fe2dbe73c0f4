  (
    SELECT (groupArray(code), groupArray(province), groupArray(city))
    FROM (SELECT code, province, city FROM {{database}}.regions ORDER BY code)
  ) AS known_regions
