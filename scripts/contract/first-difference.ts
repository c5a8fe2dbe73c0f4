import avsc from 'avsc';

/**
 * The path of the first field in which the value that a reader got differs from the written one; null if there is none. The reader drops
 * fields that only the writer has. Fields that only the reader has must have their default.
 */
export function firstDifference(
  { type, value }: { type: avsc.Type; value: unknown },
  written: unknown,
  path = '',
): string | null {
  const { types: avro } = avsc;
  if (type instanceof avro.RecordType) {
    const [got, had] = [value, written] as Record<string, unknown>[];
    for (const field of type.fields) {
      const at = path === '' ? field.name : `${path}.${field.name}`;
      const member = { type: field.type, value: got?.[field.name] };
      const expected = had && field.name in had ? had[field.name] : field.defaultValue();
      const difference = firstDifference(member, expected, at);
      if (difference !== null) return difference;
    }
    return null;
  }
  if (type instanceof avro.ArrayType) {
    const [got, had] = [value, written] as unknown[][];
    if (got?.length !== had?.length) return path;
    for (const [index, item] of got!.entries()) {
      const difference = firstDifference({ type: type.itemsType, value: item }, had![index], `${path}[${index}]`);
      if (difference !== null) return difference;
    }
    return null;
  }
  if (type instanceof avro.UnwrappedUnionType) {
    const branch = value === null ? undefined : type.types.find((each) => each.typeName !== 'null');
    if (branch && written !== null) return firstDifference({ type: branch, value }, written, path);
    return value === written ? null : path;
  }
  return Buffer.from(JSON.stringify(value)).equals(Buffer.from(JSON.stringify(written))) ? null : path;
}
