import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { explainTls } from '../base/explain-tls.ts';
import type { Settings } from '../base/settings.ts';

export type RegistryAccess = Settings<
  'SCHEMA_REGISTRY_URL' | 'SCHEMA_REGISTRY_USERNAME' | 'SCHEMA_REGISTRY_PASSWORD' | 'SCHEMA_REGISTRY_CA_FILE'
>;

export type RegistryProblem = { message: string; cause?: unknown };

const TIMEOUT_MS = 5_000;

/**
 * Asks the registry for its subjects and explains in one sentence, without secrets, what is wrong with it; null if it
 * answers as a registry does. For use after a failure: the registry's library keeps neither the codes of network errors
 * nor the bodies of responses, so its errors cannot distinguish a bad certificate, login or path.
 */
export async function diagnoseRegistry(settings: RegistryAccess): Promise<RegistryProblem | null> {
  const { SCHEMA_REGISTRY_URL: url, SCHEMA_REGISTRY_USERNAME: username, SCHEMA_REGISTRY_CA_FILE: caFile } = settings;
  const what = `the schema registry at ${url}`;
  const dispatcher = new Agent({ connect: caFile === undefined ? {} : { ca: readFileSync(caFile) } });
  try {
    const { statusCode, body } = await request(`${url}/subjects`, {
      dispatcher,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      headers: { accept: 'application/json', ...(username !== undefined && { authorization: basic(settings) }) },
    });
    const response = await body.text();
    if (statusCode === 401 || statusCode === 403) {
      const who = username === undefined ? 'a client without a login' : `the login of user ${username}`;
      return {
        message: `${what} refuses ${who} (HTTP ${statusCode}): check SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD`,
      };
    }
    if (statusCode >= 500) return { message: `${what} fails with HTTP ${statusCode}: see its own log` };
    if (statusCode !== 200 || !isList(response)) {
      return {
        message: `no schema registry answers at ${url} (HTTP ${statusCode}): set SCHEMA_REGISTRY_URL with the path of its Confluent API, such as /apis/ccompat/v7`,
      };
    }
    return null;
  } catch (cause) {
    const tls = explainTls(cause, {
      what,
      address: 'SCHEMA_REGISTRY_URL',
      authority: 'SCHEMA_REGISTRY_CA_FILE',
      overTls: url.startsWith('https:'),
      withTls: 'write https:// in SCHEMA_REGISTRY_URL',
      withoutTls: 'write http://',
    });
    return { message: tls ?? `${what} does not answer: start it, or set SCHEMA_REGISTRY_URL`, cause };
  } finally {
    await dispatcher.destroy();
  }
}

const basic = ({ SCHEMA_REGISTRY_USERNAME: username, SCHEMA_REGISTRY_PASSWORD: password = '' }: RegistryAccess) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

function isList(response: string): boolean {
  try {
    return Array.isArray(JSON.parse(response));
  } catch {
    return false;
  }
}
