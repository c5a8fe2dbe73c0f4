import type { AvroCodec } from '../../avro/codec.ts';
import { COVERAGE_KINDS, type CoverageFact, type CoverageKind } from '../../contract/domain.ts';
import { TOPICS } from '../../contract/topics.ts';
import type { Outgoing } from '../wire/outgoing.ts';

type What<Kind extends CoverageKind, Field extends keyof CoverageFact> = { kind: Kind } & {
  [Name in Field | 'account' | 'at']: NonNullable<CoverageFact[Name]>;
};

/** A check of one push window. It says all that the checks of the window before it said, and more. */
export type Checked = What<
  'CHECKED',
  'day' | 'pushWindow' | 'windowStart' | 'windowEnd' | 'orders' | 'covered' | 'closed' | 'complete' | 'pushWindows'
>;
export type Activated = What<'ACTIVATED', 'reason' | 'result'>;
export type Gap = What<'GAP', 'gap' | 'after' | 'before'> & {
  /** Only if the gap is a row of the list: the row. */
  reason?: string | null;
};
export type GapClosed = What<'GAP_CLOSED', 'gap' | 'reason' | 'decidedBy'>;

/** What the topic `coverage` holds, each kind with the fields it has. */
export type Coverage = Checked | Activated | Gap | GapClosed;

/** A fact as a message: the same thing found twice has the same key, so that it replaces itself. */
export function coverageMessage(codec: Pick<AvroCodec, 'encode'>, fact: Coverage): Outgoing {
  const key = [fact.account, fact.kind, ...subject(fact)].join('|');
  return { topic: TOPICS.coverage, key, value: codec.encode('coverage', toCoverageFact(fact)) };
}

/** Returns the value that is encoded. Fields that the kind does not have are empty. */
export const toCoverageFact = (
  fact: Partial<CoverageFact> & Pick<CoverageFact, 'account' | 'kind' | 'at'>,
): CoverageFact => ({
  day: null,
  pushWindow: null,
  windowStart: null,
  windowEnd: null,
  orders: [],
  covered: false,
  closed: false,
  complete: false,
  pushWindows: [],
  gap: null,
  after: null,
  before: null,
  reason: null,
  result: null,
  decidedBy: null,
  ...fact,
});

function subject(fact: Coverage): (string | number)[] {
  switch (fact.kind) {
    case 'CHECKED':
      return [fact.day, fact.pushWindow];
    case 'ACTIVATED':
      return [fact.at];
    case 'GAP':
    case 'GAP_CLOSED':
      return [fact.gap];
  }
}

/** A decoded value as its kind; null for a kind that this version does not know. */
export function readCoverage(value: CoverageFact): Coverage | null {
  const kind = COVERAGE_KINDS.find((each) => each === value.kind);
  // The writer of every kind is coverageMessage, which asks for all fields of it.
  return kind ? ({ ...value, kind } as Coverage) : null;
}
