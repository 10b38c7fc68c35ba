/** DNS, MQTT and SNMP against the servers that people run. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../../shared/clock.ts';
import { createReach } from '../../../shared/outgoing.ts';
import type { TargetKindName, TargetSettings } from '../../../shared/target.ts';
import { lookOnce } from '../../../shared/targets/watch.ts';
import { community, dnsmasqPath, openDnsmasq, openSnmpd, snmpdPath, v3 } from '../../support/outside-servers.ts';
import { freePort } from '../../support/port.ts';

const test = suite('targets on real servers');

const look = (kind: TargetKindName, settings: TargetSettings, timeout_s = 3) =>
  lookOnce(
    { kind, settings, timeout_s },
    { outgoing: createReach(['127.0.0.1']), run: () => Promise.resolve(null), clock: systemClock },
  );

/** Elsewhere a missing server is named; on CI it is a failure. */
function needs(path: string | undefined, name: string, title: string, work: () => Promise<void>): void {
  test(title, async () => {
    if (path !== undefined) return work();
    assert.is(process.env.CI, undefined, `${name} must be there on CI`);
    console.log(`\nSKIP ${title}: ${name} is not installed`);
  });
}

needs(dnsmasqPath, 'dnsmasq', 'dns: an answer, the expected one, and none', async () => {
  await using server = await openDnsmasq();
  const at = { server: '127.0.0.1', port: server.port };
  const found = await look('dns', { ...at, name: 'www.shop.test' });
  assert.is(found.result, 'ok');
  assert.ok((found.seen.fields.dns_ms as number) >= 0);
  assert.is(found.seen.detail, '192.0.2.7');
  assert.is((await look('dns', { ...at, name: 'www.shop.test', answer: '192.0.2.7' })).result, 'ok');
  assert.is((await look('dns', { ...at, name: 'www.shop.test', answer: '192.0.2.8' })).result, 'wrong_answer');
  assert.is((await look('dns', { ...at, name: 'shop.test', record: 'TXT', answer: 'open all night' })).result, 'ok');
  // NXDOMAIN
  assert.is((await look('dns', { ...at, name: 'mail.shop.test' })).result, 'unresolved');
  await server.stop();
  assert.not.ok((await look('dns', { ...at, name: 'www.shop.test' }, 1)).result === 'ok');
  assert.is((await look('dns', { ...at, server: '10.1.2.3', name: 'www.shop.test' })).result, 'not_allowed');
});

needs(snmpdPath, 'snmpd', 'snmp v2c: it answers, its uptime and its interfaces', async () => {
  await using server = await openSnmpd();
  const at = { host: '127.0.0.1', port: server.port };
  const { result, seen } = await look('snmp', { ...at, community, interfaces: true, ups: true, printer: true });
  assert.is(result, 'ok', seen.detail ?? '');
  assert.is(seen.detail, 'core-switch');
  assert.ok((seen.fields.uptime as number) >= 0);
  const own = seen.more?.find(({ tags }) => tags.interface === 'lo');
  assert.is(own?.name, 'target_interface');
  assert.is(own?.fields.up, 1);
  assert.ok((own?.fields.bytes_recv as number) > 0, JSON.stringify(own));
  // It is neither a UPS nor a printer: nothing is made up.
  assert.equal(
    seen.more?.filter(({ name }) => name !== 'target_interface'),
    [],
  );
  assert.is((await look('snmp', { ...at, community: 'guessed' }, 2)).result, 'timeout');
  assert.is((await look('snmp', { ...at, port: await freePort(), community }, 2)).result, 'timeout');
});

needs(snmpdPath, 'snmpd', 'snmp v3: encrypted; a wrong key is told', async () => {
  await using server = await openSnmpd();
  const at = { host: '127.0.0.1', port: server.port, version: '3', auth: 'sha', privacy: 'aes' };
  const good = await look('snmp', { ...at, ...v3 });
  assert.is(good.result, 'ok', good.seen.detail ?? '');
  assert.is(good.seen.detail, 'core-switch');
  for (const wrong of [{ user: 'nobody' }, { auth_key: 'not-the-right-one' }]) {
    const { result, seen } = await look('snmp', { ...at, ...v3, ...wrong }, 2);
    assert.is(result, 'login_refused', `${JSON.stringify(wrong)}: ${result} ${seen.detail}`);
  }
  const silent = (await look('snmp', { ...at, ...v3, privacy_key: 'not-the-right-one' }, 2)).result;
  assert.ok(['timeout', 'login_refused'].includes(silent), silent);
});

test.run();
