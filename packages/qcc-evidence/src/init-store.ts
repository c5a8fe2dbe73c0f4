/** Makes the evidence store that the environment names. Run as a program where there is no `npx qcc`, as in an image. */
import { EVIDENCE_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { nameEvidenceStore } from './open-store.ts';

/** Resolves once the store is there; it may have been before. @returns its place. @throws EvidenceError, SettingsError */
export async function initEvidenceStore(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  await using store = await nameEvidenceStore(readSettings(env, EVIDENCE_SETTINGS));
  await store.make();
  return store.place;
}

if (import.meta.main) console.log(`evidence is kept in ${await initEvidenceStore(process.env)}`);
