/** Dates that tools print, in any culture; and how old a pending update is known to be. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRelease } from '../../../agent/checks/patches/apt-text.ts';
import { dnf } from '../../../agent/checks/patches/dnf.ts';
import { parseAdvisories, parseAdvisoriesJson, parseAdvisoryDates } from '../../../agent/checks/patches/dnf-text.ts';
import { scansOf, withFirstSeen } from '../../../agent/checks/patches/first-seen.ts';
import { patchState } from '../../../agent/checks/patches/manager.ts';
import { parseSoftwareUpdatePlist } from '../../../agent/checks/patches/softwareupdate.ts';
import { parseUpdateHistory } from '../../../agent/checks/patches/windows-text.ts';
import { windowsUpdate } from '../../../agent/checks/patches/windows-update.ts';
import { parseZypperPatches } from '../../../agent/checks/patches/zypper.ts';
import { metricOf, patches } from '../../../agent/checks/patches.ts';
import { reason } from '../../../shared/reason.ts';
import { trialContext } from '../../support/check-context.ts';
import { inLog } from '../../support/reasons.ts';
import { answer, removeTrees, tree } from '../../support/tree.ts';

const day = 86_400_000;
/** As .NET prints 2026-11-22 09:15:43 with a format of its own in other cultures, and what COM has for "no date". */
const otherCultures = [
  '2026-11-22T09.15.43Z',
  '1448-06-12T09:15:43Z',
  '2569-11-22T09:15:43Z',
  '1405-09-01T09:15:43Z',
  '5787-03-12T09:15:43Z',
  '115-11-22T09:15:43Z',
  '22.11.2026 09:15:43',
  '/Date(-2208988800000)/',
  '٢٠٢٦-١١-٢٢T٠٩:١٥:٤٣Z',
];

test('Windows Update: a date of another culture is neither "never searched" nor "nothing pending"', async () => {
  const read = (lastSearch: unknown) =>
    windowsUpdate.read(
      trialContext({
        platform: 'win32',
        run: async () => answer(JSON.stringify({ rc: 2, updates: [], lastSearch, service: 'Manual' })),
      }),
    );
  for (const lastSearch of otherCultures) {
    const state = await read(lastSearch);
    assert.equal([state.scan, state.pending, state.pendingSecurity], ['failed', null, null], lastSearch);
    assert.match(inLog(state.reason), /^search_date_unclear/, lastSearch);
  }
  for (const lastSearch of [null, '1899-12-30T00:00:00.0000000Z', '1601-01-01T00:00:00Z'])
    assert.equal((await read(lastSearch)).reason, [reason('never_searched')]);
  const recent = await read(new Date(Date.now() - day).toISOString().replace('Z', '0000Z'));
  assert.equal([recent.scan, recent.pending], ['ok', 0]);
  const old = await read(new Date(Date.now() - 30 * day).toISOString());
  assert.equal([old.scan, old.pending], ['unknown', null]);
  // A clock that has stood in the future: no one knows how old the search is.
  const ahead = await read(new Date(Date.now() + 30 * day).toISOString());
  assert.equal([ahead.scan, ahead.pending], ['unknown', null]);
});

test('dates of updates: only plausible ones, in each reader', () => {
  for (const date of otherCultures) {
    const history = parseUpdateHistory(
      JSON.stringify([{ Title: 'KB5000001', Operation: 1, ResultCode: 2, Date: date }]),
    );
    assert.equal([history.installed, history.lastInstall], [['KB5000001'], null], date);
    const advisory = { name: 'RHSA-1:1', type: 'security', severity: 'Low', nevra: 'a-1-1.x86_64', buildtime: date };
    if (!date.startsWith('2026-11-22'))
      assert.is(parseAdvisoriesJson(JSON.stringify([advisory]))?.[0]?.issued, null, date);
    const plist = `{ LastSuccessfulDate = "${date}"; LastUpdatesAvailable = 0; }`;
    assert.is(parseSoftwareUpdatePlist(plist)?.lastSuccessfulCheck ?? null, null, date);
  }
  for (const year of [1448, 1999, 2100, 2569])
    assert.is(parseRelease(`Date: Fri, 20 Nov ${year} 00:12:41 UTC\n`).date, null);
  const patch = (seconds: number) =>
    parseZypperPatches(
      `<stream><update-list><update kind="patch" name="p" status="needed"><issue-date time_t="${seconds}"/></update></update-list></stream>`,
    )?.[0]?.issued;
  assert.equal([patch(1_700_000_000), patch(0), patch(9_999_999_999)], [1_700_000_000_000, null, null]);
});

test('scripts for PowerShell print no date in the format of a culture', () => {
  const folder = new URL('../../../agent/checks/', import.meta.url).pathname;
  for (const room of ['patches', 'os', 'software'])
    for (const name of readdirSync(join(folder, room))) {
      const text = readFileSync(join(folder, room, name), 'utf8');
      for (const [call] of text.matchAll(/\.ToString\([^)]*\)|Get-Date -Format \S+|-UFormat \S+/g))
        assert.match(call, /^\.ToString\('o'/, `${room}/${name}`);
    }
});

test('dnf 5: when an advisory was built, as seconds and as text', () => {
  const at = (buildtime: unknown) =>
    parseAdvisoriesJson(JSON.stringify([{ name: 'FEDORA-2026-1', nevra: 'a-1-1.fc43.x86_64', buildtime }]))?.[0]
      ?.issued;
  const expected = Date.UTC(2026, 9, 2, 11, 22, 33);
  for (const buildtime of ['2026-10-02 11:22:33', expected / 1000, String(expected / 1000)])
    assert.is(at(buildtime), expected, String(buildtime));
  assert.is(at('2026-10-02'), Date.UTC(2026, 9, 2));
  for (const buildtime of ['', null, 0, 'yesterday', '2026-13-45 00:00:00']) assert.is(at(buildtime), null);
  const row = 'FEDORA-2026-1 security None a-1-1.fc43.x86_64 2026-10-02 11:22:33';
  assert.equal(
    parseAdvisories(row).map(({ issued, severity, package: name }) => [issued, severity, name]),
    [[expected, null, 'a-1-1.fc43.x86_64']],
  );
});

test('dnf 4: the list of advisories has no dates, their details have', async () => {
  const details = `===
  Important: curl security update
===
  Update ID: RHSA-2026:1
       Type: security
    Updated: 2026-10-05 00:00:00
Description: a
   Severity: Important

  Update ID : RHSA-2026:2
     Issued : 2026-09-01
    Updated : 2026-10-09 00:00:00
`;
  assert.equal(Object.fromEntries(parseAdvisoryDates(details)), {
    'RHSA-2026:1': Date.UTC(2026, 9, 5),
    'RHSA-2026:2': Date.UTC(2026, 8, 1),
  });
  const root = tree({
    'usr/bin/dnf': '',
    'etc/yum.repos.d/b.repo': '[baseos]\n',
    'var/cache/dnf/baseos-0123456789abcdef/repodata/repomd.xml': '<data type="updateinfo">',
  });
  const run = async (_: string, args: readonly string[]) => {
    if (args.includes('check-update')) return answer('curl.x86_64 7.76.1-26.el9 baseos\n', 100);
    return answer(args.includes('info') ? details : 'RHSA-2026:1 Important/Sec. curl-7.76.1-26.el9.x86_64\n');
  };
  const state = await dnf.read(trialContext({ root, platform: 'linux', run }));
  assert.equal([state.list[0]?.security, state.list[0]?.since], [true, Date.UTC(2026, 9, 5)]);
});

const now = Date.UTC(2026, 10, 26);
const update = (name: string, since: number | null = null, sinceAtLeast?: boolean) => ({
  name,
  installed: '1',
  candidate: '2',
  security: true,
  since,
  ...(sinceAtLeast === undefined ? {} : { sinceAtLeast }),
});
const scan = (...list: ReturnType<typeof update>[]) =>
  patchState({ manager: 'apt', scannedAt: now, metadataAge: 3600 }, { list, reasons: [] }, true);

test('a new machine with old updates: the age is a lower bound, and the metric says so', () => {
  const first = withFirstSeen([scan(update('a'), update('b'))], {}, now);
  const state = first.states[0];
  assert.ok(state);
  assert.equal(
    [state.oldestSecuritySince, state.oldestSecurityAtLeast, state.list[0]?.sinceAtLeast],
    [now, true, true],
  );
  const [metric] = metricOf(state, now + day);
  assert.equal([metric?.fields.oldest_security_age_s, metric?.fields.oldest_security_age_at_least], [86_400, 1]);
  // It stays one, however long we look on, and whatever else comes.
  const later = withFirstSeen([scan(update('a'), update('c'))], first.seen, now + day, first.scans);
  assert.equal(
    later.states[0]?.list.map(({ name, sinceAtLeast }) => [name, sinceAtLeast]),
    [
      ['a', true],
      ['c', false],
    ],
  );
  assert.is(later.states[0]?.oldestSecurityAtLeast, true);
  const done = withFirstSeen([scan(update('c'))], later.seen, now + 2 * day, later.scans);
  assert.equal([done.states[0]?.oldestSecuritySince, done.states[0]?.oldestSecurityAtLeast], [now + day, false]);
});

test('a date of the vendor is known; a bound of the archive is earlier, and still a bound', () => {
  const { states } = withFirstSeen([scan(update('a', now - 40 * day), update('b', now - 3 * day, true))], {}, now);
  assert.equal(
    states[0]?.list.map(({ since, sinceAtLeast }) => [since, sinceAtLeast]),
    [
      [now - 40 * day, false],
      [now - 3 * day, true],
    ],
  );
  assert.equal([states[0]?.oldestSecuritySince, states[0]?.oldestSecurityAtLeast], [now - 40 * day, true]);
  const none = withFirstSeen([scan()], {}, now).states[0];
  assert.equal([none?.oldestSecuritySince, none?.oldestSecurityAtLeast], [null, false]);
});

test('after a long sleep, or scans that failed, a first look dates nothing', () => {
  const first = withFirstSeen([scan()], {}, now);
  const awake = withFirstSeen([scan(update('a'))], first.seen, now + 10 * day, first.scans);
  assert.is(awake.states[0]?.list[0]?.sinceAtLeast, true);
  const failed = withFirstSeen([{ ...scan(), scan: 'failed' as const }], {}, now);
  const next = withFirstSeen([scan(update('a'))], failed.seen, now + day, failed.scans);
  assert.is(next.states[0]?.list[0]?.sinceAtLeast, true);
  assert.equal(scansOf({ apt: { listsAt: 'x', dated: ['a', 1] }, b: 3 }), {
    apt: { listsAt: null, dated: ['a'] },
    b: { listsAt: null, dated: [] },
  });
});

test('the check remembers from run to run which dates are known', async () => {
  const root = tree({ 'usr/bin/pacman': '', 'var/lib/pacman/sync/core.db': '' });
  const context = trialContext({ root, platform: 'linux', run: async () => answer('', 1) });
  await patches.run(context);
  const scans = scansOf(context.remembered.get('patches.scans'));
  assert.ok(Math.abs((scans.pacman?.listsAt ?? 0) - Date.now()) < 60_000);
});

test.after(removeTrees);
test.run();
