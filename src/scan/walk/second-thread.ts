import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MessagePort, Worker } from 'node:worker_threads';

/**
 * The file of a thread's program beside the bundle; undefined where the program runs from its sources and has no such
 * file.
 *
 * @param name - with its extension
 */
export function threadFile(name: string): string | undefined {
  // The bundle of the library has this module in a folder of its own below the thread's.
  return [`./${name}`, `../${name}`]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));
}

/** Another thread of this process, and the way to talk to it. */
export class SecondThread<Message> {
  readonly #port: MessagePort;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #failure: unknown;
  #gone = false;

  /**
   * @param file - as {@link threadFile} gives it
   * @param data - copied into its `workerData`, beside the `port`
   */
  constructor(file: string, data: object) {
    const { MessageChannel, Worker } = threads();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(file, {
      workerData: { ...data, port: port2 },
      transferList: [port2],
      // What makes its start cheaper.
      env: threads().SHARE_ENV,
      trackUnmanagedFds: false,
    });
    this.#worker.on('error', (error) => {
      this.#failure = error;
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#gone = true;
        resolve();
      });
    });
  }

  /** Whether it has ended, or could not be started. */
  get gone(): boolean {
    return this.#gone || this.#failure !== undefined;
  }

  /** Why it ended before its work. */
  get failure(): unknown {
    return this.#failure ?? new Error('a thread ended before its work');
  }

  post(message: Message): void {
    this.#port.postMessage(message);
  }

  /** What it has said and nobody has taken yet; undefined where that is nothing. */
  received(): Message | undefined {
    return threads().receiveMessageOnPort(this.#port)?.message as Message | undefined;
  }

  /**
   * The next thing that it says.
   *
   * @throws what it failed with, where it ends instead
   */
  async next(): Promise<Message> {
    const said = this.received();
    if (said !== undefined) return said;
    if (this.gone) throw this.failure;
    return new Promise((resolve, reject) => {
      const done = (act: () => void): void => {
        this.#port.off('message', onMessage);
        this.#worker.off('error', onEnd);
        this.#worker.off('exit', onEnd);
        act();
      };
      const onMessage = (message: Message): void => done(() => resolve(message));
      const onEnd = (): void => done(() => reject(this.failure));
      this.#port.on('message', onMessage);
      this.#worker.on('error', onEnd);
      this.#worker.on('exit', onEnd);
    });
  }

  /**
   * Tells it to end. It is told to, not terminated: koffi aborts the whole process when its thread is stopped within a
   * call, or while it is being loaded; and the descriptors that it has open would stay so.
   *
   * @param farewell - at which it ends
   */
  dismiss(farewell: Message): void {
    this.#port.postMessage(farewell);
    this.#port.close();
  }

  /** Resolves when it has ended. */
  get ended(): Promise<void> {
    return this.#exited;
  }
}

// Asked for here: it costs 1.5 ms of every start.
const threads = () => process.getBuiltinModule('node:worker_threads');
