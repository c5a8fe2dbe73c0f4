-- What may name or identify a person is marked wherever it stands; personal-columns.ts is the list.
ALTER TABLE {{database}}.record_history {{on_cluster}}
  COMMENT COLUMN credit_code '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者',
  COMMENT COLUMN reg_no '【个人信息】工商注册号；缺失时为空；个体工商户的注册号可识别经营者'
;

ALTER TABLE {{database}}.record_current {{on_cluster}}
  COMMENT COLUMN credit_code '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者',
  COMMENT COLUMN reg_no '【个人信息】工商注册号；缺失时为空；个体工商户的注册号可识别经营者'
;

ALTER TABLE {{database}}.record_current_feed {{on_cluster}}
  COMMENT COLUMN credit_code '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者',
  COMMENT COLUMN reg_no '【个人信息】工商注册号；缺失时为空；个体工商户的注册号可识别经营者'
;

ALTER TABLE {{database}}.records {{on_cluster}}
  COMMENT COLUMN credit_code '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者',
  COMMENT COLUMN reg_no '【个人信息】工商注册号；缺失时为空；个体工商户的注册号可识别经营者'
;

ALTER TABLE {{database}}.exceptions {{on_cluster}}
  COMMENT COLUMN credit_code '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者'
;

ALTER TABLE {{database}}.abnormal_operations {{on_cluster}}
  COMMENT COLUMN credit_code '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者'
;

ALTER TABLE {{database}}.serious_violations {{on_cluster}}
  COMMENT COLUMN credit_code '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者'
;

ALTER TABLE {{database}}.dishonest_debtors {{on_cluster}}
  COMMENT COLUMN credit_code '【个人信息】统一社会信用代码；缺失时为空；个体工商户的代码可识别经营者'
;

ALTER TABLE {{database}}.order_discards {{on_cluster}}
  COMMENT COLUMN reason '【个人信息】放弃原因，人工填写'
;

ALTER TABLE {{database}}.coverage_facts {{on_cluster}}
  COMMENT COLUMN reason '【个人信息】激活或结案的原因，可能为人工填写'
;

ALTER TABLE {{database}}.coverage_gaps {{on_cluster}}
  COMMENT COLUMN reason '【个人信息】结案理由，人工填写'
;
