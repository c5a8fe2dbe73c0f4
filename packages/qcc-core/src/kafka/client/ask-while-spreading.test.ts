import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { askWhileSpreading } from './ask-while-spreading.ts';

const answered = (type: string) => Object.assign(new kafkajs.KafkaJSProtocolError(new Error(type)), { type });

/** Fails as often as there are errors, then answers; counts what it was asked. */
function failing(...errors: Error[]) {
  const asked = { times: 0 };
  const ask = async () => {
    asked.times += 1;
    const error = errors.shift();
    if (error) throw error;
    return 'offsets';
  };
  return { ask, asked };
}

describe('a broker that was just told of a topic', () => {
  it.each(['UNKNOWN_TOPIC_OR_PARTITION', 'NOT_LEADER_FOR_PARTITION', 'GROUP_LOAD_IN_PROGRESS'])(
    'is asked again after %s',
    async (type) => {
      const { ask, asked } = failing(answered(type), answered(type));
      await expect(askWhileSpreading(ask)).resolves.toBe('offsets');
      expect(asked.times).toBe(3);
    },
  );

  it.each([answered('TOPIC_AUTHORIZATION_FAILED'), new Error('connection refused')])(
    'is not asked again where waiting does not help: %s',
    async (error) => {
      const { ask, asked } = failing(error, error);
      await expect(askWhileSpreading(ask)).rejects.toBe(error);
      expect(asked.times).toBe(1);
    },
  );
});
