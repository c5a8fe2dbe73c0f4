import { formatShanghaiDateTime, parseShanghaiDateTime } from 'qcc-core/base/shanghai-time';
import { expect, test } from 'vitest';
import { enrichedRecord, ruleOf } from '../testing/changes.ts';
import { simulateRule } from './simulate-rule.ts';

const at = (time: string) => parseShanghaiDateTime(`2026-11-${time}`)!;

test('a week is shown as it would have been sent: one by one by day, and one digest for a night', () => {
  const rule = ruleOf({ quiet: { from: '22:00', to: '08:00' } });
  const nothing = { has: () => false };
  const simulation = simulateRule({ rule, portfolios: nothing, erasures: nothing, since: at('18 00:00:00') });
  const versions: [string, string, number][] = [
    ['before', '17 12:00:00', 0],
    ['before', '19 12:00:00', 1],
    ['day', '19 12:00:00', 0],
    ['night-1', '19 23:00:00', 0],
    ['night-2', '20 07:59:59', 0],
    ['morning', '20 08:00:00', 0],
  ];
  for (const [id, time, position] of versions)
    simulation.take(enrichedRecord({ id, position, pushDate: at(time) }), at(time));
  const shown = simulation
    .messages()
    .map((message) => [formatShanghaiDateTime(message.at), message.isDigest, message.alerts.length]);
  expect(shown).toEqual([
    ['2026-11-19 12:00:00', false, 1],
    ['2026-11-20 08:00:00', false, 1],
    ['2026-11-20 08:00:00', true, 2],
  ]);
});
