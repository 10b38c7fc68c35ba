/** Who is right where both sides have changed, what is final, and what is not said there. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { githubVendor } from '../../support/desks/github.ts';
import { gitlabVendor } from '../../support/desks/gitlab.ts';
import { openScene } from '../../support/desks/scene.ts';

const test = suite('rules between our tickets and a desk');
type Scene = Awaited<ReturnType<typeof openScene>>;

const inScene = (name: string, work: (scene: Scene) => Promise<void>, make = githubVendor, more = {}) =>
  test(name, async () => {
    const scene = await openScene(make(), more);
    try {
      await work(scene);
    } finally {
      await scene.close();
    }
  });
const first = (scene: Scene) => scene.fake.vendor.tickets()[0] as ReturnType<typeof scene.fake.vendor.tickets>[number];
const say = (scene: Scene, id: number, text: string, isPublic: boolean) =>
  scene.tickets.comment(id, 'ada', { text, isPublic, isFromRequester: false });

inScene('of owners that both changed, ours holds; one without a name there stays where they are', async (scene) => {
  const id = await scene.open('Printer on fire');
  await scene.settle(1);
  const [mine, other] = scene.fake.vendor.people;
  await scene.tickets.assign(id, 'x', 'ada');
  scene.fake.vendor.assign(first(scene).id, other);
  await scene.settle();
  assert.equal([first(scene).assignee, (await scene.row(id)).assignee], [mine, 'ada']);
  // Nobody there is called Eve, and nobody here is called as they are.
  await scene.tickets.assign(id, 'x', 'eve');
  await scene.settle();
  assert.equal([first(scene).assignee, (await scene.row(id)).assignee], [mine, 'eve']);
  scene.fake.vendor.assign(first(scene).id, 'stranger');
  await scene.settle();
  assert.is((await scene.row(id)).assignee, 'eve');
  assert.is((await scene.link(id))?.remote_assignee, 'stranger');
});

inScene('closed here is final: what is opened and said again there stays there', async (scene) => {
  const id = await scene.open('Printer on fire');
  await scene.settle(1);
  await scene.tickets.resolve(id, 'ada', null);
  await scene.tickets.setState(id, 'ada', { to: 'closed', text: null });
  await scene.settle();
  assert.is((await scene.link(id))?.state, 'done');
  const asked = scene.fake.calls.filter(({ path }) => path.includes('/comments')).length;
  scene.fake.vendor.reopen(first(scene).id);
  scene.fake.vendor.say(first(scene).id, 'it burns again');
  await scene.settle();
  assert.is((await scene.row(id)).state, 'closed');
  assert.equal(await scene.comments(id), []);
  assert.is(scene.fake.calls.filter(({ path }) => path.includes('/comments')).length, asked, 'it is not even read');
});

inScene('cancelled before it went there, it does not go; resolved, it goes and is resolved there', async (scene) => {
  scene.fake.setDown(true);
  const [cancelled, resolved] = [await scene.open('Spam'), await scene.open('Printer on fire')];
  await scene.tickets.setState(cancelled, 'ada', { to: 'cancelled', text: 'spam', reason: 'spam' });
  await scene.tickets.resolve(resolved, 'ada', 'It is out');
  scene.fake.setDown(false);
  await scene.settle();
  assert.equal(
    scene.fake.vendor.tickets().map(({ title, isOpen }) => [title, isOpen]),
    [['Printer on fire', false]],
  );
});

inScene('where all may read there, what the requester must not read stays here', async (scene) => {
  const id = await scene.open('Printer on fire');
  await say(scene, id, 'mia did it', false);
  await say(scene, id, 'We look at it, @octocat', true);
  await scene.settle();
  const said = first(scene)
    .comments.map(({ text }) => text)
    .join('\n');
  assert.not.match(said, 'mia did it');
  assert.match(said, 'We look at it');
  assert.not.match(said, '@octocat', 'nobody is called by our words');
});

inScene(
  'where a desk keeps notes of its own, it goes as one',
  async (scene) => {
    const id = await scene.open('Printer on fire');
    await say(scene, id, 'mia did it', false);
    await say(scene, id, 'We look at it', true);
    await scene.settle();
    const notes = first(scene).comments.map(({ text, isPublic }) => [
      /mia did it|We look at it/.exec(text)?.[0],
      isPublic,
    ]);
    assert.equal(notes, [
      ['mia did it', false],
      ['We look at it', true],
    ]);
    scene.fake.vendor.say(first(scene).id, 'hers', false);
    scene.fake.vendor.say(first(scene).id, 'for mia', true);
    await scene.settle();
    const rows = await scene.state
      .selectFrom('ticket_events')
      .selectAll()
      .where('actor', 'like', '%(desk)')
      .orderBy('id')
      .execute();
    assert.equal(
      rows.map(({ text, is_public }) => [text, is_public]),
      [
        ['hers', 0],
        ['for mia', 1],
      ],
    );
  },
  gitlabVendor,
);

inScene(
  'tickets of other kinds, and from before, stay here',
  async (scene) => {
    await scene.open('Printer on fire');
    await scene.settle();
    assert.equal(scene.fake.vendor.tickets(), []);
  },
  githubVendor,
  { tickets: ['incident'] },
);

inScene('a redirect is not followed: the token stays where it was given to', async (scene) => {
  const id = await scene.open('Printer on fire');
  scene.fake.faults.push({
    when: 'create',
    answer: { status: 302, headers: { location: 'https://elsewhere.example/x' } },
  });
  await scene.run();
  assert.match((await scene.link(id))?.last_error ?? '', 'redirects to https://elsewhere.example/x');
});

inScene('a limit of rate that GitHub says with 403 is no refusal', async (scene) => {
  await scene.raising();
  const id = await scene.open('Printer on fire');
  const reset = String(Math.ceil(Date.now() / 1000) + 600);
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
  scene.fake.faults.push({
    when: 'create',
    answer: { status: 403, body: { message: 'API rate limit exceeded' }, headers },
  });
  await scene.run();
  assert.is((await scene.desks().view())[0]?.isStopped, false);
  assert.equal(scene.raised, []);
  scene.move(601_000);
  await scene.settle();
  assert.is((await scene.link(id))?.state, 'linked');
  assert.is(scene.fake.creates(), 2);
});

inScene('one that stood still while another took over writes nothing there', async (scene) => {
  const id = await scene.open('Printer on fire');
  scene.takeOver(true);
  await scene.settle();
  assert.is(scene.fake.writes(), 0);
  scene.takeOver(false);
  await scene.settle();
  assert.is((await scene.link(id))?.state, 'linked');
  assert.is(scene.fake.creates(), 1);
});

test.run();
