import { EVIDENCE_SETTINGS, readSettings } from 'qcc-core/base/settings';
import { createEvidenceProbe } from 'qcc-evidence/evidence-probe';
import { openEvidenceStore } from 'qcc-evidence/open-store';
import type { EvidenceStore } from 'qcc-evidence/store';
import type { Environment } from './terminal.ts';

/**
 * The evidence store that the environment names; the caller disposes it.
 * @throws EvidenceError if it was never made or its volume is not mounted.
 */
export async function connectEvidence({ env, watch }: Environment): Promise<EvidenceStore> {
  const settings = readSettings(env, EVIDENCE_SETTINGS);
  watch(await createEvidenceProbe(settings));
  return await openEvidenceStore(settings);
}
