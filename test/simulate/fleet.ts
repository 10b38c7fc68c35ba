/** Many simulated endpoints at once. */
import type { JoinCode } from '../../shared/join-code.ts';
import { createSimulated, type Simulated, type SimulatedOptions } from './endpoint.ts';
import { enroll } from './enroll.ts';
import { makeMachine } from './machine.ts';

export interface FleetOptions extends Pick<SimulatedOptions, 'intervalMs' | 'steady' | 'longestWaitMs'> {
  code: JoinCode;
  endpoints: number;
  seed: number;
  onJoined?(count: number): void;
}

const joinAtOnce = 8;

export interface SimulatedFleet {
  readonly endpoints: readonly Simulated[];
  totals(): { connected: number; generated: number; acked: number; waiting: number };
  quiet(): void;
  /** Waits until everything generated is acknowledged. @returns whether it was, within the limit */
  drain(limitMs: number): Promise<boolean>;
  stop(): Promise<void>;
}

/** Enrols all endpoints, then starts them spread over one interval. */
export async function startFleet(options: FleetOptions): Promise<SimulatedFleet> {
  const endpoints: Simulated[] = [];
  let next = 0;
  const joinNext = async () => {
    while (next < options.endpoints) {
      const machine = makeMachine(options.seed, next++);
      const credential = await enroll(options.code, machine);
      const simulated = createSimulated({ ...options, machine, credential });
      endpoints.push(simulated);
      options.onJoined?.(endpoints.length);
    }
  };
  await Promise.all(Array.from({ length: joinAtOnce }, joinNext));
  const gapMs = Math.min(5, options.intervalMs / options.endpoints);
  for (const [n, endpoint] of endpoints.entries()) setTimeout(() => endpoint.start(), n * gapMs);

  const totals = () => {
    const sum = { connected: 0, generated: 0, acked: 0, waiting: 0 };
    for (const { isConnected, generated, waiting } of endpoints) {
      sum.connected += isConnected ? 1 : 0;
      sum.generated += generated;
      sum.waiting += waiting;
    }
    sum.acked = sum.generated - sum.waiting;
    return sum;
  };
  return {
    endpoints,
    totals,
    quiet: () => {
      for (const endpoint of endpoints) endpoint.quiet();
    },
    async drain(limitMs) {
      const end = performance.now() + limitMs;
      while (totals().waiting > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 100));
      return totals().waiting === 0;
    },
    stop: async () => void (await Promise.all(endpoints.map((endpoint) => endpoint.stop()))),
  };
}
