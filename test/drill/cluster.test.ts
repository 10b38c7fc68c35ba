/** A small drill of three collectors on real servers: the leader is killed, then stands still. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { drillCluster, drillMissing } from './cluster.ts';

const test = suite('drill: several collectors');
const missing = await drillMissing();
if (missing !== null) console.log(`\nSKIP postgresql, influxdb or mosquitto: ${missing}`);

(missing === null ? test : test.skip)(
  'the leader killed and frozen: nothing is lost, each breach is notified at least once and at most twice',
  async () => {
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    const only = ['kill-leader', 'freeze'];
    const rows = await drillCluster({
      endpoints: 10,
      intervalMs: 1000,
      freezeS: 12,
      influxS: 1,
      fullS: 5,
      seed: 5,
      only,
      say,
    });
    // How long it takes is for the drill itself to say.
    const wrong = rows.filter(({ what, holds }) => holds === false && !what.startsWith('ms of'));
    assert.equal(wrong, [], said.join('\n'));
    assert.is(rows.find(({ what }) => what === 'breaches')?.figure, 2);
  },
);

test.run();
