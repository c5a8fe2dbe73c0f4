(SELECT * FROM {{database}}.first_pushes FINAL)
