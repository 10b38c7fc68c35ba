/** A week of a healthy fleet: laptops sleep, backups run at night, updates come, machines restart, and nobody is called. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hour } from '../collector/alerts/scene.ts';
import { type Machine, makeMachine } from './machine.ts';
import { lineOf, runWeek } from './week.ts';

const test = suite('a week of a fleet');
const day = 24 * hour;
const startAt = Date.parse('2026-01-05T00:00:00Z');

const healthy = (n: number): Machine => ({ ...makeMachine(7, n, startAt), troubles: [] });

test('40 endpoints with healthy readings: no alert', async () => {
  const machines = new Map(Array.from({ length: 40 }, (_, n) => [`m${n}`, healthy(n)] as const));
  const all = [...machines.values()];
  assert.ok(all.filter(({ kind }) => kind === 'server').length > 10);
  assert.ok(all.filter(({ sleepShare }) => sleepShare > 0).length > 5);
  const cut = all.findIndex(({ kind, sleepShare }) => kind === 'workstation' && sleepShare === 0);
  // While its network was away this one had a full disk; it was cleaned up before it came back.
  const trouble = { kind: 'disk-filling', from: startAt, to: startAt + 2 * day + hour } as const;
  machines.set(`m${cut}`, { ...healthy(cut), troubles: [{ ...trouble, from: startAt + day }] });
  const gaps = [{ endpoint: `m${cut}`, from: day, to: 2 * day + 2 * hour }];
  const alerts = await runWeek({ machines, startAt, days: 7, gaps });
  assert.equal(alerts.map(lineOf), []);
});

test.run();
