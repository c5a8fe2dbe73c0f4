import { describe, expect, it } from 'vitest';
import { layoutOf } from './layout.ts';

describe('layoutOf', () => {
  it.each([
    { records: 0, broken: 0, repeat: 0, repeatWithin: 0 },
    { records: 1, broken: 0, repeat: 0, repeatWithin: 0 },
    { records: 20, broken: 0, repeat: 20, repeatWithin: 0 },
    { records: 500, broken: 7, repeat: 50, repeatWithin: 13 },
    { records: 1009, broken: 1, repeat: 1, repeatWithin: 500 },
  ])('deals exactly $broken broken, $repeat repeated and $repeatWithin second appearances over $records', (shares) => {
    const layout = layoutOf(shares);
    const slots = Array.from({ length: shares.records }, (_, position) => layout.at(position));
    const count = (kind: string) => slots.filter((slot) => slot.kind === kind).length;
    expect(count('broken')).toBe(shares.broken);
    expect(count('repeat')).toBe(shares.repeat);
    expect(count('again')).toBe(shares.repeatWithin);
    expect(count('fresh')).toBe(layout.fresh);
    for (let index = 0; index < shares.repeat; index += 1) {
      expect(slots[layout.positionOfRepeat(index)]).toEqual({ kind: 'repeat', index });
    }
    for (const slot of slots) if (slot.kind === 'again') expect(slots[slot.position]).toEqual({ kind: 'fresh' });
  });
});
