/**
 * A process that fills a spool as fast as it can and says each number it was given, for tests that kill it.
 * Acknowledges every third, as a collector would that is a little behind.
 */
import { writeSync } from 'node:fs';
import { openSpool } from '../../agent/spool.ts';
import { silentLog } from '../../shared/log.ts';

const [path = '', quota = '0'] = process.argv.slice(2);
const spool = openSpool({
  path,
  bootId: 'boot',
  log: silentLog,
  ...(quota === '0' ? {} : { quotaBytes: Number(quota) }),
});
spool.setOnlyCopy(false);
for (let i = 0; ; i++) {
  const entry = spool.put('report', Date.now(), ({ epoch, seq, lost }) => ({ v: 1, epoch, seq, lost, metrics: [] }));
  writeSync(1, `put ${entry.epoch} ${entry.seq}\n`);
  if (i % 7 === 6) {
    const through = entry.seq - 3;
    // Said first: an acknowledgement is what the collector did, whether or not we live to note it.
    writeSync(1, `ack ${entry.epoch} ${through}\n`);
    spool.ack({ epoch: entry.epoch, through, also: [] });
  }
}
