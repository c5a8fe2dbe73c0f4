import type { ServiceName } from '../../scripts/run-services.ts';

/** What a service has just done, or is about to do, as the wrapped parts of its test's composition see it. */
export type Step = {
  when: 'before' | 'after';
  what: 'publish' | 'produce' | 'commit' | 'commit offsets' | 'download' | 'inflate';
  /** Topics without prefix that the request or, for a commit, the whole transaction wrote. */
  topics: ReadonlySet<string>;
  /** Whether an entry of `pending-details` was settled in it. */
  settles: boolean;
  /** Whether the transaction commits an input offset. */
  endsInput: boolean;
};

type FailPoint = { service: ServiceName; matches(step: Step): boolean };

const at =
  (when: Step['when'], what: Step['what'], holds: (step: Step) => boolean = () => true) =>
  (step: Step): boolean =>
    step.when === when && step.what === what && holds(step);
const writes = (topic: string) => (step: Step) => step.topics.has(topic);
const admits = (step: Step) => step.endsInput && step.topics.has('pending-details');

/** The points at which a service may be killed. */
export const FAIL_POINTS = {
  'gateway before publish': { service: 'callback-gateway', matches: at('before', 'publish', writes('orders')) },
  'gateway after publish, before the answer': {
    service: 'callback-gateway',
    matches: at('after', 'publish', writes('orders')),
  },
  'extractor mid-download': { service: 'archive-extractor', matches: at('after', 'download') },
  'extractor mid-inflate': { service: 'archive-extractor', matches: at('after', 'inflate') },
  'extractor before produce': { service: 'archive-extractor', matches: at('before', 'produce', writes('records')) },
  'extractor after produce': { service: 'archive-extractor', matches: at('after', 'produce', writes('records')) },
  'extractor between parts': {
    service: 'archive-extractor',
    matches: at('after', 'commit', (step) => step.topics.has('records') && !step.endsInput),
  },
  "extractor before the last transaction's end": {
    service: 'archive-extractor',
    matches: at('before', 'commit', (step) => step.topics.has('records') && step.endsInput),
  },
  'extractor after the last commit, before it is known': {
    service: 'archive-extractor',
    matches: at('after', 'commit', (step) => step.topics.has('records') && step.endsInput),
  },
  'enricher before produce': {
    service: 'detail-enricher',
    matches: at('before', 'produce', writes('enriched-records')),
  },
  "enricher before an admission's end": { service: 'detail-enricher', matches: at('before', 'commit', admits) },
  'enricher after an admission, before it is known': {
    service: 'detail-enricher',
    matches: at('after', 'commit', admits),
  },
  'enricher after lookups, before their transaction': {
    service: 'detail-enricher',
    matches: at('before', 'produce', ({ settles }) => settles),
  },
  'enricher before the end of settled details': {
    service: 'detail-enricher',
    matches: at('before', 'commit', ({ settles, endsInput }) => settles && !endsInput),
  },
  'enricher after settled details, before it is known': {
    service: 'detail-enricher',
    matches: at('after', 'commit', ({ settles, endsInput }) => settles && !endsInput),
  },
  'sink after insert, before its facts': { service: 'sink', matches: at('before', 'publish', writes('order-events')) },
  'sink after insert, before the offset commit': { service: 'sink', matches: at('before', 'commit offsets') },
  'sink after the offset commit': { service: 'sink', matches: at('after', 'commit offsets') },
} as const satisfies Record<string, FailPoint>;

export type FailPointName = keyof typeof FAIL_POINTS;
export const FAIL_POINT_NAMES = Object.keys(FAIL_POINTS) as FailPointName[];

/** What a test's composition root is told by its environment: where to die or freeze, and how often to pass by before. */
export const armed = (
  name: FailPointName,
  { passBy = 0, signal = 'SIGKILL' }: { passBy?: number; signal?: 'SIGKILL' | 'SIGSTOP' } = {},
): Record<string, string> => ({ FAIL_POINT: name, FAIL_PASS_BY: String(passBy), FAIL_SIGNAL: signal });

/** Told each step; sends this process its signal at the point that the environment names, once. */
export function createReach(env: Readonly<Record<string, string | undefined>>): (step: Partial<Step>) => void {
  const name = FAIL_POINT_NAMES.find((candidate) => candidate === env.FAIL_POINT);
  let passBy = Number(env.FAIL_PASS_BY ?? 0);
  return (step) => {
    const whole: Step = {
      when: 'before',
      what: 'publish',
      topics: new Set(),
      settles: false,
      endsInput: false,
      ...step,
    };
    if (!name || !FAIL_POINTS[name].matches(whole)) return;
    passBy -= 1;
    if (passBy === -1) process.kill(process.pid, env.FAIL_SIGNAL ?? 'SIGKILL');
  };
}
