import type { AvroCodec } from 'qcc-core/avro/codec';
import { bytesOf } from 'qcc-core/avro/composed';
import { avroType } from 'qcc-core/avro/types';
import { composed } from 'qcc-core/testing/composed';

/** Bare Avro, without the header that names a schema in the registry. */
export const bareCodec: Pick<AvroCodec, 'encode' | 'carry' | 'body'> = {
  encode: (topic, value) => avroType(topic).toBuffer(value),
  carry: (_topic, record, behind) => composed(record, bytesOf(behind)),
  body: (_topic, bytes) => bytes,
};
