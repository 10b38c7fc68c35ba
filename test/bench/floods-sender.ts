/** The hostile endpoint, in a process of its own: its load must not delay the clocks of the good one. */
import { topicOf } from '../../shared/topics.ts';
import { openWire, type Wire } from '../simulate/wire.ts';
import { type Flood, floods, type SenderResult, type Sent } from './floods-kinds.ts';
import { floodWeb } from './floods-web.ts';

export interface SenderJob {
  port: number;
  /** Address of the web app. */
  http: string;
  endpoint: string;
  bucket: string;
  secret: string;
  flood: string;
  seconds: number;
}

async function send(job: SenderJob, flood: Flood): Promise<SenderResult> {
  const result: SenderResult = { sent: 0, acknowledged: 0, bytes: 0, ended: 0 };
  const make = flood.make as NonNullable<Flood['make']>;
  const ahead: Sent[] = Array.from({ length: flood.ahead ?? 0 }, (_, k) => make(k + 1));
  process.send?.('ready');
  const end = performance.now() + job.seconds * 1000;
  const isOver = () => performance.now() > end;
  const will = {
    topic: topicOf(job, 'presence'),
    payload: Buffer.from('{"state":"lost","session":"0000000000000001"}'),
    qos: 1 as const,
    retain: true,
  };
  const open = async (): Promise<Wire | undefined> => {
    const wire = openWire({ host: '127.0.0.1', port: job.port, clientId: job.endpoint, password: job.secret, will });
    const code = await wire.connected.catch(() => -1);
    if (code === 0) return wire;
    result.ended++;
    await pause(200);
    return undefined;
  };
  let n = 0;
  const one = async (wire: Wire): Promise<void> => {
    result.sent++;
    if (flood.packets === 'ping') await wire.ping();
    else if (flood.packets === 'subscribe') await wire.subscribe(topicOf(job, 'ack'), topicOf(job, 'config'));
    else {
      const { leaf, payload, retain = false } = ahead[n++] ?? make(n);
      result.bytes += payload.length;
      await wire.publish(topicOf(job, leaf), payload, { retain });
    }
    result.acknowledged++;
  };
  while (!isOver()) {
    const wire = await open();
    if (!wire) continue;
    const stop = setTimeout(() => wire.cut(), end - performance.now());
    if (flood.packets === 'reconnect') {
      await wire.publish(topicOf(job, 'presence'), JSON.stringify(birth(++n))).then(
        () => result.acknowledged++,
        () => undefined,
      );
      result.sent++;
      clearTimeout(stop);
      wire.cut();
      continue;
    }
    const lane = async () => {
      while (wire.isOpen && !isOver()) {
        await one(wire);
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    };
    await Promise.all(Array.from({ length: flood.window }, () => lane().catch(() => undefined)));
    clearTimeout(stop);
    if (!isOver()) result.ended++;
    wire.cut();
  }
  return result;
}

function strangers({ http, seconds }: SenderJob, { window }: Flood): Promise<SenderResult> {
  process.send?.('ready');
  const end = performance.now() + seconds * 1000;
  return floodWeb(http, window, () => performance.now() > end);
}

const hex = (n: number) => n.toString(16).padStart(16, '0');
const birth = (n: number) => ({
  ...{ state: 'online', session: hex(n), boot_id: `b${n}`, started_at: Date.now(), previous_shutdown: 'unclean' },
  ...{ version: '1', instance: hex(n), hostname: 'flood' },
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

process.once('message', async (job: SenderJob) => {
  const flood = floods.find(({ name }) => name === job.flood) as Flood;
  const result = flood.isWeb ? await strangers(job, flood) : await send(job, flood);
  process.send?.(result);
  process.disconnect?.();
});
