import avsc from 'avsc';

/**
 * A value of a type in which every field is filled (`full`: the last branch of each union, one element in each list) or as empty as
 * can be. The same type always gives the same value.
 */
export function sampleValue(type: avsc.Type, fill: 'full' | 'empty'): unknown {
  let filled = 0;
  const fillIn = (given: avsc.Type, name: string): unknown => {
    const isFull = fill === 'full';
    filled += 1;
    const { types: avro } = avsc;
    if (given instanceof avro.RecordType)
      return Object.fromEntries(given.fields.map((field) => [field.name, fillIn(field.type, field.name)]));
    if (given instanceof avro.ArrayType) return isFull ? [fillIn(given.itemsType, name)] : [];
    if (given instanceof avro.MapType) return isFull ? { [name]: fillIn(given.valuesType, name) } : {};
    if (given instanceof avro.UnwrappedUnionType) return fillIn(given.types.at(isFull ? -1 : 0) as avsc.Type, name);
    if (given instanceof avro.FixedType) return Buffer.alloc(given.size, isFull ? filled : 0);
    switch (given.typeName) {
      case 'null':
        return null;
      case 'boolean':
        return isFull;
      case 'int':
        return isFull ? 20_000 + filled : 0;
      case 'long':
        return isFull ? Date.UTC(2026, 0, 1) + filled : 0;
      case 'bytes':
        return Buffer.alloc(isFull ? 32 : 0, filled);
      case 'string':
        return isFull ? `${name} ${filled} 值` : '';
      default:
        throw new Error(`no sample of ${given.typeName} at ${name}: add one to sample-value.ts`);
    }
  };
  return fillIn(type, 'value');
}
