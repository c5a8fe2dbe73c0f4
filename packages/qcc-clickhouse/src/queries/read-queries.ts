import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export type QueryParameter = {
  name: string;
  /** `date` is a Beijing day, `text` any text. */
  kind: 'date' | 'text';
  /** Of a date, an expression of ClickHouse; of a text, the text. Undefined: a value has to be given. */
  fallback: string | undefined;
  /** In Chinese, for analysts. */
  comment: string;
};

/** A question of analysts. The documents, exports and dashboards take it from here, so that it exists once. */
export type AnalystQuery = {
  /** Without its number: `company-timeline`. */
  name: string;
  /** In Chinese. */
  title: string;
  titleInEnglish: string;
  parameters: readonly QueryParameter[];
  /** What the numbers do not say, in Chinese. */
  caveats: readonly string[];
  /** With `{{db}}`, `{{masked}}`, `{{account}}` and its parameters to be filled in: see `renderQuery`. */
  template: string;
};

/** The catalogue, in the order of the numbers of its files. */
export function readQueries(folder = join(import.meta.dirname, 'catalogue')): AnalystQuery[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => parseQuery(basename(file, '.sql').replace(/^\d+-/, ''), readFileSync(join(folder, file), 'utf8')));
}

const HEAD = /^-- (?<key>title|title-en|param|caveat):? (?<value>.+)$/;
const PARAMETER = /^(?<name>\w+) (?<kind>date|text) (?<fallback>[^:]+): (?<comment>.+)$/;

/** @throws Error for a file that does not keep the form of the others. */
export function parseQuery(name: string, text: string): AnalystQuery {
  const lines = text.replaceAll('\r\n', '\n').trimEnd().split('\n');
  const end = lines.findIndex((line) => !line.startsWith('-- '));
  const head = lines.slice(0, end).map((line) => {
    const { key, value } = HEAD.exec(line)?.groups ?? {};
    if (key === undefined || value === undefined)
      throw new Error(`query ${name}: a line of the head is of no known kind: ${line}`);
    return { key, value };
  });
  const valuesOf = (key: string) => head.filter((each) => each.key === key).map(({ value }) => value);
  const [title, titleInEnglish] = ['title', 'title-en'].map((key) => valuesOf(key)[0]);
  if (title === undefined || titleInEnglish === undefined)
    throw new Error(`query ${name}: title or title-en is missing`);
  return {
    name,
    title,
    titleInEnglish,
    parameters: valuesOf('param').map((value) => parseParameter(name, value)),
    caveats: valuesOf('caveat'),
    template: lines.slice(end).join('\n'),
  };
}

function parseParameter(query: string, text: string): QueryParameter {
  const { name, kind, fallback, comment } = PARAMETER.exec(text)?.groups ?? {};
  if (name === undefined || fallback === undefined || comment === undefined) {
    throw new Error(`query ${query}: a parameter is NAME date|text DEFAULT: COMMENT, and not ${text}`);
  }
  return { name, kind: kind === 'date' ? 'date' : 'text', fallback: fallback === '-' ? undefined : fallback, comment };
}
