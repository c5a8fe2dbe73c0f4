import type { KeptRuns, Provenance } from './kept-runs.ts';

/** The page of a campaign: a table of all rows, then a section for each. */
export type Page<Run> = {
  title: string;
  runs: KeptRuns<Run>;
  /** Markdown between the title and the table. */
  about(names: readonly string[]): string;
  /** The first line of the table. */
  header: string;
  /** The lines of the table that one run has. */
  lines(run: Run): readonly (readonly unknown[])[];
  /** The renderer adds how, when and where the row ran. */
  section(run: Run): { heading: string; items: readonly string[] };
};

/** In Markdown. */
export function renderPage<Run>({ title, runs, about, header, lines, section }: Page<Run>): string {
  const kept = runs.read();
  const sections = Object.values(kept).map((run) => {
    const { heading, items } = section(run);
    return `## ${heading}

${describeProvenance(run)}
${items.map((item) => `\n- ${item}`).join('')}
`;
  });
  return `# ${title}

${about(Object.keys(kept))}

${header}
${header.replaceAll(/[^|]+/g, '---')}
${Object.values(kept).flatMap(lines).map(line).join('\n')}

${sections.join('\n')}`;
}

const line = (cells: readonly unknown[]): string =>
  `| ${cells.map((cell) => String(cell ?? '').replaceAll('|', '\\|')).join(' | ')} |`;

/** How, when and where a row ran. */
const describeProvenance = ({ command, date, machine, commit }: Provenance): string =>
  `\`${command}\`, ${date}, on ${machine}${commit ? `, commit ${commit}` : ''}.`;
