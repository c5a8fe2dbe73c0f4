{{columns company_lists}}
{{columns company_cases}}
{{columns view_settings}}
