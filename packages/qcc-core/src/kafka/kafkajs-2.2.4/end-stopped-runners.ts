/**
 * Ends a consumer of kafkajs 2.2.4 that was told to stop. Importing this file is enough.
 *
 * - If the set of brokers changes while a consumer stops, kafkajs makes new fetchers that nobody stops. They ask a runner that is
 *   stopped, which answers at once, again and again in microtasks: no timer, signal or response is handled any more.
 * - A runner that is stopped while it joins its group is not running yet, so kafkajs takes no notice. It begins to run when it has
 *   joined, and stays a member that does nothing.
 */
import { kafkaJsModule, requireShape } from './guard.ts';

type Runner = {
  running: boolean;
  fetchManager: { stop(): Promise<void> };
  consumerGroup: { leave(): Promise<void>; cluster: { disconnect(): Promise<void> } };
  fetch(this: Runner, nodeId: string): Promise<unknown[]>;
  stop(this: Runner): Promise<void>;
  scheduleFetchManager(this: Runner): void;
};

const { prototype } = kafkaJsModule<{ prototype: Runner }>('consumer/runner.js');
const { fetch, stop, scheduleFetchManager } = prototype;
requireShape('Runner.fetch', fetch, ['if (!this.running)', 'return []']);
requireShape('Runner.stop', stop, ['this.running = false', 'this.fetchManager.stop()']);
requireShape('Runner.scheduleFetchManager', scheduleFetchManager, ['if (!this.running)', 'this.fetchManager.start()']);

const stopped = new WeakSet<Runner>();

prototype.fetch = async function fetchUnlessStopped(nodeId) {
  if (this.running) return await fetch.call(this, nodeId);
  // It ends the loops of the fetchers before it waits for them, and this is one of them.
  void this.fetchManager.stop();
  return [];
};

prototype.stop = function stopForGood() {
  stopped.add(this);
  return stop.call(this);
};

prototype.scheduleFetchManager = function scheduleUnlessStopped() {
  if (stopped.has(this) && this.running) {
    this.running = false;
    const { consumerGroup } = this;
    void consumerGroup
      .leave()
      .catch(() => {})
      .then(() => consumerGroup.cluster.disconnect())
      .catch(() => {});
  }
  scheduleFetchManager.call(this);
};
