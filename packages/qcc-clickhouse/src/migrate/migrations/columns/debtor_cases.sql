  SELECT
    account, case_id, uniqExact(r.corp_key_no) AS companies, arraySort(groupUniqArray(r.corp_key_no)) AS corp_key_nos,
    CAST(
      max((
        r.version, r.execute_gov, r.execute_status, r.lian_date, r.public_date, r.amount, r.push_date, r.details_fetched_at,
        r.anno, r.anno_normalized, r.execute_no, r.action_type_name, r.amount_raw
      )) AS Tuple(
        version UInt256, execute_gov Nullable(String), execute_status Nullable(String), lian_date Nullable(Date32), public_date Nullable(Date32),
        amount Nullable(Decimal(20, 2)), push_date DateTime64(3, 'Asia/Shanghai'), details_fetched_at Nullable(DateTime64(3, 'Asia/Shanghai')),
        anno Nullable(String), anno_normalized Nullable(String), execute_no Nullable(String), action_type_name Nullable(String), amount_raw Nullable(String)
      )
    ) AS newest
  FROM {{database}}.debtor_case_reports AS r
  GROUP BY account, case_id
