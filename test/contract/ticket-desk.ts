/** What every ticket desk must do, against its vendor as documented: one ticket there for each of ours, and both the same in the end. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasMarker, ticketMarker } from '../../collector/desks/marker.ts';
import type { FakeTicket, FakeVendor } from '../support/desks/fake.ts';
import { hookSecret, openScene } from '../support/desks/scene.ts';

type Signed = NonNullable<FakeVendor['hook']>;
type Scene = Awaited<ReturnType<typeof openScene>>;
const day = 86_400_000;

export function ticketDeskContract(make: () => FakeVendor): void {
  const test = suite(`ticket desk ${make().kind}`);
  const [mine, other] = make().people;

  /** @param work gets a scene that is closed afterwards */
  const inScene = (name: string, work: (scene: Scene) => Promise<void>, more: Record<string, unknown> = {}) =>
    test(name, async () => {
      const scene = await openScene(make(), more);
      try {
        await work(scene);
      } finally {
        await scene.close();
      }
    });

  const only = (scene: Scene): FakeTicket => {
    const [ticket, ...rest] = scene.fake.vendor.tickets();
    assert.equal(rest.length, 0, 'one ticket there');
    return ticket as FakeTicket;
  };
  /** One there for each of ours, each in the state of its own. */
  async function areEqual(scene: Scene, ids: readonly number[]): Promise<void> {
    const there = scene.fake.vendor.tickets();
    const { marker } = await scene.state.selectFrom('desks').selectAll().executeTakeFirstOrThrow();
    for (const id of ids) {
      const { opened_at: openedAt } = await scene.row(id);
      const found = there.filter(({ title, text }) =>
        hasMarker(`${title}\n${text}`, ticketMarker(marker, { id, openedAt })),
      );
      assert.is(found.length, 1, `tickets there for ${id}`);
      const { state } = await scene.row(id);
      assert.is(found[0]?.isOpen, !['resolved', 'closed', 'cancelled'].includes(state), `${id} is ${state}`);
    }
    assert.is(there.length, ids.length);
  }

  inScene('what happens here happens there', async (scene) => {
    const id = await scene.open('Printer on fire');
    await scene.run();
    const made = only(scene);
    assert.match(made.title, 'Printer on fire');
    assert.match(made.text, 'All about Printer on fire');
    assert.match(made.text, `https://keel.example.org/tickets/${id}`);
    assert.is(made.assignee, null);
    await scene.tickets.comment(id, 'ada', { text: 'Water is on its way', isPublic: true, isFromRequester: false });
    await scene.tickets.assign(id, 'bob', 'ada');
    await scene.settle();
    assert.is(only(scene).assignee, mine);
    const said = only(scene).comments.filter(({ text }) => text.includes('Water is on its way'));
    assert.is(said.length, 1);
    assert.equal(await scene.comments(id), ['ada: Water is on its way'], 'ours do not come back');
    await scene.tickets.resolve(id, 'ada', 'It is out');
    await scene.settle();
    assert.is(only(scene).isOpen, false);
    await scene.tickets.reopen(id, 'ada', 'It burns again');
    await scene.settle();
    assert.is(only(scene).isOpen, true);
    await scene.tickets.assign(id, 'bob', null);
    await scene.settle();
    assert.is(only(scene).assignee, null);
    assert.is(scene.fake.creates(), 1);
    await areEqual(scene, [id]);
  });

  inScene('what happens there happens here, and is not sent back', async (scene) => {
    const id = await scene.open('Printer on fire');
    await scene.settle(1);
    const { id: remote } = only(scene);
    const { vendor } = scene.fake;
    vendor.say(remote, 'We have a hose');
    vendor.assign(remote, mine);
    await scene.settle();
    assert.equal(
      (await scene.comments(id)).map((text) => text.replace(/^.*: /, '')),
      ['We have a hose'],
    );
    assert.is((await scene.row(id)).assignee, 'ada');
    const writes = scene.fake.writes();
    await scene.settle(6);
    assert.is(scene.fake.writes(), writes, 'nothing more is written there');
    vendor.close(remote);
    await scene.settle();
    assert.is((await scene.row(id)).state, 'resolved');
    vendor.reopen(remote);
    await scene.settle();
    assert.is((await scene.row(id)).state, 'in_progress');
    vendor.assign(remote, other);
    await scene.settle();
    assert.is((await scene.row(id)).assignee, 'bob');
    assert.is(scene.fake.vendor.tickets()[0]?.comments.filter(({ text }) => text.includes('We have a hose')).length, 1);
    assert.is((await scene.comments(id)).length, 1, 'said once');
    await areEqual(scene, [id]);
  });

  for (const then of ['lost', 'hang'] as const)
    inScene(`a create whose answer is ${then} is found, not repeated`, async (scene) => {
      scene.fake.faults.push({ when: 'create', answer: then });
      const id = await scene.open('Printer on fire');
      await scene.run();
      assert.is((await scene.link(id))?.state, 'opening');
      await scene.again();
      await scene.settle(6);
      assert.is(scene.fake.creates(), 1);
      await areEqual(scene, [id]);
    });

  inScene('a comment and a change whose answers are lost are there once', async (scene) => {
    const id = await scene.open('Printer on fire');
    await scene.settle(1);
    await scene.tickets.comment(id, 'ada', { text: 'Water is on its way', isPublic: true, isFromRequester: false });
    scene.fake.faults.push({ when: 'change', answer: 'lost' });
    await scene.settle();
    await scene.tickets.resolve(id, 'ada', null);
    scene.fake.faults.push({ when: 'change', answer: 'lost' });
    await scene.again();
    await scene.settle();
    assert.is(only(scene).comments.filter(({ text }) => text.includes('Water is on its way')).length, 1);
    await areEqual(scene, [id]);
  });

  for (const status of [500, 409])
    inScene(`${status} is tried again`, async (scene) => {
      const id = await scene.open('Printer on fire');
      scene.fake.faults.push({ when: 'create', answer: { status, body: { message: 'later' } } });
      await scene.settle();
      await scene.tickets.resolve(id, 'ada', null);
      scene.fake.faults.push({ when: 'change', answer: { status, body: { message: 'later' } } });
      await scene.settle();
      await areEqual(scene, [id]);
      assert.is((await scene.link(id))?.last_error, null);
    });

  inScene('429 waits as long as it says', async (scene) => {
    const id = await scene.open('Printer on fire');
    scene.fake.faults.push({ when: 'create', answer: { status: 429, body: {}, headers: { 'retry-after': '300' } } });
    await scene.run();
    const asked = scene.fake.calls.length;
    for (let n = 0; n < 4; n++) {
      scene.move(60_000);
      await scene.run();
    }
    assert.is(scene.fake.calls.length, asked, 'not asked meanwhile');
    scene.move(61_000);
    await scene.settle();
    await areEqual(scene, [id]);
  });

  for (const status of [401, 403])
    inScene(`${status} stops it, and is said`, async (scene) => {
      await scene.raising();
      const id = await scene.open('Printer on fire');
      await scene.run();
      await scene.tickets.resolve(id, 'ada', null);
      for (let n = 0; n < 40; n++) scene.fake.faults.push({ when: 'any', answer: { status, body: { message: 'no' } } });
      scene.move(61_000);
      await scene.run();
      assert.equal(scene.raised, [['desk', true]]);
      const [view] = await scene.desks().view();
      assert.is(view?.isStopped, true);
      assert.match(view?.trouble ?? '', `HTTP ${status}`);
      const asked = scene.fake.calls.length;
      for (let n = 0; n < 14; n++) {
        scene.move(60_000);
        await scene.run();
      }
      assert.is(scene.fake.calls.length, asked, 'not asked for a quarter of an hour');
      scene.fake.faults.length = 0;
      scene.move(60_000);
      await scene.settle();
      assert.equal(scene.raised.at(-1), ['desk', false]);
      await areEqual(scene, [id]);
    });

  inScene('a ticket that was deleted there is said to be gone, and not made again', async (scene) => {
    const id = await scene.open('Printer on fire');
    await scene.settle(1);
    scene.fake.vendor.remove(only(scene).id);
    await scene.tickets.comment(id, 'ada', { text: 'Is it there?', isPublic: true, isFromRequester: false });
    await scene.settle();
    assert.is((await scene.link(id))?.state, 'gone');
    assert.is(scene.fake.creates(), 1);
  });

  inScene('what it refuses of one ticket keeps no other back', async (scene) => {
    const refused = await scene.open('Printer on fire');
    scene.fake.faults.push({ when: 'create', answer: { status: 400, body: { message: 'no such field' } } });
    const other = await scene.open('Printer in water');
    await scene.run();
    assert.match((await scene.link(refused))?.last_error ?? '', 'no such field');
    assert.is((await scene.link(other))?.state, 'linked');
    await scene.settle();
    await areEqual(scene, [refused, other]);
  });

  inScene('a desk that is away for a day gets all of it, once', async (scene) => {
    const ids = [await scene.open('Printer 0')];
    await scene.settle(1);
    scene.fake.setDown(true);
    for (let n = 1; n < 12; n++) {
      const id = await scene.open(`Printer ${n}`);
      ids.push(id);
      if (n % 2) await scene.tickets.comment(id, 'ada', { text: `word ${n}`, isPublic: true, isFromRequester: false });
      if (n % 3 === 0) await scene.tickets.resolve(id, 'ada', 'done');
      scene.move(2 * 3_600_000);
      await scene.run();
    }
    await scene.again();
    assert.is((await scene.desks().view())[0]?.waiting, 11);
    scene.move(day - 22 * 3_600_000);
    await scene.run();
    scene.fake.setDown(false);
    await scene.settle(12);
    await areEqual(scene, ids);
    assert.is(scene.fake.creates(), ids.length);
    const words = scene.fake.vendor
      .tickets()
      .flatMap(({ comments }) => comments.flatMap(({ text }) => text.match(/word \d+/g) ?? []));
    assert.equal(words.sort(), ['word 1', 'word 11', 'word 3', 'word 5', 'word 7', 'word 9']);
  });

  inScene('nothing is sent after a restore, until a person lets it', async (scene) => {
    scene.hold(true);
    const id = await scene.open('Printer on fire');
    await scene.settle();
    assert.is(scene.fake.creates(), 0);
    scene.hold(false);
    await scene.settle();
    await areEqual(scene, [id]);
  });

  inScene('its test names what the account may do, and sends nothing', async (scene) => {
    await scene.open('Printer on fire');
    const { error, findings, example } = await scene.desks().test('desk');
    assert.is(error, null);
    assert.equal(
      findings.filter(({ result }) => result === 'bad'),
      [],
    );
    assert.ok(findings.some(({ what }) => what === 'write'));
    assert.match(example?.title ?? '', 'Printer on fire');
    assert.is(scene.fake.creates(), 0);
    scene.fake.faults.push({ when: 'any', answer: { status: 401, body: { message: 'Bad credentials' } } });
    const without = await scene.desks().test('desk');
    assert.ok(without.error !== null || without.findings.some(({ result }) => result === 'bad'));
    const shown = JSON.stringify([await scene.desks().view(), without]);
    for (const text of Object.entries(scene.fake.vendor.settings('')).flatMap(([key, value]) =>
      /token|password|secret/.test(key) ? [String(value)] : [],
    ))
      assert.not.match(shown, text);
  });

  if (make().hook)
    inScene(
      'a signed message is enough; one that is not signed, or was heard before, does nothing',
      async (scene) => {
        const id = await scene.open('Printer on fire');
        await scene.settle(1);
        const { id: remote } = only(scene);
        scene.fake.vendor.close(remote);
        const signed = (key: string) => scene.fake.vendor.hook?.(remote, key) as NonNullable<ReturnType<Signed>>;
        const { headers, body } = signed(hookSecret);
        const take = (given: Record<string, string>, text: string) =>
          scene.desks().take('desk', { headers: given, body: Buffer.from(text) });
        for (const bad of [{}, signed('another-secret').headers])
          assert.match(
            await take(bad, body).then(
              () => 'taken',
              (thrown: { code: string }) => thrown.code,
            ),
            'HOOK_REFUSED',
          );
        await scene.run();
        assert.is((await scene.row(id)).state, 'new', 'nothing was heard yet');
        await take(headers, body);
        await scene.run();
        assert.is((await scene.row(id)).state, 'resolved');
        const writes = scene.fake.writes();
        for (let n = 0; n < 5; n++) await take(headers, body);
        await scene.settle();
        assert.is(scene.fake.writes(), writes);
        assert.is((await scene.row(id)).state, 'resolved');
      },
      { hook_secret: hookSecret },
    );

  test.run();
}
