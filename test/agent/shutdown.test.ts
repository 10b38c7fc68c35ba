/** How the machine went down before, and why the agent did not run: by captured words of each system, and real clocks. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createBirth } from '../../agent/birth.ts';
import { parseEvents } from '../../agent/checks/backup/events.ts';
import { NoData, type RunResult } from '../../agent/checks/check.ts';
import { endedCleanly, parseUtmp, recordType } from '../../agent/checks/os/utmp.ts';
import { createContext } from '../../agent/context.ts';
import { forgetfulMemory } from '../../agent/memory.ts';
import { keepBootId, readBootId } from '../../agent/platform/boot.ts';
import { createGaps } from '../../agent/platform/gap.ts';
import { judgeCause, judgeEvents, readShutdown } from '../../agent/platform/shutdown.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLog } from '../../shared/log.ts';

const bootedAt = Date.UTC(2026, 10, 2, 9);
const runs = {
  bootId: '5ec81c48-b1b2-4991-8fd2-497c037c9871',
  seenAt: bootedAt - 3 * 86_400_000,
  bootedAt,
  now: bootedAt + 60_000,
};

/** A tree with these files (a text, bytes, or bytes and their time), and programs that print these words. */
async function tell(
  platform: NodeJS.Platform,
  files: Record<string, string | Buffer | { at: number }>,
  programs: Record<string, string | number> = {},
) {
  const root = mkdtempSync(join(tmpdir(), 'evenkeel-shutdown-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    const plain = typeof content === 'string' || Buffer.isBuffer(content);
    writeFileSync(join(root, path), plain ? content : '');
    if (!plain) utimesSync(join(root, path), content.at / 1000, content.at / 1000);
  }
  const asked: string[] = [];
  const run = async (file: string, args: readonly string[]): Promise<RunResult> => {
    asked.push([file, ...args].join(' '));
    const answer = programs[file];
    if (answer === undefined) throw new NoData();
    const [stdout, code] = typeof answer === 'number' ? ['', answer] : [answer, 0];
    return { stdout, stderr: '', code, signal: null, ended: null, ms: 1 };
  };
  try {
    const found = await readShutdown({ platform, root, run }, runs);
    return { found: found && Object.values(found).join(' '), asked };
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** One record of glibc's wtmp on x86-64. */
function record(type: number, user: string, at: number): Buffer {
  const bytes = Buffer.alloc(384);
  bytes.writeInt16LE(type, 0);
  bytes.write(user, 44, 'utf8');
  bytes.writeInt32LE(Math.round(at / 1000), 340);
  return bytes;
}
const boot = (at: number) => record(recordType.boot, 'reboot', at);
const login = record(recordType.user, 'alice', bootedAt - 86_400_000);
const down = record(recordType.runLevel, 'shutdown', bootedAt - 60_000);
const wtmp = (...records: Buffer[]) => ({ '/var/log/wtmp': Buffer.concat(records) });
const earlier = boot(bootedAt - 86_400_000 * 2);
const now = boot(bootedAt + 5000);

test('login records: a shutdown before this boot, or none', async () => {
  assert.is((await tell('linux', wtmp(earlier, login, down, now))).found, 'clean login_records');
  assert.is((await tell('linux', wtmp(earlier, login, now))).found, 'unclean login_records');
});

test('login records of runs long ago are no answer about this one', async () => {
  const stale = wtmp(boot(bootedAt - 86_400_000 * 90), boot(bootedAt - 86_400_000 * 80));
  assert.is((await tell('linux', stale)).found, null);
  const records = parseUtmp(stale['/var/log/wtmp']);
  assert.is(endedCleanly(records), false, 'what it would say of its own time');
});

test('login records larger than what is read of them: the tail decides', async () => {
  const many = Buffer.concat(Array.from({ length: 12_000 }, () => login));
  assert.is(
    (await tell('linux', wtmp(earlier, many, boot(bootedAt - 3_600_000), down, now))).found,
    'clean login_records',
  );
});

test('the journal is asked for that very run, and only where it holds it', async () => {
  const line = (id?: string) => `${JSON.stringify({ __CURSOR: 's=1', ...(id ? { MESSAGE_ID: id } : {}) })}\n`;
  const stopped = line() + line('d93fb3c9c24d451a97cea615ce59c00b');
  const orderly = await tell('linux', {}, { journalctl: stopped });
  assert.is(orderly.found, 'clean journal');
  assert.match(orderly.asked[0] as string, / -b 5ec81c48b1b249918fd2497c037c9871 /);
  assert.is((await tell('linux', {}, { journalctl: line() + line() })).found, 'unclean journal');
  assert.is((await tell('linux', {}, { journalctl: '' })).found, null);
  assert.is((await tell('linux', {}, { journalctl: 1 })).found, null);
  assert.is((await tell('linux', wtmp(), {})).found, null, 'nobody knows');
});

test('a dump of that run is a crash; one of another time, or of a program, is none', async () => {
  const at = bootedAt - 120_000;
  const dump = '/var/lib/systemd/pstore/7400000';
  assert.is((await tell('linux', { '/sys/fs/pstore/dmesg-efi-1': { at } })).found, 'unclean crash crash_dump');
  assert.is((await tell('linux', { [dump]: { at } })).found, 'unclean crash crash_dump');
  assert.is((await tell('linux', { '/var/crash/202611020858': { at } })).found, 'unclean crash crash_dump');
  assert.is((await tell('linux', { '/var/crash/_usr_bin_gimp.1000.crash': { at } })).found, null);
  assert.is((await tell('linux', { [dump]: { at: runs.seenAt - 1000 } })).found, null);
});

const event = (id: number, at: number, provider = 'EventLog', ...data: string[]) =>
  `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='${provider}'/><EventID>${id}</EventID><TimeCreated SystemTime='${new Date(at).toISOString()}'/></System><EventData>${data.map((one) => `<Data>${one}</Data>`).join('')}</EventData></Event>`;
const power = 'Microsoft-Windows-Kernel-Power';

test('Windows: 41 with a stop code is a crash, without one no one knows why; 6006 is orderly; old ones say nothing', () => {
  const judge = (...events: string[]) => {
    const found = judgeEvents(parseEvents(events.join('')), bootedAt);
    return found && Object.values(found).join(' ');
  };
  assert.is(judge(event(41, bootedAt + 9000, power, '126', '0x1')), 'unclean crash event_log');
  assert.is(judge(event(41, bootedAt + 9000, power, '0', '0x0')), 'unclean event_log');
  assert.is(judge(event(6008, bootedAt + 20_000, 'EventLog', '9:00:00', '02/11/2026')), 'unclean event_log');
  assert.is(judge(event(6006, bootedAt - 20_000)), 'clean event_log');
  assert.is(judge(event(6006, bootedAt - 20_000), event(41, bootedAt - 86_400_000, power, '126')), 'clean event_log');
  assert.is(judge(event(41, bootedAt + 9000, 'Somebody else', '126')), null);
  assert.is(judge(), null);
});

test('macOS: the cause of the last shutdown by its number', () => {
  const line = (code: string) => `2026-11-02 09:00:05 kernel[0]: (AppleSMC) Previous shutdown cause: ${code}\n`;
  const words = (text: string) => Object.values(judgeCause(text) ?? {}).join(' ');
  assert.equal(
    ['5', '0', '3', '-128'].map((code) => words(line(code))),
    ['clean event_log', 'unclean event_log power_loss', 'unclean event_log', 'unclean event_log'],
  );
  assert.is(judgeCause('Timestamp  Ty Process\n'), null);
});

test('an id made from the wall clock is kept while the machine runs, whatever the clock is set to', () => {
  const last = { boot_id: 'boot-100', at: 1_000_000_000, uptime: 600 };
  assert.is(keepBootId('boot-105', last, 1_000_600_000, 1200), 'boot-100', 'set by minutes');
  assert.is(keepBootId('boot-999', last, 1_000_600_000, 60), 'boot-999', 'started anew');
  assert.is(keepBootId('boot-999', last, 9_000_000_000, 3600), 'boot-999', 'started anew, up for longer than before');
  assert.is(keepBootId('5ec8', last, 1_000_600_000, 1200), '5ec8', 'the kernel knows better');
  assert.is(keepBootId('boot-1', undefined, 1, 1), 'boot-1');
});

const system = (platform: NodeJS.Platform, stdout = '') => ({
  platform,
  root: '',
  run: async () => ({ stdout, stderr: '', code: 0, signal: null, ended: null, ms: 1 }),
});

test('Linux: sleep shows in the clock that runs on in it; a clock that was set is no gap', async () => {
  let asleep = 5000;
  const gaps = createGaps(system('linux'), () => asleep);
  asleep += 3_600_000;
  assert.is((await gaps.explain({ jumpMs: 3_600_100, lateMs: 0 }, 0)).sleptMs, 3_600_000);
  assert.is((await gaps.explain({ jumpMs: 3_600_000, lateMs: 0 }, 0)).sleptMs, 0, 'set by an hour');
  asleep += 9e9;
  assert.is((await gaps.explain({ jumpMs: 0, lateMs: 15_000 }, 0)).sleptMs, 0, 'an uptime of something else');
});

test('standing still: with stalled disks it is a hang, without the figures no one knows', async () => {
  const root = mkdtempSync(join(tmpdir(), 'evenkeel-gap-'));
  mkdirSync(join(root, 'proc/pressure'), { recursive: true });
  const explain = async () =>
    (await createGaps({ ...system('linux'), root }, () => 0).explain({ jumpMs: 0, lateMs: 40_000 }, 0)).stalled;
  const full = (avg60: string) =>
    `some avg10=9.00 avg60=90.00 avg300=9.00 total=9\nfull avg10=0.10 avg60=${avg60} avg300=0.00 total=9\n`;
  assert.is(await explain(), null);
  writeFileSync(join(root, 'proc/pressure/io'), full('0.30'));
  assert.is(await explain(), false);
  writeFileSync(join(root, 'proc/pressure/memory'), full('61.20'));
  assert.is(await explain(), true);
  rmSync(root, { recursive: true });
});

test('macOS and Windows: their own records tell sleep, since their clocks run on', async () => {
  const at = Date.UTC(2026, 10, 2, 12);
  const gap = { jumpMs: 0, lateMs: 600_000 };
  const mac = (wake: number) => system('darwin', `{ sec = ${Math.round(wake / 1000)}, usec = 0 } Mon Nov  2\n`);
  assert.is((await createGaps(mac(at - 2000)).explain(gap, at)).sleptMs, 600_000);
  assert.is((await createGaps(mac(at - 86_400_000)).explain(gap, at)).stoodStillMs, 600_000);
  assert.is((await createGaps(mac(Number.NaN)).explain(gap, at)).stoodStillMs, 600_000);
  assert.is((await createGaps(system('win32', event(107, at, power))).explain(gap, at)).sleptMs, 600_000);
  assert.is((await createGaps(system('win32')).explain(gap, at)).stoodStillMs, 600_000);
});

test('birth: its facts, and a gap that is said until the collector has it', async () => {
  const memory = forgetfulMemory();
  const context = createContext('/nowhere', systemClock, silentLog, memory);
  const open = () => createBirth({ memory, clock: systemClock, log: silentLog, context });
  const first = open();
  assert.is(first.facts().previous_shutdown, 'unknown');
  first.begin();
  const killed = open();
  assert.is(killed.facts().previous_shutdown, 'unclean');
  assert.is(killed.bootId, readBootId());
  assert.is(await killed.lookBack(), false, 'the machine has not been started anew');
  killed.end();
  assert.is(open().facts().previous_shutdown, 'clean');
  assert.is(await killed.recordGap({ jumpMs: 0, lateMs: 12_000 }), true);
  const said = killed.facts();
  assert.is(said.stood_still_s, 12);
  assert.is(await killed.recordGap({ jumpMs: 0, lateMs: 20_000 }), true);
  killed.delivered(said);
  assert.is(killed.facts().stood_still_s, 20, 'what came after it was said is still untold');
  killed.delivered(killed.facts());
  assert.is(killed.facts().stood_still_s, 0);
  assert.is(await killed.recordGap({ jumpMs: 3_600_000, lateMs: 0 }), false, 'the clock was set');
});

test.run();
