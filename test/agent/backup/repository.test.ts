/** What a repository that many machines and many series share tells of each of them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { borg, newestPerSeries, parseArchives, seriesOf } from '../../../agent/checks/backup/borg.ts';
import { kopia } from '../../../agent/checks/backup/kopia.ts';
import { jobsOf, type SnapshotSource } from '../../../agent/checks/backup/repository.ts';
import { restic } from '../../../agent/checks/backup/restic.ts';
import type { RepositorySettings } from '../../../agent/checks/backup/rules.ts';
import type { RunResult } from '../../../agent/checks/check.ts';
import type { BackupJob } from '../../../shared/inventory.ts';
import { makeRoom } from './context.ts';

const test = suite('repositories');
const told = (jobs: readonly BackupJob[]) => jobs.map(({ job, result, lastSuccess }) => [job, result, lastSuccess]);

const source = (host: string | null, path: string, at: number, series: string | null = null): SnapshotSource => ({
  ...{ host, series, protects: [path], lastRun: at, lastSuccess: at },
  ...{ bytes: null, files: null, duration: null, reasons: [] },
});

test('a fresh backup of one host never stands for the old one of another', () => {
  const both = [source('web1', '/home', 9), source('web2', '/home', 3)];
  const of = (setting: Partial<RepositorySettings>, sources = both) =>
    told(jobsOf(sources, { job: 'night', product: 'restic', ...setting }, 'restic', 'web1'));
  assert.equal(of({}), [['night', 'ok', 9]]);
  const each = [
    ['night: web1', 'ok', 9],
    ['night: web2', 'ok', 3],
  ];
  assert.equal(of({ hosts: ['*'] }), each);
  assert.equal(of({ hosts: ['*'], protects: ['/home'] }), each);
  assert.equal(of({ hosts: ['web1', 'web2'], protects: ['/home'] }), each);
  assert.equal(of({ hosts: ['web1', 'web3'] }), [
    ['night: web1', 'ok', 9],
    ['night: web3', 'never', null],
  ]);
  assert.equal(of({ hosts: ['*'] }, []), [['night', 'never', null]]);
  assert.equal(of({ hosts: ['*'] }, [source(null, '/home', 5)]), [['night: web1', 'ok', 5]]);
  const domains = [source('db.prod.example', '/d', 9), source('db.test.example', '/d', 3)];
  assert.equal(of({ hosts: ['db.test.example'] }, domains), [['night', 'ok', 3]], 'two domains are two machines');
  assert.equal(of({ hosts: ['db'] }, domains), [
    ['night: db.prod.example', 'ok', 9],
    ['night: db.test.example', 'ok', 3],
  ]);
});

test('each user of one machine is a series of Kopia', () => {
  const sources = [source('me', '/home', 9, 'root'), source('me', '/home', 3, 'anna')];
  for (const setting of [{}, { protects: ['/home'] }])
    assert.equal(told(jobsOf(sources, { job: 'night', product: 'kopia', ...setting }, 'kopia', 'me')), [
      ['night: root', 'ok', 9],
      ['night: anna', 'ok', 3],
    ]);
});

test('what the archives of a series have in common', () => {
  for (const [name, series] of [
    ['web1-home-2026-11-22T03:00:01', 'web1-home'],
    ['web1-home-2026-11-22T03:00:01.123456', 'web1-home'],
    ['2026-11-22_03-00-home', 'home'],
    ['home-20261122-0300', 'home'],
    ['home_22.11.2026', 'home'],
    ['home-1795500000', 'home'],
    ['home-2026-11', 'home'],
    ['home-2026-W47', 'home'],
    ['home-2026-11-22T03:00:01.checkpoint.1', 'home'],
    ['db-1-2026-11-22', 'db-1'],
    ['db-2-2026-11-22', 'db-2'],
    ['srv2019-2026-11-22', 'srv2019'],
    ['2026-11-22', ''],
    ['monday', ''],
    ['backup-17', ''],
    [null, ''],
  ] as const)
    assert.is(seriesOf(name), series, String(name));
});

const archive = (name: string, hostname: string, start: string) => ({
  name,
  archive: name,
  hostname,
  start,
  time: start,
});
const answer = (stdout: unknown, code = 0, stderr = ''): RunResult => ({
  ...{ code, signal: null, stderr, ended: null, ms: 1 },
  stdout: typeof stdout === 'string' ? stdout : JSON.stringify(stdout),
});

test('borg: the newest archive of each host and series, where only the newest of all was read before', async () => {
  const archives = [
    archive('me-etc-2026-03-01T02:00:00', 'me', '2026-03-01T02:00:00.000000'),
    archive('me-home-2026-11-21T02:00:00', 'me', '2026-11-21T02:00:00.000000'),
    archive('me-home-2026-11-22T02:00:00', 'me', '2026-11-22T02:00:00.000000'),
    archive('other-home-2026-11-23T02:00:00', 'other', '2026-11-23T02:00:00.000000'),
  ];
  assert.equal(
    newestPerSeries(parseArchives(JSON.stringify({ archives })) ?? []).map(({ name }) => name),
    ['other-home-2026-11-23T02:00:00', 'me-home-2026-11-22T02:00:00', 'me-etc-2026-03-01T02:00:00'],
  );
  const asked: string[] = [];
  const room = makeRoom({
    run: async (_, args) => {
      asked.push(args.join(' '));
      if (args.includes('list')) return answer({ archives });
      const name = args.at(-1) ?? '';
      const found = archives.filter((one) => one.name === name);
      return answer({ archives: found.map((one) => ({ ...one, stats: { nfiles: 7 } })) });
    },
  });
  const jobs = await borg.query?.(room.context, { job: 'night', product: 'borg', hosts: ['me'] });
  assert.equal(
    jobs?.map(({ job, lastSuccess, files }) => [job, lastSuccess, files]),
    [
      ['night: me-home', new Date('2026-11-22T02:00:00').getTime(), 7],
      ['night: me-etc', new Date('2026-03-01T02:00:00').getTime(), 7],
    ],
  );
  assert.is(asked.length, 3, 'sizes are asked for the archives of this machine only');
  room.close();
});

test('borg 2 lists archives with another command; a failed look at sizes costs only the sizes', async () => {
  const archives = [archive('home', 'me', '2026-11-22T02:00:00.000000')];
  const room = makeRoom({
    run: async (_, args) => {
      if (args.includes('list')) return answer('', 2, 'borg list: error: the following arguments are required: NAME');
      return args.includes('repo-list') ? answer({ archives }) : answer('', 2, 'Traceback');
    },
  });
  const jobs = await borg.query?.(room.context, { job: 'night', product: 'borg', hosts: ['me'] });
  assert.equal(
    jobs?.map(({ job, result, files }) => [job, result, files]),
    [['night', 'ok', null]],
  );
  room.close();
});

for (const product of [restic, kopia])
  test(`${product.name}: an empty repository has no backup, whatever list of nothing it prints; silence is not empty`, async () => {
    const asked = async (run: RunResult) => {
      const room = makeRoom({ run: async () => run });
      const jobs = await product.query?.(room.context, {
        job: 'night',
        product: product.name as 'restic',
        hosts: ['me'],
      });
      room.close();
      return jobs?.map(({ result }) => result);
    };
    for (const nothing of ['null', 'null\n', '[]', '[\n]\n'])
      assert.equal(await asked(answer(nothing)), ['never'], nothing);
    for (const other of [answer(''), answer('null', 1), answer('{}'), answer('nul')]) {
      const thrown = await asked(other).catch((reason: Error) => reason.name);
      assert.is(thrown, 'SourceUnreadable');
    }
  });

test.run();
