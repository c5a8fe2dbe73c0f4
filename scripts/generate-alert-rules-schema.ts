/** Writes `deploy/alerts/rules.schema.json` from the schema of the rules; `renderRulesSchema` alone is what the drift test calls. */
import { writeFileSync } from 'node:fs';
import { rulesJsonSchema } from 'qcc-alerts/rules/rules-schema';

export const RULES_SCHEMA_FILE = new URL('../deploy/alerts/rules.schema.json', import.meta.url);

export const renderRulesSchema = (): string => `${JSON.stringify(rulesJsonSchema(), null, 2)}\n`;

if (import.meta.main) writeFileSync(RULES_SCHEMA_FILE, renderRulesSchema());
