import type { TargetSecret } from 'qcc-alerts/message/to-request';
import { readRules } from 'qcc-alerts/rules/read-rules';
import { readSecrets } from 'qcc-alerts/rules/read-secrets';
import type { RulesFile } from 'qcc-alerts/rules/rules-schema';
import { type Settings, SettingsError } from 'qcc-core/base/settings';

export const ALERT_SETTINGS = [
  'ALERT_RULES',
  'ALERT_SECRETS',
  'ALERT_HOSTS',
  'ALERT_ALLOW_PLAINTEXT',
  'ALERT_GIVE_UP_MS',
] as const;

export type LoadedRules = RulesFile & { secrets: ReadonlyMap<string, TargetSecret> };

/**
 * Rules and targets, with URL and secret of each target.
 * @throws RulesFileError with line, column and reason; SettingsError for ALERT_SECRETS and ALERT_HOSTS. Neither shows a secret.
 */
export function loadRules(settings: Settings<(typeof ALERT_SETTINGS)[number]>): LoadedRules {
  const { ALERT_RULES: rules, ALERT_SECRETS: given } = settings;
  const missing = (['ALERT_RULES', 'ALERT_SECRETS'] as const).filter((name) => settings[name] === undefined);
  if (rules === undefined || given === undefined)
    throw new SettingsError(
      missing.map((name) => `${name} is missing, and the alerter needs it: set ${name}_FILE to a file that holds it`),
    );
  const file = readRules(rules, 'of ALERT_RULES');
  const { secrets, problems } = readSecrets(given, file, {
    hosts: settings.ALERT_HOSTS,
    allowPlaintext: settings.ALERT_ALLOW_PLAINTEXT,
  });
  if (problems.length > 0) throw new SettingsError(problems);
  return { ...file, secrets };
}
