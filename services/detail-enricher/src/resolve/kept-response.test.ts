import { detailRequest } from 'qcc-details/testing/details';
import { EvidenceError } from 'qcc-evidence/store';
import { expect, test, vi } from 'vitest';
import { createKeptResponse } from './kept-response.ts';

function setUp(find: () => Promise<never[]>) {
  const error = vi.fn();
  return { error, keptResponse: createKeptResponse({ account: 'main', repository: { find }, log: { error } }) };
}

test('an altered response is not trusted, and said loudly', async () => {
  const { error, keptResponse } = setUp(() => Promise.reject(new EvidenceError('altered', 'another SHA-256')));
  expect(await keptResponse(detailRequest())).toBeUndefined();
  expect(error).toHaveBeenCalledWith(expect.anything(), expect.stringContaining('another SHA-256'));
});

test('a store that is away is not the fault of the record: the batch comes again', async () => {
  const { keptResponse } = setUp(() => Promise.reject(new EvidenceError('unavailable', 'disk gone')));
  await expect(keptResponse(detailRequest())).rejects.toThrow('disk gone');
});
