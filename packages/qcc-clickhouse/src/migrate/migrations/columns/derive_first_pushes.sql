SELECT account, corp_key_no, id, (push_date, order_no, position) AS first
FROM {{database}}.record_history
