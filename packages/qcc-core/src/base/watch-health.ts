import type { Health } from './health.ts';
import { type Probe, watchAnswers } from './watch-answers.ts';

/** Keeps a part of `/readyz` up to date: what hangs, or refuses every question, is named within 5 s. */
export const watchHealth = (
  probe: Probe,
  { health, healthPart }: { health: Pick<Health, 'set'>; healthPart: string },
): AsyncDisposable =>
  watchAnswers(probe, (state) => health.set(healthPart, state.kind === 'well' ? null : state.problem));
