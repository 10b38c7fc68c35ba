/** A rule that another one covers: one fault is one alert, and what is covered comes back where the other is off. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { minute, openScene, type SceneOptions } from './scene.ts';

const test = suite('covered rules');
const tags = { product: 'restic', job: 'nightly' };
const [ok, failed, running, unknown] = [0, 2, 3, 5] as const;

/** One backup job of a server: its result, and hours since its last good run. */
async function openJob(options: SceneOptions = {}) {
  const scene = await openScene(options);
  const report = (result: number, hours: number) => {
    const fields = { result, age_s: hours * 3600, age_percent: (100 * hours) / 24, overdue_s: (hours - 24) * 3600 };
    return scene.say('srv', ['backup', fields, tags]);
  };
  /** From `from` to `to` hours of age, every half hour. */
  const stays = async (result: number, from: number, to: number) => {
    for (let hours = from; hours <= to; hours += 1 / 2) {
      await report(result, hours);
      await scene.wait(30 * minute, 5 * minute);
    }
  };
  const rows = async () =>
    (await scene.alertRows()).map(({ rule, state, severity }) => `${rule} ${severity} ${state}`).sort();
  return { ...scene, stays, rows };
}

test('a backup that fails for days is one alert, which gets worse', async () => {
  const job = await openJob();
  await job.stays(failed, 2, 47);
  assert.equal(await job.rows(), ['backup-failed warning firing']);
  await job.stays(failed, 47, 60);
  assert.equal(await job.rows(), ['backup-failed-critical critical firing']);
  await job.stays(ok, 0, 1);
  assert.equal(await job.rows(), ['backup-failed-critical critical resolved']);
  await job.close();
});

test('while the next run goes on it neither ends nor becomes late beside', async () => {
  const job = await openJob();
  await job.stays(failed, 20, 25);
  await job.stays(running, 25, 34);
  await job.stays(failed, 34, 35);
  assert.equal(await job.rows(), ['backup-failed warning firing']);
  await job.close();
});

test('a run that hangs is late', async () => {
  const job = await openJob();
  await job.stays(running, 23, 32);
  assert.equal(await job.rows(), ['backup-late-server warning firing']);
  await job.close();
});

test('both at the first sight of a job: the one that says more', async () => {
  const job = await openJob();
  await job.stays(failed, 40, 41);
  assert.equal(await job.rows(), ['backup-failed warning firing']);
  await job.close();
});

test('late already when it fails: nothing of it ends before a good backup', async () => {
  const job = await openJob();
  await job.stays(ok, 29, 32);
  await job.stays(failed, 32, 33);
  assert.equal(await job.rows(), ['backup-failed warning firing', 'backup-late-server warning firing']);
  await job.stays(ok, 0, 1);
  assert.equal(await job.rows(), ['backup-failed warning resolved', 'backup-late-server warning resolved']);
  await job.close();
});

test('a rule that is off covers nothing', async () => {
  const off = ['backup-failed', 'backup-failed-critical'].map((id) => ({ id, enabled: false }));
  const job = await openJob({ rules: off });
  await job.stays(failed, 20, 49);
  assert.equal(await job.rows(), ['backup-late-server-critical critical firing']);
  await job.close();
});

test('it cannot be read any more: one alert, which gets worse with the age of what was good', async () => {
  const job = await openJob();
  await job.stays(ok, 1, 2);
  await job.stays(unknown, 2, 47);
  assert.equal(await job.rows(), ['backup-unknown warning firing']);
  await job.stays(unknown, 47, 60);
  assert.equal(await job.rows(), ['backup-unknown-critical critical firing']);
  const tickets = await job.state.selectFrom('tickets').select('priority').execute();
  assert.is(tickets.length, 1);
  await job.close();
});

test.run();
