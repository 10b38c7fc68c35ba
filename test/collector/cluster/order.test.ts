/** Messages of endpoints while the leader moves, again and again: the ways to it and the leaders themselves, with many seeds and no time that passes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Leader } from '../../../collector/cluster/holdings.ts';
import { createLeaderSource } from '../../../collector/cluster/leader-source.ts';
import { createRelay, type TakePassed } from '../../../collector/cluster/relay.ts';
import type { IntakeSource, Publication } from '../../../collector/intake/source.ts';
import { silentLog } from '../../../shared/log.ts';
import { until } from '../../support/processes.ts';
import { randomFrom } from '../../support/random.ts';

const seeds = 60;
const endpoints = ['ep-a', 'ep-b', 'ep-c'];
const perEndpoint = 40;

async function oneSeed(seed: number): Promise<void> {
  const next = randomFrom(seed);
  const random = () => next(1000) / 1000;
  const judged = new Map(endpoints.map((name) => [name, [] as number[]]));
  const listeners = new Set<() => void>();
  let open: { token: number; take: TakePassed; close(): Promise<void> } | null = null;
  let tokens = 0;

  /** The leader opens at this collector; before it reads a message, and before it answers, something else may happen. */
  async function begin(): Promise<void> {
    const token = ++tokens;
    const source = createLeaderSource({
      holdings: { holderOf: () => 'post', round: async () => undefined },
      outward: {} as IntakeSource,
      log: silentLog,
    });
    const opened = await source.source({
      onMessage({ endpoint, payload, acknowledge }: Publication) {
        const judge = () => {
          if (open?.token !== token) return;
          judged.get(endpoint)?.push(Number(Buffer.from(payload).toString()));
          if (random() < 0.7) acknowledge();
          else setImmediate(acknowledge);
        };
        if (random() < 0.5) return void judge();
        return new Promise<void>((resolve) => setImmediate(resolve)).then(judge);
      },
    } as never);
    open = { token, take: source.take, close: opened.close };
    for (const listener of listeners) listener();
  }
  async function end(): Promise<void> {
    const old = open;
    open = null;
    for (const listener of listeners) listener();
    await old?.close();
  }

  const leader = (): Leader | null =>
    open && ({ member: { instance: 'post' }, token: open.token, isMine: true } as Leader);
  const relay = createRelay({
    ...{ instance: 'post', leader, log: silentLog, onEndpoint: () => undefined },
    onLeader: (listener) => {
      listeners.add(() => listener(leader()));
      return () => undefined;
    },
    own: () => open?.take ?? null,
    onOwn: (listener) => {
      listeners.add(listener);
      return () => undefined;
    },
    connect: () => {
      throw new Error('the leader is here');
    },
  });
  let answered = 0;
  const answers: string[] = [];
  for (let n = 1; n <= perEndpoint; n++) {
    for (const endpoint of endpoints)
      void relay
        .pass({ endpoint, leaf: 'report', payload: Buffer.from(String(n)), from: '?', receivedAt: n })
        .then(({ outcome }) => {
          answered++;
          answers.push(outcome);
        });
    if (random() < 0.2) await (open ? end() : begin());
    if (random() < 0.5) await new Promise((resolve) => setImmediate(resolve));
  }
  if (!open) await begin();
  await until(() => answered === endpoints.length * perEndpoint, 5000, `all answers of seed ${seed}`);
  relay.close();
  assert.is(answers.filter((one) => one !== 'done').length, 0);
  for (const [endpoint, numbers] of judged) {
    // A leader that ends has no answers: what it judged is judged again, from there on, by the next.
    const firsts = numbers.filter((n, at) => numbers.indexOf(n) === at);
    const all = Array.from({ length: perEndpoint }, (_, i) => i + 1);
    assert.equal(firsts, all, `seed ${seed}, ${endpoint}: each is judged, and for the first time in its order`);
    assert.ok(numbers.length <= perEndpoint * tokens, `seed ${seed}: at most once by each leader`);
    let before = 0;
    let falls = 0;
    for (const n of numbers) {
      if (n <= before) falls++;
      before = n;
    }
    assert.ok(falls < tokens, `seed ${seed}, ${endpoint}: goes back only with a move, ${falls} of ${tokens - 1}`);
  }
}

test(`${seeds} seeds: each message of an endpoint is judged, in its order, once by each leader that had it`, async () => {
  for (let seed = 1; seed <= seeds; seed++) await oneSeed(seed);
});

test.run();
