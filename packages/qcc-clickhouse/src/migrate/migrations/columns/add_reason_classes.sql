arrayDistinct(arrayMap(
  reason -> if(
    list = '2',
{{columns abnormal_reason_class}},
{{columns violation_reason_class}}
  ),
  add_reasons
))
