/** `maintenance` at a terminal: what of its words is understood, and what the agent answers where it asks nobody. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { askForMaintenance } from '../../agent/asking.ts';
import { wishOf } from '../../agent/commands/maintenance.ts';
import { Ask } from '../../shared/ask.ts';
import { check } from '../../shared/report.ts';

test('a length with its unit and a reason, `end`, or nothing', () => {
  assert.equal(wishOf([]), { act: 'show' });
  assert.equal(wishOf(['end']), { act: 'end' });
  assert.equal(wishOf(['2h', 'new disk']), { act: 'begin', minutes: 120, reason: 'new disk' });
  assert.equal(wishOf(['90s', 'new', 'disk']), { act: 'begin', minutes: 2, reason: 'new disk' });
  assert.equal(wishOf(['1d', 'a\u001b[31mb']), { act: 'begin', minutes: 1440, reason: 'a [31mb' });
  for (const words of [
    ['2h', 'x'],
    ['24h', 'é'.repeat(1000)],
  ])
    check(Ask, { v: 1, id: '0123456789abcdef', about: 'maintenance', ...wishOf(words) });
});

test('anything else says what is wrong and how it is written', () => {
  const refused = (words: readonly string[]) => {
    try {
      wishOf(words);
    } catch (thrown) {
      const { code, message } = thrown as { code: string; message: string };
      assert.is(code, 'BAD_FLAG', words.join(' '));
      return message;
    }
    return assert.unreachable(words.join(' ')) as never;
  };
  assert.match(refused(['2h']), /no reason behind "2h".*maintenance 2h "new disk"/);
  assert.match(refused(['2h', ' \u0007 ']), /no reason/);
  for (const length of ['2', '0m', '25h', '2w', 'two hours', '-1h', 'Infinityh', '1e9h', '0.5s0'])
    assert.match(refused([length, 'why']), new RegExp(`"${length}" where a length from 1m to 24h is wanted`), length);
  assert.match(refused(['1h', 'x'.repeat(1001)]), /1001 characters/);
  assert.match(refused(['end', 'now']), /"now" behind `maintenance end`, which takes nothing/);
});

test('without a connection, or where the collector takes no questions, nothing is sent', async () => {
  let sent = 0;
  const link = (state: 'connected' | 'waiting') => ({
    state: () => ({ state, since: 0, trouble: null, lastAck: null, sharedSince: null }),
    ask: async () => {
      sent += 1;
      return null;
    },
  });
  const begin = { act: 'begin', minutes: 5, reason: 'why' };
  assert.equal(await askForMaintenance({ link: link('waiting'), mayAsk: ['maintenance'] }, begin), { no: 'away' });
  assert.equal(await askForMaintenance({ link: link('connected'), mayAsk: ['other'] }, begin), { no: 'off' });
  assert.is(sent, 0);
  assert.equal(await askForMaintenance({ link: link('connected'), mayAsk: ['maintenance'] }, begin), { no: 'silent' });
  assert.is(sent, 1);
});

test.run();
