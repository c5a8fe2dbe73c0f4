import avsc, { type Schema } from 'avsc';

type Node = string | Node[] | { [key: string]: unknown };
/** What a reader sees of a field apart from its Avro type. */
type Meaning = { logicalType: string; default: string };

/**
 * The reasons why a schema may not follow an older one of the same subject; empty if it may. This is stricter than the registry's
 * FULL_TRANSITIVE, which allows the removal of a field that has a default, and ignores logical types and the values of defaults.
 */
export function schemaProblems(older: Schema, newer: Schema): string[] {
  const types: Partial<Record<'older' | 'newer', avsc.Type>> = {};
  try {
    types.older = avsc.Type.forSchema(older);
    types.newer = avsc.Type.forSchema(newer);
  } catch (error) {
    return [`no valid schema: ${messageOf(error)}`];
  }
  const before = meanings(older as Node);
  const after = meanings(newer as Node);
  const ofFields = [...before].flatMap(([path, meant]) => {
    const means = after.get(path);
    if (!means) return [`the field ${path} is gone`];
    return (['logicalType', 'default'] as const)
      .filter((each) => means[each] !== meant[each])
      .map((each) => `the ${each} of ${path} changes from ${meant[each]} to ${means[each]}`);
  });
  return [
    ...unreadable(types.newer, types.older, 'new readers cannot read old messages'),
    ...unreadable(types.older, types.newer, 'readers of today cannot read new messages'),
    ...ofFields,
  ];
}

function unreadable(reader: avsc.Type, writer: avsc.Type, what: string): string[] {
  try {
    reader.createResolver(writer);
    return [];
  } catch (error) {
    return [`${what}: ${messageOf(error)}`];
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The fields of all records in a schema by their path, such as `record.changeDate` or `exceptions[].addDate`. */
function meanings(node: Node, at = '', found = new Map<string, Meaning>()): Map<string, Meaning> {
  if (Array.isArray(node)) for (const branch of node) meanings(branch, at, found);
  else if (typeof node === 'object') {
    const { type, fields, items, values } = node as Record<string, Node>;
    if (fields) {
      for (const field of fields as unknown as { name: string; type: Node; default?: unknown }[]) {
        const path = at === '' ? field.name : `${at}.${field.name}`;
        const value = field.default === undefined ? 'none' : JSON.stringify(field.default);
        found.set(path, { logicalType: logicalTypesOf(field.type), default: value });
        meanings(field.type, path, found);
      }
    } else if (items) meanings(items, `${at}[]`, found);
    else if (values) meanings(values, `${at}{}`, found);
    else if (type) meanings(type, at, found);
  }
  return found;
}

function logicalTypesOf(node: Node): string {
  if (Array.isArray(node)) return node.map(logicalTypesOf).find((each) => each !== 'none') ?? 'none';
  return typeof node === 'object' && typeof node.logicalType === 'string' ? node.logicalType : 'none';
}
