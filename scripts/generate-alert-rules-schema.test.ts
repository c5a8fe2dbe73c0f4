import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RULES_SCHEMA_FILE, renderRulesSchema } from './generate-alert-rules-schema.ts';

test('the JSON schema of the rules is the one that the code reads them with', () => {
  expect(JSON.parse(readFileSync(RULES_SCHEMA_FILE, 'utf8'))).toEqual(JSON.parse(renderRulesSchema()));
});

test('editors are offered every type, level, direction and field', () => {
  const schema = renderRulesSchema();
  for (const word of ['失信被执行人', '高风险信息', '移出', 'detailStatus', 'dingtalk', 'digestAt']) {
    expect(schema).toContain(`"${word}"`);
  }
});
