import { TOPICS, topicName } from 'qcc-core/contract/topics';
import { customerOfKey } from 'qcc-portfolio/member-key';
import { createPortfolioIndex, type PortfolioIndex } from 'qcc-portfolio/portfolio-index';
import { type FollowInput, followTopic } from './follow-topic.ts';

/**
 * Reads the topic `portfolio` whole, and then follows it until it is disposed.
 * @returns the customers, after everything that was committed at the call has been read
 * @throws errors of Kafka and of the registry
 */
export async function followPortfolio(
  input: FollowInput,
  portfolios: readonly string[],
): Promise<Pick<PortfolioIndex, 'match'> & AsyncDisposable> {
  const index = createPortfolioIndex(portfolios);
  const following = await followTopic(input, {
    topic: TOPICS.portfolio,
    onValue: index.apply,
    onTombstone: (key) => index.forget(customerOfKey(key)),
  });
  if (index.size === 0)
    input.log.warn(
      `no customer is in the portfolios ${portfolios.join(', ')} of ${topicName(input.prefix, TOPICS.portfolio)}`,
    );
  return { match: index.match, [Symbol.asyncDispose]: () => following[Symbol.asyncDispose]() };
}
