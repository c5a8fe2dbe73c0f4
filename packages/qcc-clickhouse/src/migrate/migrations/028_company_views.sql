-- Each company once: what it is called now, and on which lists it is.
CREATE VIEW IF NOT EXISTS {{database}}.companies {{on_cluster}} (
{{columns company}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
  company.account AS account, company.corp_key_no AS corp_key_no,
  corp_name, nullIf(credit_code, '') AS credit_code, nullIf(reg_no, '') AS reg_no, former_names,
{{columns company_values}}
{{columns company_joins}}
COMMENT '企业：每个账号与企业 KeyNo 一行，取全部历史中最近的名称与代码，以及当前风险状态'
;

CREATE VIEW IF NOT EXISTS {{database}}.companies_masked {{on_cluster}} (
{{columns masked_company_state}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
  company.account AS account, company.corp_key_no AS corp_key_no,
  if(is_sole_trader, concat(leftUTF8(company.corp_name, 1), '※', pseudonym), company.corp_name) AS corp_name,
  if(is_sole_trader, NULL, nullIf(company.credit_code, '')) AS credit_code,
  if(is_sole_trader, NULL, nullIf(company.reg_no, '')) AS reg_no,
  if(is_sole_trader, [], arrayFilter(name -> {{columns named_as_company}}, company.former_names)) AS former_names,
{{columns company_values}}
{{columns company_joins}}
COMMENT '企业（已脱敏，供分析师使用）：每个账号与企业 KeyNo 一行'
;
