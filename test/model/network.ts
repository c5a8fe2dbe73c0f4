import { EventEmitter } from 'node:events';
import { answer } from './cluster/broker.ts';
import { Reader } from './cluster/bytes.ts';
import type { Cluster } from './cluster/cluster.ts';
import { Gate } from './cluster/gate.ts';
import { sockets } from './kafkajs-seams.ts';
import type { SimulatedProcess } from './virtual-time.ts';

const LATENCY_MS = 3;
const CLOSE_MS = 1;

/** Between a process and a broker. */
type Link = { requests: Gate; responses: Gate; sockets: Set<SimulatedSocket> };

type Loss = { what: 'request' | 'response'; apiKey: number; process: string };

/** The network between simulated processes and brokers. What a connection carries arrives in order, and late if a fault says so. */
export class Network {
  readonly cluster: Cluster;
  readonly #links = new Map<string, Link>();
  readonly #openers: (() => void)[] = [];
  readonly #losses: Loss[] = [];

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** Gives kafkajs this network until it is disposed. */
  install(): Disposable {
    sockets.connect = ({ host, onConnect }) => {
      const process = this.cluster.time.process;
      if (!process) throw new Error('only simulated processes have a network');
      return new SimulatedSocket({ network: this, process, broker: Number(host.split('-')[1]), onConnect });
    };
    return {
      [Symbol.dispose]() {
        sockets.connect = undefined;
      },
    };
  }

  link(process: string, broker: number): Link {
    const name = `${process} ${broker}`;
    const link = this.#links.get(name) ?? { requests: new Gate(), responses: new Gate(), sockets: new Set() };
    this.#links.set(name, link);
    return link;
  }

  /** Holds back what goes in one direction, without a word to either side. @returns a function that lets it through. */
  hold(direction: 'requests' | 'responses', process: string, broker: number): () => void {
    const open = this.link(process, broker)[direction].close();
    this.#openers.push(open);
    return open;
  }

  /** Ends all connections between both. Responses on their way are lost. */
  reset(process: string, broker: number): void {
    for (const socket of [...this.link(process, broker).sockets]) socket.endByBroker();
  }

  /** The next request of this kind ends its connection: before it is processed, or afterwards. */
  loseNext(loss: Loss): void {
    this.#losses.push(loss);
  }
  /** Whether to lose this one. */
  takesLoss(loss: Loss): boolean {
    const at = this.#losses.findIndex(
      ({ what, apiKey, process }) => what === loss.what && apiKey === loss.apiKey && process === loss.process,
    );
    if (at >= 0) this.#losses.splice(at, 1);
    return at >= 0;
  }

  heal(): void {
    this.#losses.length = 0;
    for (const open of this.#openers.splice(0)) open();
  }
}

/** The part of `net.Socket` that kafkajs and `hung-connections.ts` use, with a broker at its other end. */
class SimulatedSocket extends EventEmitter {
  destroyed = false;
  writableEnded = false;
  bytesRead = 0;
  readonly writableLength = 0;
  readonly #network: Network;
  readonly #process: SimulatedProcess;
  readonly #broker: number;
  readonly #link: Link;
  /** A broker takes the next request of a connection when it has answered the one before. */
  readonly #received: Buffer[] = [];
  #isBusy = false;
  #isConnected = false;
  #lastArrival = { there: 0, back: 0 };

  constructor(input: { network: Network; process: SimulatedProcess; broker: number; onConnect: () => void }) {
    super();
    this.#network = input.network;
    this.#process = input.process;
    this.#broker = input.broker;
    this.#link = input.network.link(input.process.name, input.broker);
    this.#link.sockets.add(this);
    const accept = () => {
      if (this.destroyed) return;
      this.#isConnected = true;
      input.onConnect();
    };
    // The kernel of a frozen broker accepts it, too.
    this.#link.requests.pass(() => this.#link.responses.pass(() => this.#travel('back', accept, this.#process)));
  }

  write(bytes: Buffer): boolean {
    const request = Buffer.from(bytes);
    this.#travel('there', () => this.#link.requests.pass(() => this.#receive(request)));
    return true;
  }
  end(): this {
    if (!this.writableEnded) this.#network.cluster.time.schedule(CLOSE_MS, () => this.destroy(), this.#process);
    this.writableEnded = true;
    return this;
  }
  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.writableEnded = true;
    this.#link.sockets.delete(this);
    const tell = () => {
      if (error) this.emit('error', error);
      this.emit('close');
    };
    this.#network.cluster.time.schedule(0, tell, this.#process);
    return this;
  }
  endByBroker(): void {
    if (this.destroyed) return;
    const tell = () => {
      if (this.destroyed) return;
      // Node ends no socket that is not connected yet: it has an error.
      if (!this.#isConnected) return void this.destroy(new Error('connect ECONNRESET'));
      this.emit('end');
      this.destroy();
    };
    this.#network.cluster.time.schedule(CLOSE_MS, tell, this.#process);
  }
  unref(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }

  #travel(way: 'there' | 'back', arrive: () => void, process?: SimulatedProcess): void {
    const { cluster } = this.#network;
    const { time } = cluster;
    const at = Math.max(this.#lastArrival[way], time.now + cluster.takes(LATENCY_MS));
    this.#lastArrival[way] = at;
    time.scheduleAt(at, arrive, process);
  }

  /** A request is answered even if its client has gone meanwhile: the broker may notice that later. */
  #receive(request: Buffer): void {
    this.#received.push(request);
    this.#next();
  }
  #next(): void {
    if (this.#isBusy || this.#received.length === 0) return;
    this.#isBusy = true;
    const { cluster } = this.#network;
    const gate = cluster.gateOf(this.#broker);
    gate.pass(() => {
      cluster.time.as(undefined, () => void this.#answer(this.#received.shift()!, gate));
    });
  }
  async #answer(request: Buffer, gate: Gate): Promise<void> {
    const reader = new Reader(request, 4);
    const [apiKey, version, correlation] = [reader.int16(), reader.int16(), reader.int32()];
    reader.nullableText(); // client_id
    const lost = { apiKey, process: this.#process.name };
    if (this.#network.takesLoss({ what: 'request', ...lost })) {
      this.endByBroker();
      return;
    }
    const body = await answer(this.#network.cluster, this.#broker, { apiKey, version, reader });
    if (this.#network.takesLoss({ what: 'response', ...lost })) {
      this.endByBroker();
      return;
    }
    const head = Buffer.alloc(8);
    head.writeInt32BE(body.length + 4);
    head.writeInt32BE(correlation, 4);
    const response = Buffer.concat([head, body]);
    gate.pass(() => {
      this.#isBusy = false;
      this.#link.responses.pass(() => this.#travel('back', () => this.#deliver(response), this.#process));
      this.#next();
    });
  }
  #deliver(response: Buffer): void {
    if (this.destroyed) return;
    this.bytesRead += response.length;
    this.emit('data', response);
  }
}
