/** What the embedded series hold, copied into a real InfluxDB: interrupted, gone on with, and the same answers afterwards. */
import * as assert from 'uvu/assert';
import { openEmbedded } from '../../../collector/series/embedded/embedded.ts';
import { fillInflux } from '../../../collector/series/influx/fill.ts';
import { arrival, hour, metric, minute, noon } from '../../contract/series.ts';
import { influxSuite } from '../../support/influx-store.ts';

const { test, onServer, used } = influxSuite('influx: copy');
const { open, rows } = used;
const days = 3;

/** Five endpoints over days; the newest report still waits in the journal. @returns their samples */
async function fillEmbedded(): Promise<number> {
  const store = await openEmbedded(used.parts());
  let samples = 0;
  for (let n = 0; n < 5; n++)
    for (let k = 0; k < days * 24 * 2; k++) {
      const at = noon - (days * 24 * 2 - k) * 30 * minute;
      const metrics = [
        metric('cpu', { usage_active: k + n / 3, usage_user: k }, at, { cpu: 'cpu-total' }),
        metric('net', { bytes_recv: k * 1000 }, at, { interface: "e'0\\" }),
        metric('mem', { used: k % 7 }, at),
      ];
      samples += 4;
      void store.append(arrival(`e${n}`, k + 1, metrics));
    }
  await store.append(arrival('e0', 1000, [metric('mem', { used: 1 }, noon - 1)]));
  await store.compact();
  await store.append(arrival('e1', 1000, [metric('mem', { used: 2 }, noon - 1)]));
  await store.close();
  return samples + 2;
}

onServer('interrupted and begun again: all of it is there, and both answer the same', async () => {
  const samples = await fillEmbedded();
  const ending = new AbortController();
  const seen: number[] = [];
  const stopped = await fillInflux(
    { ...used.parts(), tagsOf: (id) => ({ host: `host of ${id}` }) },
    (done) => {
      seen.push(done);
      if (done > samples / 2) ending.abort();
    },
    ending.signal,
  ).catch((thrown) => thrown);
  assert.is(stopped.name, 'AbortError');
  const filled = await fillInflux(
    { ...used.parts(), tagsOf: (id) => ({ host: `host of ${id}` }) },
    () => undefined,
    new AbortController().signal,
  );
  assert.ok(filled.before > 0, 'what was whole is not copied twice');
  assert.equal([filled.missing, filled.differ, filled.refused], [[], [], 0]);
  assert.ok(filled.compared >= 60, `${filled.compared} questions`);
  assert.equal(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  let held = 0;
  for (const field of ['cpu', 'net', 'mem'])
    for (const [, ...counts] of await rows(`select count(*) from ${used.database}.evenkeel_raw.${field}`))
      for (const count of counts) held += Number(count);
  assert.is(held, samples);
  const [[, , host] = []] = await rows(`select used, host from ${used.database}.evenkeel_raw.mem limit 1`);
  assert.match(String(host), /^host of e\d$/);
  const store = await open();
  const { series } = await store.query({
    endpoint: 'e2',
    metrics: ['net.bytes_recv'],
    from: noon - 6 * hour,
    to: noon,
  });
  assert.equal(series[0]?.tags, { interface: "e'0\\" });
});

const filledAgain = () =>
  fillInflux({ ...used.parts(), tagsOf: () => ({}) }, () => undefined, new AbortController().signal);

onServer('what InfluxDB has lost since is copied again, though it was noted as whole', async () => {
  await fillEmbedded();
  const first = await filledAgain();
  const { before, copied } = await filledAgain();
  assert.ok(before >= first.copied && copied === 0, `${copied} of ${first.copied} again`);
  await used.server.ask(`drop database ${used.database}_1h`);
  await used.server.ask(`delete from ${used.database}.evenkeel_raw.mem where "endpoint" = 'e3'`);
  await used.server.ask(`drop measurement mem on ${used.database}`);
  const filled = await filledAgain();
  assert.ok(filled.copied > 0 && filled.before > 0, `${filled.copied} of ${first.copied} again`);
  assert.equal([filled.missing, filled.differ], [[], []]);
});

onServer(
  'where it holds other values, the copy says of what, is not called whole, and the next one mends it',
  async () => {
    await fillEmbedded();
    const first = await filledAgain();
    const cpu = `"${used.database}"."evenkeel_raw"."cpu"`;
    await used.server.ask(`select usage_active * 2 as usage_active into ${cpu} from ${cpu} group by *`);
    const altered = await filledAgain();
    assert.ok(altered.differ.length > 0);
    assert.ok(
      altered.differ.every((one) => one.includes('cpu.usage_active from ')),
      altered.differ.join(),
    );
    assert.is(altered.copied, 0);
    const mended = await filledAgain();
    assert.equal([mended.before, mended.copied, mended.differ], [0, first.copied, []]);
  },
);

test.run();
