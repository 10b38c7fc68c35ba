/** One lane for each channel, so that a slow one delays no other. */
import type { Log } from '../../shared/log.ts';

interface LanesParts {
  /** Those in which something waits. */
  channels(): Promise<string[]>;
  /** Tries what is due in one, each once. @returns how many were tried */
  runOnce(channel: string): Promise<number>;
  log: Log;
}

interface ChannelLane {
  busy: Promise<number> | null;
  /** Something came while it was busy. */
  again: boolean;
}

const lookEveryMs = 5_000;

export function createLanes({ channels, runOnce, log }: LanesParts) {
  const lanes = new Map<string, ChannelLane>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<unknown> = Promise.resolve();
  let stopped = false;
  const couldNot = (thrown: unknown) => log.error({ err: thrown }, 'Could not read or mark notifications; tried again');

  const laneOf = (channel: string): ChannelLane => {
    const lane = lanes.get(channel) ?? { busy: null, again: false };
    lanes.set(channel, lane);
    return lane;
  };

  /** One run of a channel at a time. */
  function run(channel: string, work: (channel: string) => Promise<number>): Promise<number> {
    const lane = laneOf(channel);
    if (lane.busy !== null) return lane.busy.then(() => 0);
    const busy = work(channel).finally(() => {
      lane.busy = null;
    });
    lane.busy = busy.catch(() => 0);
    return busy;
  }

  /** Until nothing more is due. */
  async function drain(channel: string): Promise<number> {
    let sum = 0;
    for (let tried = 1; tried > 0 && !stopped; sum += tried) tried = await runOnce(channel);
    return sum;
  }

  async function startAll(): Promise<void> {
    if (stopped) return;
    for (const channel of await channels()) {
      const lane = laneOf(channel);
      if (lane.busy !== null) lane.again = true;
      else void run(channel, drain).then(() => lookAgain(lane), couldNot);
    }
  }

  function lookAgain(lane: ChannelLane): void {
    if (lane.again) look();
    lane.again = false;
  }

  /** Each channel sends on its own until nothing is due in it; looked at again soon. */
  function look(): void {
    if (stopped) return;
    clearTimeout(timer);
    looking = looking
      .then(startAll)
      .catch(couldNot)
      .finally(() => {
        clearTimeout(timer);
        if (stopped) return;
        timer = setTimeout(look, lookEveryMs);
        timer.unref();
      });
  }

  return {
    look,
    /** Everything that is due, each once. @returns how many were tried */
    async runDue(): Promise<number> {
      const tried = await Promise.all((await channels()).map((channel) => run(channel, runOnce)));
      return tried.reduce((sum, n) => sum + n, 0);
    },
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      await looking;
      await Promise.all([...lanes.values()].map(({ busy }) => busy));
    },
  };
}
