/** What a refused log-in is called, by whose broker it is and by what the collector says. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { unansweredRemedy } from '../../agent/commands/doctor.ts';
import { createLogin } from '../../agent/login.ts';
import { silentLog } from '../../shared/log.ts';
import { credentialFor } from '../support/agent.ts';

const test = suite('refused log-ins');
const code5 = { code: 5, message: 'Connection refused: Not authorized' };

function login(websocket: boolean | undefined) {
  const known = credentialFor('mqtts://broker.example.org');
  const counts = { asked: 0, final: 0 };
  const made = createLogin({
    credential: { ...known, mqtt: { ...known.mqtt, ...(websocket === undefined ? {} : { websocket }) } },
    log: silentLog,
    onLogInRefused: () => void counts.asked++,
    onRefused: () => void counts.final++,
  });
  return { made, counts };
}

test('the collector’s own broker is right by itself', () => {
  for (const websocket of [true, undefined]) {
    const { made, counts } = login(websocket);
    assert.match(made.ended(code5), /refused by the collector until it is enrolled again/);
    assert.equal(counts, { asked: 1, final: 1 });
  }
});

test('of a broker of somebody else the collector is asked first, and what it says counts until it confirms something', () => {
  const { made, counts } = login(false);
  assert.match(made.ended(code5), /the collector is asked whether it takes the credential/);
  assert.equal(counts, { asked: 1, final: 0 });
  made.explain('by_hand');
  assert.match(
    made.ended(code5),
    /although the collector takes its credential: the users of this broker are kept by hand.*broker-config mosquitto/,
  );
  made.explain('asks');
  assert.match(made.ended({ ...code5, code: 4 }), /does not ask the collector.*broker-config emqx/);
  made.confirmed();
  made.explain('refused');
  assert.match(made.ended(code5), /until it is enrolled again/);
  assert.equal(counts, { asked: 4, final: 1 });
});

test('connected and nothing is acknowledged: `doctor` names the topics where the broker is not the collector’s own', () => {
  const link = {
    way: 'mqtt',
    state: 'connected',
    since: 0,
    trouble: null,
    lastAck: null,
    ownAck: null,
    sharedSince: null,
  } as const;
  const credential = credentialFor('mqtts://broker.example.org');
  const own = { ...credential, mqtt: { ...credential.mqtt, websocket: true } };
  assert.is(unansweredRemedy(link, 3, credential, 60_000), null);
  assert.is(unansweredRemedy({ ...link, lastAck: 100_000 }, 3, credential, 150_000), null);
  assert.is(unansweredRemedy(link, 0, credential, 150_000), null);
  assert.match(
    unansweredRemedy(link, 3, credential, 150_000) ?? '',
    /its ACL may throw away what this machine sends to ek\/v1\/[0-9a-f]{2}\/testendpoint01\/report/,
  );
  assert.match(
    unansweredRemedy(link, 3, own, 150_000) ?? '',
    /^nothing is acknowledged: look at the log of the collector/,
  );
});

test.run();
