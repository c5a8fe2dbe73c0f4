import { DEFECT_CASES, type DefectCase, NOT_SHOWN } from './defect-cases.ts';
import type { Script } from './run-script.ts';

/** The script that showed a defect: its number among those of the seed, and what was wrong after it. */
export type Finding = { number: number; script: Script; problem: string };

const RULES = '../packages/qcc-core/src/kafka';
const linkTo = (rule: string): string => `[${rule.split('/').at(-1)}](${RULES}/${rule})`;
const linkToTest = (path: string): string => `[${path.split('/').at(-1)}](../${path})`;

/** The columns that do not depend on a run. */
const rowStart = ({ defect, rule, seed }: DefectCase): string => `| ${defect} | ${linkTo(rule)} | ${seed} |`;

/** `docs/model.md`. */
export const defectsPage = (
  findings: ReadonlyMap<string, Finding>,
): string => `# The model and the defects that it finds

\`test/model/\` runs the exactly-once loop on simulated brokers, with virtual time. fast-check chooses what fails and how long everything
takes. A _script_ is a random sequence of faults with its own seed. After each script, the output must contain each input message exactly once, and every
instance must still work.

The table has one row for each defect that the product had once, or would have without one of its rules. The test puts the defect back, and
runs the scripts of the seed until one fails. Then it runs the same script without the defect, and the script passes.

\`npm run test:whole -- model\` repeats this and compares it with this page. \`MODEL_PAGE=write npm run test:whole -- model/defects\` writes this page.
\`MODEL_RUNS=1000 MODEL_SEED=7 npm test -- model/exactly-once\` runs 1,000 random scripts without a defect.

| defect | rule of the product | seed | script | what fails in it | what the model reports |
| -------- | ------------------- | ---- | ------ | ---------------- | ---------------------- |
${DEFECT_CASES.map((each) => `${rowStart(each)} ${rowEnd(findings.get(each.defect))}`).join('\n')}

## What the model cannot show

| defect | rule of the product | why | tests that show it |
| ------ | ------------------- | --- | ------------------ |
${NOT_SHOWN.map(({ rule, what, why, tests }) => `| ${what} | ${linkTo(rule)} | ${why} | ${tests.map(linkToTest).join(', ')} |`).join('\n')}
`;

/** Spaces and dashes that only make the columns of a table equally wide do not count. */
const squeeze = (page: string): string => page.replace(/ +/g, ' ').replace(/-{3,}/g, '---');

/**
 * The lines of the page that differ from what the cases and the findings say, as they should be. Of a defect that was not looked
 * for, only the columns count that do not depend on a run.
 */
export function wrongLines(page: string, findings: ReadonlyMap<string, Finding>): string[] {
  const expected = squeeze(defectsPage(findings)).split('\n');
  const there = squeeze(page).split('\n');
  const starts = DEFECT_CASES.filter(({ defect }) => !findings.has(defect)).map(rowStart);
  const isThere = (line: string, at: number): boolean => {
    const start = starts.find((each) => line.startsWith(each));
    return start === undefined ? there[at] === line : there[at]?.startsWith(start) === true;
  };
  const wrong = expected.filter((line, at) => !isThere(line, at));
  return there.length > expected.length ? [...wrong, ...there.slice(expected.length)] : wrong;
}

const rowEnd = (finding: Finding | undefined): string =>
  finding
    ? `${finding.number}, with seed ${finding.script.seed} | ${describeFaults(finding.script)} | ${quote(finding.problem)} |`
    : '| | |';

const LONGEST_QUOTE = 90;
function quote(problem: string): string {
  // Of a line of a log, its message.
  const text = problem.replace(/\{.*"msg":"/, '');
  return `${text.slice(0, LONGEST_QUOTE)}${text.length > LONGEST_QUOTE ? '…' : ''}`.replaceAll('|', '\\|');
}

/** More faults than these are counted. */
const MOST_TOLD = 3;

function describeFaults({ faults }: Script): string {
  const kinds = faults.map(({ fault }) => (fault.kind === 'lose' ? `lose ${fault.what} ${fault.api}` : fault.kind));
  if (faults.length <= MOST_TOLD) {
    return faults.map(({ atMs }, at) => `${kinds[at]} at ${(atMs / 1_000).toFixed(1)} s`).join(', ');
  }
  return [...Map.groupBy(kinds, (kind) => kind)].map(([kind, { length }]) => `${length} × ${kind}`).join(', ');
}
