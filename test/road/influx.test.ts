/** The road of an alert and the charts' API once more, with the series in a real InfluxDB. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { influxMissing } from '../support/influxdb.ts';

const test = suite('influx');
const missing = influxMissing();
if (missing !== null) console.log(`\nSKIP influxdb: ${missing}`);

async function run(part: string): Promise<{ code: number | null; output: string }> {
  const file = fileURLToPath(new URL(`../${part}`, import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, EVENKEEL_TEST_SERIES: 'influx' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

const onServer = missing === null ? test : test.skip;

for (const part of ['road/alert.test.ts', 'collector/api/access.test.ts'])
  onServer(`${part} on InfluxDB`, async () => {
    const { code, output } = await run(part);
    for (const line of output.split('\n')) if (/^(SKIP|FIGURE) /.test(line)) console.log(`\n${line}`);
    assert.is(code, 0, output);
    assert.match(output, /Passed:\s+[1-9]/);
  });

test.run();
