import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export type QueryParameter = {
  name: string;
  /** `date` is a Beijing day, `text` any text. */
  kind: 'date' | 'text';
  /** The default: a ClickHouse expression for a date, or the text itself. If it is undefined, the caller must give a value. */
  fallback: string | undefined;
  /** In Chinese, for analysts. */
  comment: string;
};

/** A question of analysts. The documents, exports and dashboards use this one definition. */
export type AnalystQuery = {
  /** The name of the file without its number: `company-timeline`. */
  name: string;
  /** In Chinese. */
  title: string;
  titleInEnglish: string;
  parameters: readonly QueryParameter[];
  /** The parameter that decides how many days of pushes are read. The others filter what was read. It is undefined if none does. */
  narrowBy: string | undefined;
  /** Limits of the result that a reader must know, in Chinese. */
  caveats: readonly string[];
  /** The SQL, with placeholders for its parameters and for `{{db}}`, `{{masked}}` and `{{account}}`. `renderQuery` fills them in. */
  template: string;
};

/** Reads the catalogue, in the order of the numbers of its files. */
export function readQueries(folder = join(import.meta.dirname, 'catalogue')): AnalystQuery[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => parseQuery(basename(file, '.sql').replace(/^\d+-/, ''), readFileSync(join(folder, file), 'utf8')));
}

const HEAD = /^-- (?<key>title|title-en|param|narrow-by|caveat):? (?<value>.+)$/;
const PARAMETER = /^(?<name>\w+) (?<kind>date|text) (?<fallback>[^:]+): (?<comment>.+)$/;

/** @throws Error if the text does not have the format of the catalogue. */
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
  const parameters = valuesOf('param').map((value) => parseParameter(name, value));
  const [narrowBy] = valuesOf('narrow-by');
  if (narrowBy !== undefined && !parameters.some((parameter) => parameter.name === narrowBy))
    throw new Error(`query ${name}: narrow-by is one of its parameters, and not ${narrowBy}`);
  return {
    name,
    title,
    titleInEnglish,
    parameters,
    narrowBy,
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
