import { isAlias, isMap, isNode, isPair, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { RULES_SCHEMA, type RulesFile } from './rules-schema.ts';

/** The file cannot be used. Each problem names its line, its column and the reason. */
export class RulesFileError extends Error {
  override readonly name = 'RulesFileError';
  readonly problems: readonly string[];
  constructor(path: string, problems: readonly string[]) {
    super(`the rules file ${path} cannot be used: ${problems.join('; ')}`);
    this.problems = problems;
  }
}

/** A file is small. Aliases could make a large value of a small text. */
const MAX_BYTES = 1_048_576;

/**
 * Reads the text of a rules file.
 * @param path Only for messages.
 * @throws RulesFileError with the first problems, in the order of their lines.
 */
export function readRules(text: string, path: string): RulesFile {
  if (Buffer.byteLength(text) > MAX_BYTES) throw new RulesFileError(path, ['it has more than 1 MiB']);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const placed = (offset: number, reason: string) => ({ offset, text: `${place(lines, offset)}: ${reason}` });
  const syntax = [...document.errors, ...document.warnings].map(({ pos: [at], message }) => placed(at, message));
  visit(document, {
    Alias: (_, { range }) => void syntax.push(placed(range?.[0] ?? 0, 'anchors and aliases are not used here')),
  });
  if (syntax.length > 0) throw new RulesFileError(path, inOrder(syntax));
  const parsed = RULES_SCHEMA.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys')
      return [placed(offsetOf(document.contents, issue.path), `${pathOf(issue.path)}${issue.message}`)];
    return issue.keys.map((key) =>
      placed(offsetOf(document.contents, [...issue.path, key], true), `${pathOf(issue.path)}has no setting ${key}`),
    );
  });
  throw new RulesFileError(path, inOrder(problems));
}

const place = (lines: LineCounter, offset: number): string => {
  const { line, col } = lines.linePos(offset);
  return `line ${Math.max(line, 1)}, column ${Math.max(col, 1)}`;
};

/** One bracket that is not closed may be thousands of problems. */
const MOST_PROBLEMS = 20;

function inOrder(problems: { offset: number; text: string }[]): string[] {
  const texts = problems.sort((a, b) => a.offset - b.offset).map(({ text }) => text);
  const more = texts.length - MOST_PROBLEMS;
  if (more <= 0) return texts;
  const others = more === 1 ? 'there is 1 more problem' : `there are ${more} more problems`;
  return [...texts.slice(0, MOST_PROBLEMS), others];
}

const pathOf = (path: readonly PropertyKey[]): string => (path.length === 0 ? '' : `${path.map(String).join('.')} `);

/** The offset of the value at a path, or of its key. If it is missing, the offset of its nearest ancestor that exists. */
function offsetOf(root: unknown, path: readonly PropertyKey[], ofKey = false): number {
  let node: Node | null = isNode(root) ? root : null;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, key] of path.entries()) {
    const isLast = depth === path.length - 1;
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find(
        (each) => isPair(each) && isScalar(each.key) && String(each.key.value) === String(key),
      );
      if (!pair) return offset;
      const keyNode = pair.key as Node;
      offset = keyNode.range?.[0] ?? offset;
      if (isLast && ofKey) return offset;
      next = pair.value;
    } else if (node && 'items' in node) next = (node.items as unknown[])[Number(key)];
    if (!isNode(next) || isAlias(next)) return offset;
    node = next;
    offset = node.range?.[0] ?? offset;
  }
  return offset;
}
