import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files of secrets, one in each; `superset_config.py` and `set_up.py` read them. */
const NAMES = ['secret-key', 'admin-password', 'analyst-password'] as const;
export type Secrets = Record<(typeof NAMES)[number], string>;

/** Makes the secrets that are not there yet, readable for this user alone. */
export function makeSecrets(folder: string): Secrets {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const secretOf = (name: string): string => {
    const file = join(folder, name);
    if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
    return readFileSync(file, 'utf8');
  };
  return Object.fromEntries(NAMES.map((name) => [name, secretOf(name)])) as Secrets;
}
