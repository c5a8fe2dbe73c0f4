import { initEvidenceStore } from 'qcc-evidence/init-store';

/**
 * Makes the evidence store where EVIDENCE_URL is not set: its default is a folder of this checkout, which is no volume that
 * could be missing. A store that is named has to be there.
 */
export async function makeDefaultEvidence(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  if (!env.EVIDENCE_URL && !env.EVIDENCE_URL_FILE) await initEvidenceStore(env);
}
