/** Who lacks an update: one row per package and version, over all endpoints that may be seen. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Endpoint } from '../../../collector/fleet/fleet.ts';
import { waitingUpdates } from '../../../collector/fleet/waiting-updates.ts';
import { openState } from '../../../collector/state/open.ts';
import { freshPlace } from '../../support/state.ts';

const test = suite('waiting updates');
const now = 1_800_000_000_000;
const day = 86_400_000;

const update = (name: string, security: boolean | null, since: number | null, candidate = '2.0') => ({
  ...{ name, installed: '1.0', candidate, security, since },
});
const scanned = (manager: string, scan: string, list: object[]) => ({ manager, scan, list });
const machine = (id: string, site: string | null) => ({ id, name: id.toUpperCase(), site }) as Endpoint;
const fleet = [machine('b', 'Berlin'), machine('a', 'Berlin'), machine('c', null), machine('silent', null)];
const sections: Record<string, object[]> = {
  a: [scanned('apt', 'ok', [update('openssl', true, now - 3 * day), update('vim', false, now - 9 * day)])],
  b: [
    scanned('apt', 'ok', [update('openssl', null, now - 5 * day)]),
    scanned('snap', 'failed', [update('openssl', null, null)]),
  ],
  c: [scanned('apt', 'failed', [update('openssl', true, null, '3.0')])],
  gone: [scanned('apt', 'ok', [update('openssl', true, 0)])],
};

test('security first, then what most endpoints lack; unknown stays unknown, endpoints that are gone do not count', async () => {
  const state = await openState(freshPlace());
  for (const [endpoint, data] of Object.entries(sections)) {
    const row = { endpoint, section: 'patches', at: now, received_at: now, data: JSON.stringify(data) };
    await state.insertInto('inventory').values(row).execute();
  }
  const found = (wanted: Parameters<typeof waitingUpdates>[3] = {}, limit = 10, page = 0) =>
    waitingUpdates(state, fleet, now, wanted, { limit, page });
  const all = await found();
  assert.equal(
    all.items.map(({ manager, name, candidate, security, since, endpoints }) => [
      ...[manager, name, candidate, security, since],
      endpoints.map(({ id }) => id).join(),
    ]),
    [
      ['apt', 'openssl', '2.0', true, now - 5 * day, 'a,b'],
      ['apt', 'openssl', '3.0', true, null, 'c'],
      ['apt', 'vim', '2.0', false, now - 9 * day, 'a'],
      ['snap', 'openssl', '2.0', null, null, 'b'],
    ],
  );
  const { endpoints, known, updates, security } = all;
  assert.equal({ endpoints, known, updates, security }, { endpoints: 4, known: 2, updates: 4, security: 2 });
  const names = async (...args: Parameters<typeof found>) => (await found(...args)).items.map(({ name }) => name);
  assert.equal(await names({ security: '1' }), ['openssl', 'openssl']);
  assert.equal(await names({ site: '' }), ['openssl']);
  assert.equal(await names({ q: 'SNAP open' }), ['openssl']);
  assert.equal([await names({}, 2, 2), (await found({}, 2, 0)).next], [['vim', 'openssl'], '2']);
  await state.destroy();
});

test.run();
