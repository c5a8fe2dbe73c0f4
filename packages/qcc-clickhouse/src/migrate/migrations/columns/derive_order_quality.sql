SELECT
  account, order_no, revision, finding.1 AS kind,
  groupBitmapStateIf(position, finding.2) AS positions,
  groupBitmapStateIf(position, NOT finding.2) AS repaired
FROM (
  SELECT
    account, order_no, revision, position,
    arrayJoin(arrayConcat(
      arrayMap(kind -> (kind, true), arrayFilter(kind -> kind != '', [
        multiIf(
          detail_status = 'PENDING' AND detail_reason = 'NOT_CONFIRMED', 'NOT_APPROVED',
          detail_status = 'NOT_APPLICABLE', '',
          detail_status
        ),
        if(details_truncated, 'TRUNCATED', ''),
        if(details_complete = false, 'INCOMPLETE', ''),
        multiIf(ifNull(credit_code, '') = '', 'NO_CREDIT_CODE', is_credit_code, '', 'BAD_CREDIT_CODE'),
        if(type IN ('1', '2', '3', '4', '5', '6', '7', '8', '10', '11', '12', '14', '15'), '', 'UNKNOWN_TYPE'),
        if(category IN ('1', '2', '3'), '', 'UNKNOWN_CATEGORY'),
        if(
          type IN ('1', '2', '3', '4', '5', '6', '7', '8', '10', '11', '12', '14', '15') AND direction IS NULL, 'UNCLEAR_DIRECTION', ''
        ),
        if(type IN ('1', '2', '10', '11') AND event_date IS NULL, 'NO_EVENT_DATE', ''),
        if(change_date IS NULL, 'NO_CHANGE_DATE', '')
      ])),
      arrayMap(kind -> (kind, false), arrayFilter(kind -> kind != '', [
        if(detail_status = 'ENRICHED', 'NO_RESULT', ''),
        if(detail_status IN ('ENRICHED', 'NO_RESULT'), 'FAILED', ''),
        if(detail_status = 'ENRICHED' AND NOT details_truncated, 'TRUNCATED', ''),
        if(details_complete = true, 'INCOMPLETE', '')
      ]))
    )) AS finding
  FROM {{database}}.record_facts
)
GROUP BY account, order_no, revision, kind
