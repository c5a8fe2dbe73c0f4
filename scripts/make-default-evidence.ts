import { initEvidenceStore } from 'qcc-evidence/init-store';

/**
 * Creates the evidence store if EVIDENCE_URL is not set. The default is a folder of this checkout, so it cannot be a volume that is not
 * mounted. A store that EVIDENCE_URL names has to exist.
 */
export async function makeDefaultEvidence(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  if (!env.EVIDENCE_URL && !env.EVIDENCE_URL_FILE) await initEvidenceStore(env);
}
