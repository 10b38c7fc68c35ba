/** When the running agent takes up what its collector lets it take: the real record of root, and the real fetch beside it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readRecord, type UpdateRecord, writeRecord } from '../../agent/update/record.ts';
import { type AgentUpdates, createUpdates } from '../../agent/update/updates.ts';
import { version } from '../../agent/version.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';
import { formatReasons } from '../../shared/words/reasons.ts';
import { agentMain, temporaryFolder } from '../support/agent.ts';
import { makeSigningKeys } from '../support/signed-release.ts';
import { until } from '../support/until.ts';

const test = suite('orders of updates');
const folder = temporaryFolder();
test.after(() => folder.remove());
// What is fetched, is fetched by the agent's own program.
process.argv[1] = agentMain;
let count = 0;

/** This version is on trial. */
function onTrial(): { updates: AgentUpdates; record(state: UpdateRecord['state']): void } {
  const home = join(folder.path, `opt${count}`);
  const data = join(folder.path, `data${count++}`);
  mkdirSync(join(home, 'update'), { recursive: true });
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(home, 'keys.json'), makeSigningKeys().set);
  const record = (state: UpdateRecord['state']) =>
    writeRecord(home, { ...readRecord(home), state, version, sequence: 5, from: '0.0.1', at: Date.now() });
  record('trial');
  const updates = createUpdates({
    ...{ data, allow: 'auto', clock: systemClock, log: silentLog, onChange: () => {} },
    ...{ lastAck: () => Date.now(), isOnBattery: async () => false },
    place: { home, target: `linux-${process.arch}`, form: 'tar.gz' },
  });
  assert.is(updates.report().state, 'trial');
  return { updates, record };
}

test('an order that comes while a trial ends is taken up when it has ended; the same order again is not', async () => {
  const [other, same] = [onTrial(), onTrial()];
  try {
    other.updates.offer({ allow: '99.0.0', sequence: 6 });
    same.updates.offer({ allow: version, sequence: 5 });
    assert.is(other.updates.report().state, 'trial', 'root is at work');
    for (const one of [other, same]) one.record('proven');
    await until(() => other.updates.report().state !== 'trial', 10_000, 'the end of the trial to be seen');
    await until(() => other.updates.report().state === 'downloading', 2000, 'the order that waited');
    const { version: wanted, sequence } = other.updates.report();
    assert.equal([wanted, sequence], ['99.0.0', 6]);
    await until(() => same.updates.report().state === 'proven', 10_000, 'the other end');
  } finally {
    for (const { updates } of [other, same]) updates.stop();
  }
});

for (const [form, line] of [
  ['deb', /sudo apt install \.\/evenkeel-agent_99\.0\.0_(amd64|arm64)\.deb$/],
  ['rpm', /sudo rpm -U evenkeel-agent-99\.0\.0-1\.(x86_64|aarch64)\.rpm$/],
] as const)
  test(`installed as ${form}: nothing is fetched, and what to type at the machine is said`, async () => {
    const data = join(folder.path, form);
    mkdirSync(data, { mode: 0o700 });
    const updates = createUpdates({
      ...{ data, allow: 'notify', clock: systemClock, log: silentLog, onChange: () => {} },
      ...{ lastAck: () => Date.now(), isOnBattery: async () => false },
      place: { home: null, target: `linux-${process.arch}`, form },
    });
    try {
      updates.offer({ allow: '99.0.0', sequence: 6 });
      await until(() => Boolean(updates.report().reason), 10_000, 'the reason');
      const { reason } = updates.report();
      assert.match(formatReasons('en', reason ? [reason] : []), line);
    } finally {
      updates.stop();
    }
  });

test.run();
