/** The bench of scale, small: breaches are noticed and pages answered, by one collector and by two. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lineOf, measureScale } from './scale.ts';
import { installationMissing } from './scale-installation.ts';

const test = suite('bench scale');
const missing = installationMissing({ collectors: 2, isShared: true });
if (missing !== null) console.log(`\nSKIP postgresql, influxdb or mosquitto: ${missing}`);

(missing === null ? test : test.skip)('each case has its figures', async () => {
  const said: string[] = [];
  const options = { seconds: 6, breaches: 5, say: (line: string) => void said.push(line) };
  const cases = [1, 2].map((collectors) => ({ endpoints: 40, intervalMs: 2000, collectors }));
  const found = await measureScale(cases, options);
  assert.is(found.length, 2, said.join('\n'));
  for (const one of found) {
    assert.equal([one.notified, one.pagesFailed], [5, 0], `${lineOf(one)}\n${said.join('\n')}`);
    assert.is(one.cpu.length, one.collectors);
    assert.ok(one.perSecond > 0 && Object.values(one.pageMs).every((ms) => ms > 0), lineOf(one));
  }
});

test.run();
