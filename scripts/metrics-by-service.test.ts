import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS } from 'qcc-core/base/metrics';
import { expect, test } from 'vitest';
import { ROOT } from '../stack/places.ts';
import { ALL_SERVICES } from './admin-ports.mjs';

const sourceOf = (pattern: string) =>
  globSync(pattern, { cwd: ROOT, exclude: (name) => name.endsWith('.test.ts') })
    .map((file) => readFileSync(join(ROOT, file), 'utf8'))
    .join('\n');

const used = (source: string) =>
  new Set(
    [...source.matchAll(/\bmetrics\.(\w+)\s*\.(?:inc|dec|set|reset|remove|observe|startTimer)\b/g)].map(
      ([, name]) => name!,
    ),
  );

test.each(ALL_SERVICES)('%s exports every metric that its source touches', (service) => {
  const names = used(sourceOf(`services/${service}/src/**/*.ts`));
  expect(names.size).toBeGreaterThan(3);
  const hidden = [...names].filter((name) => {
    const by: readonly string[] = METRICS[name as keyof typeof METRICS].by;
    return !by.includes(service);
  });
  expect(hidden).toEqual([]);
});

test('every metric is touched by each service that exports it, or by what all services share', () => {
  const shared = used(sourceOf('packages/qcc-core/src/**/*.ts'));
  const ofService = new Map(ALL_SERVICES.map((service) => [service, sourceOf(`services/${service}/src/**/*.ts`)]));
  const untouched = Object.entries(METRICS).flatMap(([name, { by }]) =>
    by
      .filter(
        (service) => !shared.has(name) && !ofService.get(service as (typeof ALL_SERVICES)[number])?.includes(name),
      )
      .map((service) => `${service}: ${name}`),
  );
  // The client of QCC counts calls and unknown fields in qcc-core.
  expect(untouched.filter((line) => !/qccCall|unknownResponseFields/.test(line))).toEqual([]);
});
