import type avsc from 'avsc';

type Path = readonly string[];
type Inner = avsc.Type & {
  typeName: string;
  fields: { name: string; type: Inner }[];
  types: Inner[];
  itemsType: Inner;
  valuesType: Inner;
};

/**
 * The fields that a writer's schema has and a reader's has not, as paths such as `record.newField`. A value that goes through the
 * reader's schema loses them.
 */
export function missingFields(writer: avsc.Type, reader: avsc.Type): string[] {
  return findMissing(writer as Inner, reader as Inner, []).map((path) => path.join('.'));
}

function findMissing(writer: Inner, reader: Inner, path: Path): Path[] {
  if (writer.typeName === 'record' && reader.typeName === 'record') {
    return writer.fields.flatMap(({ name, type }) => {
      const known = reader.fields.find((field) => field.name === name);
      const here = [...path, name];
      return known ? findMissing(type, known.type, here) : [here];
    });
  }
  const branches = innerTypes(reader);
  return innerTypes(writer).flatMap((type) => {
    const known = branches.find((branch) => branch.typeName === type.typeName && branch.name === type.name);
    return known ? findMissing(type, known, path) : [];
  });
}

/** What a union, an array or a map may hold. */
function innerTypes(type: Inner): Inner[] {
  if (type.typeName.startsWith('union')) return type.types;
  if (type.typeName === 'array') return [type.itemsType];
  return type.typeName === 'map' ? [type.valuesType] : [];
}
