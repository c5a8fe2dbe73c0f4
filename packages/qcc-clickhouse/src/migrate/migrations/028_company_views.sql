-- Each company has one row with its current name, its codes, and its current risk state.
CREATE VIEW IF NOT EXISTS {{database}}.companies {{on_cluster}} (
{{columns company_profile}},
{{columns company_risk}}
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
{{columns masked_company_profile}},
{{columns company_risk}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
  company.account AS account, company.corp_key_no AS corp_key_no,
{{columns masked_company_names}},
{{columns company_values}}
{{columns company_joins}}
COMMENT '企业（已脱敏，供分析师使用）：每个账号与企业 KeyNo 一行'
;

-- ClickHouse computes a LEFT JOIN even if a question does not use it. Questions about names, codes and places read these views instead.
CREATE VIEW IF NOT EXISTS {{database}}.company_profiles {{on_cluster}} (
{{columns company_profile}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
  account, corp_key_no,
  corp_name, nullIf(credit_code, '') AS credit_code, nullIf(reg_no, '') AS reg_no, former_names,
{{columns company_profile_values}}
FROM (
{{columns companies}}
) AS company
{{columns view_settings}}
COMMENT '企业档案：每个账号与企业 KeyNo 一行，名称、代码、地区与首末次推送，不含风险状态，因此比 companies 快'
;

CREATE VIEW IF NOT EXISTS {{database}}.company_profiles_masked {{on_cluster}} (
{{columns masked_company_profile}}
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS
SELECT
  account, corp_key_no,
{{columns masked_company_names}},
{{columns company_profile_values}}
FROM (
{{columns companies}}
) AS company
{{columns view_settings}}
COMMENT '企业档案（已脱敏，供分析师使用）：每个账号与企业 KeyNo 一行，不含风险状态，因此比 companies_masked 快'
;
