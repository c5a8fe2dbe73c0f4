import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BLOCK_REASONS } from 'detail-enricher/quota/admit-call';
import { UNSEEN_CALL } from 'detail-enricher/quota/limits';
import { COMMON_SETTINGS, SETTINGS } from 'qcc-core/base/settings';
import { DEAD_LETTER_REASONS } from 'qcc-core/contract/dead-letter-reasons';
import { DETAIL_STATUSES, ORDER_STAGES } from 'qcc-core/contract/domain';
import { INCOMPLETE_REASONS } from 'qcc-core/qcc/read-all-pages';
import { MATCH_KINDS } from 'qcc-portfolio/match-members';
import { describe, expect, test } from 'vitest';
import { runCli } from '../packages/qcc-cli/src/run-cli.ts';
import { ROOT } from '../stack/places.ts';
import { GENERATED_DOCS } from './docs.ts';
import { SUBSCRIBER_FILES } from './generate-subscriber.ts';
import { renderTypes } from './generate-types.ts';
import { ALERTER_SETTINGS, SERVICE_SETTINGS } from './service-settings.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const PAGES = globSync('{*.md,docs/**/*.md,examples/**/*.md,test/qcc-simulator/*.md}', { cwd: ROOT }).sort();

/** What a page sets as code: fenced blocks and spans. */
const codeOf = (page: string): string[] =>
  [...read(page).matchAll(/```\w*\n([\s\S]*?)```|`([^`\n]+)`/g)].map(([, block, span]) => block ?? span ?? '');
/** The distinct matches of a pattern's first group (the whole match without one) in the code of all pages, each with a page it stands on. */
const named = (pattern: RegExp): [name: string, page: string][] => [
  ...new Map(
    PAGES.flatMap((page) =>
      codeOf(page).flatMap((code) =>
        [...code.matchAll(pattern)].map(([whole, group]) => [group ?? whole, page] as const),
      ),
    ),
  ),
];

describe('generated files are up to date with the code', () => {
  test.each(Object.entries(GENERATED_DOCS))('%s (else: npm run docs, npm run format)', (file, render) => {
    expect(read(file)).toBe(formatted(file, render()));
  });

  test('every setting is one that a service reads', () => {
    expect(
      [...new Set(['ACCOUNT' as const, ...COMMON_SETTINGS, ...SERVICE_SETTINGS, ...ALERTER_SETTINGS])].sort(),
    ).toEqual(Object.keys(SETTINGS).sort());
  });

  test.each(Object.entries(SUBSCRIBER_FILES))('%s (else: node scripts/generate-subscriber.ts)', (file, render) => {
    expect(read(file)).toBe(render());
  });

  test('the types of the topics (else: node scripts/generate-types.ts)', () => {
    expect(read('packages/qcc-core/src/contract/generated/topics.ts')).toBe(renderTypes());
  });
});

describe('what the pages name exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

  test.each(named(/\bnpm (?:run )?(?!audit\b|ci\b|init\b|install\b|pack\b)([a-z][\w:-]*)/g))(
    'npm run %s, of %s',
    (script) => {
      expect(Object.keys(scripts)).toContain(script);
    },
  );

  test.each(named(/\bnpx (qcc(?:-simulator)?)\b/g))('the program %s, of %s', (program) => {
    expect(existsSync(join(ROOT, 'node_modules', '.bin', program))).toBe(true);
  });

  test.each(named(/(?:^|npx )qcc [^\n`#|]+/gm))('%s, of %s', async (command) => {
    const words = /\bqcc((?: [a-z][a-z-]*)*)/.exec(command)?.[1] ?? '';
    const options = command.match(/--[\w-]+/g) ?? [];
    const printed: string[] = [];
    const terminal = { env: {}, print: (line: string) => printed.push(line), complain: () => {}, ask: null };
    expect(await runCli(terminal, [...words.split(' ').filter(Boolean), '--help'])).toBe(0);
    const help = printed.join('\n');
    expect(help).toMatch(new RegExp(`^Usage: qcc${words}( |$)`, 'm'));
    for (const option of options) expect(help).toContain(option);
  });

  test.each(named(/(?<![\w./])(?:docs|packages|schemas|scripts|services|stack|test)\/[\w.*/{},-]*/g))(
    'the path %s, of %s',
    (path) => {
      expect(globSync(path, { cwd: ROOT })).not.toEqual([]);
    },
  );

  // Sources are named without their folder where the page says which it is.
  const sources = globSync('{packages,schemas,scripts,services,stack,test}/**/*.{ts,sql}', { cwd: ROOT });
  test.each(named(/(?<![\w./*<-])[a-z][\w-]*(?:\/[\w-]+)*\.(?:ts|sql)\b/g))('the source %s, of %s', (name) => {
    expect(sources.some((path) => `/${path}`.endsWith(`/${name}`))).toBe(true);
  });

  /** Its SDK reads them, so they are not in our list. */
  const isOpenTelemetry = (name: string) => name.startsWith('OTEL_');
  const isFile = (name: string) => name.endsWith('_FILE') && name.slice(0, -'_FILE'.length) in SETTINGS;
  test.each(named(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g))('%s, of %s', (name) => {
    expect(name in SETTINGS || isFile(name) || isOpenTelemetry(name) || OTHER_NAMES.has(name)).toBe(true);
  });
});

describe('every link leads somewhere', () => {
  const links = PAGES.flatMap((page) =>
    // A pattern in a query may look like a link.
    [
      ...read(page)
        .replace(/^```[\s\S]*?^```/gm, '')
        .matchAll(/\]\((?!https?:)([^)\s]+)\)/g),
    ].map(([, target]) => [target ?? '', page] as const),
  );
  test.each(links)('%s, of %s', (target, page) => {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    expect(existsSync(join(ROOT, file))).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(file)).toContain(anchor);
  });
});

describe('a page is as short as its reader was promised', () => {
  const RECORDS = globSync('docs/decisions/*.md', { cwd: ROOT }).sort();
  const PARTS = ['Context', 'Decision', 'Rejected options', 'Consequences'];
  /** As `wc -w` counts them. */
  const wordsOf = (page: string): number => read(page).trim().split(/\s+/).length;

  test('ARCHITECTURE.md takes ten minutes: it has at most 1,500 words', () => {
    expect(wordsOf('ARCHITECTURE.md')).toBeLessThanOrEqual(1_500);
  });

  test('the decisions are found', () => {
    expect(RECORDS.length).toBeGreaterThan(30);
  });
  test.each(RECORDS)('%s has a status, and all parts in their order, none of them empty', (page) => {
    const [head = '', ...parts] = read(page).split(/^## /m);
    expect(head).toMatch(/^# \d+\. .+\n\nStatus: (accepted|superseded)/);
    const named = parts.map((part) => part.split('\n', 1)[0]!);
    expect(named.filter((part) => PARTS.includes(part))).toEqual(PARTS);
    expect(parts.filter((part) => part.split('\n').slice(1).join('').trim() === '')).toEqual([]);
  });
  test.each(RECORDS)('%s fits on one page: it has at most 750 words', (page) => {
    expect(wordsOf(page)).toBeLessThanOrEqual(750);
  });
});

/** Names in capitals that are no settings: what the local stack and the tests read, and values of closed lists. */
const OTHER_NAMES: ReadonlySet<string> = new Set([
  // `feed_state` of portfolio_status.
  ...['NEVER_IN_FEED', 'NOT_READY'],
  ...MATCH_KINDS,
  // Codes of the dictionary.
  ...[
    ...readFileSync(
      join(ROOT, 'packages/qcc-clickhouse/src/migrate/migrations/columns/dictionary.sql'),
      'utf8',
    ).matchAll(/^\('\w+', '([A-Z_]+)'/gm),
  ].map(([, code]) => code ?? ''),
  ...[
    'QCC_ENGINE',
    'QCC_STACK',
    'QCC_TEST_STACK',
    'QCC_TEST_S3',
    'QCC_TEST_CLIENTS',
    'TEST_FORM',
    'MODEL_PAGE',
    'MODEL_RUNS',
    'MODEL_SEED',
    'STACK_KAFKA_PORT',
    'STACK_REGISTRY_PORT',
    'STACK_CLICKHOUSE_PORT',
  ],
  ...['JAVA_HOME', 'WRITE_DELAY'],
  ...DETAIL_STATUSES,
  ...ORDER_STAGES,
  ...Object.keys(DEAD_LETTER_REASONS),
  ...BLOCK_REASONS,
  ...INCOMPLETE_REASONS,
  UNSEEN_CALL.code,
  // Verdicts of the view `coverage`.
  ...['NOTHING_LISTED', 'NOT_CHECKED'],
  // What Envoy calls the fields of its access log.
  ...['START_TIME', 'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT', 'RESPONSE_CODE'],
  // A setting's name with a suffix, and what the page of the settings calls it.
  'NAME_FILE',
]);

/** As the formatter leaves a file of that name: it aligns tables. */
function formatted(file: string, text: string): string {
  const biome = join(ROOT, 'node_modules', '.bin', 'biome');
  return execFileSync(biome, ['format', `--stdin-file-path=${file}`], { cwd: ROOT, input: text, encoding: 'utf8' });
}

/** As code hosts make them of headings. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
