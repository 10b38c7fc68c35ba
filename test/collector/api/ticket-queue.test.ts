/** The queue over HTTP: what is next for whom, many tickets at once, skills, tags, and tickets that become one or two. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Role, TicketDetail, TicketList, TicketQueues, TicketRow } from '../../../shared/api.ts';
import type { TicketsDone, Workload } from '../../../shared/ticket-work.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('the queue of tickets over HTTP');
let collector: InProcess;

test.before(async () => {
  collector = await openCollector();
  for (const name of ['ada', 'bob']) {
    const body = { name, password: 'a sentence of its own', role: 'operator' };
    await collector.call('/api/v1/users', { method: 'POST', as: 'admin', body });
  }
});
test.after(() => collector.close());

const ask = (path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST', as: Role = 'operator') =>
  collector.call(`/api/v1/${path}`, { method, as, ...(body === undefined ? {} : { body }) });
async function ok<T = TicketDetail>(path: string, body?: unknown, method?: string, as?: Role): Promise<T> {
  const answer = await ask(path, body, method, as);
  assert.ok(answer.status < 300, `${path}: ${answer.text}`);
  return answer.body as T;
}
async function refused(path: string, body: unknown, code: string, why: RegExp, method?: string): Promise<void> {
  const answer = await ask(path, body, method);
  const found = answer.body as { code: string; message: string };
  assert.is(found.code, code, answer.text);
  assert.match(found.message, why);
}
const open = async (more: object = {}) => (await ok('tickets', { title: 'x', ...more })).row;
const shown = ({ id, updatedAt }: TicketRow) => ({ id, updatedAt });
const end = async (...ids: number[]) => {
  for (const id of ids) await ok(`tickets/${id}/state`, { state: 'cancelled', reason: 'spam' });
};

test('next is the most urgent of mine and of nobody’s, with what I know before the rest, and says why', async () => {
  const [plain, known, others, held] = [
    await open({ impact: 2, urgency: 2 }),
    await open({ impact: 2, urgency: 2 }),
    await open({ impact: 1, urgency: 1 }),
    await open({ impact: 1, urgency: 1 }),
  ];
  await ok(`tickets/${known.id}/tags`, { add: ['raid', 'berlin'] });
  await ok(`tickets/${others.id}/assign`, { assignee: 'bob' });
  const until = Date.now() + 86_400_000;
  await ok(`tickets/${held.id}/state`, { state: 'on_hold', reason: 'awaiting_vendor', until });
  const next = async () => (await ok<TicketQueues>('tickets/queues')).next;
  assert.is((await next())?.ticket, plain.id, 'the older one, which is due first');
  const name = encodeURIComponent('a operator');
  await ok<Workload>(`people/${name}/skills`, { skills: ['RAID'] }, 'PUT');
  const found = await next();
  assert.equal(
    [found?.ticket, found?.skills, found?.priority, found?.isMine, found?.clock],
    [known.id, ['raid'], 3, false, 'response'],
  );
  await ok(`tickets/${plain.id}/priority`, { impact: 1, urgency: 1, reason: 'all wait' });
  assert.is((await next())?.ticket, plain.id, 'what is urgent is before what I know');
  const again = await open({ impact: 1, urgency: 1 });
  await ok(`tickets/${again.id}/resolve`, {});
  await ok(`tickets/${again.id}/reopen`, {});
  assert.is((await next())?.ticket, again.id, 'opened again and of nobody: whoever asked takes it for worked on');
  await end(plain.id, known.id, others.id, held.id, again.id);
  assert.is(await next(), null);
});

test('skills are words in use, set by the person or an admin; workload is by name', async () => {
  await refused('people/bob/skills', { skills: [] }, 'FORBIDDEN', /admin/, 'PUT');
  for (const [skills, why] of [
    [['no such word'], /skills/],
    [['nothing-has-it'], /on no ticket/],
    [Array.from({ length: 51 }, (_, i) => `w${i}`), /skills/],
    [[''], /skills/],
    ['backup', /skills/],
  ] as const)
    await refused(`people/${encodeURIComponent('a operator')}/skills`, { skills }, 'BAD_REQUEST', why, 'PUT');
  await refused('people/eve/skills', { skills: [] }, 'FORBIDDEN', /admin/, 'PUT');
  assert.is((await ask('people/eve/skills', { skills: [] }, 'PUT', 'admin')).status, 404);
  const one = await open({ impact: 1, urgency: 1 });
  await ok(`tickets/${one.id}/assign`, { assignee: 'bob' });
  await ok(`tickets/${one.id}/participants/join`, { kind: 'local', person: 'ada' });
  const { items, skillWords } = await ok<Workload>('people/workload');
  assert.ok(skillWords.includes('disk'), 'of the names of rules');
  const names = items.map(({ person }) => person);
  assert.equal(
    names,
    names.toSorted((a, b) => a.localeCompare(b)),
  );
  const of = (person: string) => items.find((item) => item.person === person);
  assert.equal([of('bob')?.open, of('bob')?.byPriority, of('ada')?.helps], [1, [1, 0, 0, 0, 0], 1]);
  assert.is((await ask('people/workload', undefined, 'GET', 'viewer')).status, 403);
  await end(one.id);
});

test('many at once: each by itself, what is refused is said, and what has changed meanwhile stays', async () => {
  const rows = [await open(), await open(), await open()];
  const [a, b, c] = rows as [TicketRow, TicketRow, TicketRow];
  await ok(`tickets/${b.id}/comment`, { text: 'between' });
  await end(c.id);
  const chosen = [...rows.map(shown), { id: 999_999, updatedAt: 0 }, shown(a)];
  const done = await ok<TicketsDone>('tickets/bulk/assign', { tickets: chosen, assignee: 'ada' });
  assert.equal([done.done, done.refused], [1, 4]);
  assert.equal(
    done.items.map(({ ticket, error }) => [ticket, error?.code ?? null]),
    [
      [a.id, null],
      [b.id, 'CONFLICT'],
      [c.id, 'CONFLICT'],
      [999_999, 'NOT_FOUND'],
      [a.id, 'BAD_REQUEST'],
    ],
  );
  assert.match(done.items[1]?.error?.message ?? '', /changed since it was shown/);
  assert.equal([(await ok(`tickets/${a.id}`)).row.assignee, (await ok(`tickets/${b.id}`)).row.assignee], ['ada', null]);
  const now = async (id: number) => shown((await ok(`tickets/${id}`)).row);
  const both = async () => [await now(a.id), await now(b.id)];
  for (const [name, body] of [
    ['comment', { text: 'to both' }],
    ['priority', { impact: 1, urgency: 2, reason: 'worse' }],
    ['tags', { add: ['raid'] }],
    ['hand-off', { tier: 2, reason: 'array', tried: 'slots' }],
    ['state', { state: 'in_progress' }],
    ['resolve', { text: 'done' }],
  ] as const) {
    const answer = await ok<TicketsDone>(`tickets/bulk/${name}`, { tickets: await both(), ...body });
    assert.is(answer.done, 2, `${name}: ${JSON.stringify(answer)}`);
  }
  const { row, events } = await ok(`tickets/${b.id}`);
  assert.equal([row.state, row.tags, row.tier, row.priority], ['resolved', ['raid'], 2, 2]);
  assert.equal(
    events.flatMap(({ kind, text }) => (kind === 'tried' || kind === 'handed_off' ? [[kind, text]] : [])),
    [
      ['tried', 'slots'],
      ['handed_off', 'array'],
    ],
  );
  const { items } = await ok<TicketList>('tickets?state=resolved&tag=raid');
  assert.equal(
    items.map(({ id }) => id).sort((x, y) => x - y),
    [a.id, b.id],
  );
  assert.equal((await ok<TicketList>('tickets?tag=rai')).items, [], 'a whole word');
});

test('what is not a choice of tickets is refused whole', async () => {
  const { id, updatedAt } = await open();
  for (const tickets of [
    undefined,
    [],
    [{ id }],
    [{ id: '1 or 1=1', updatedAt }],
    [{ id: -1, updatedAt }],
    Array.from({ length: 101 }, (_, i) => ({ id: i + 1, updatedAt })),
  ])
    await refused('tickets/bulk/comment', { tickets, text: 'x' }, 'BAD_REQUEST', /tickets/);
  await refused('tickets/bulk/comment', { tickets: [{ id, updatedAt }] }, 'BAD_REQUEST', /text/);
  await refused(
    'tickets/bulk/hand-off',
    { tickets: [{ id, updatedAt }], tier: 2, reason: 'x' },
    'BAD_REQUEST',
    /tried/,
  );
  assert.is((await ask('tickets/bulk/split', { tickets: [{ id, updatedAt }], title: 'x' })).status, 400);
  assert.is(
    (await ask('tickets/bulk/comment', { tickets: [{ id, updatedAt }], text: 'x' }, 'POST', 'viewer')).status,
    403,
  );
  await end(id);
});

test('merged: told to the requester, seen from the other, and taken out again until that one has ended', async () => {
  const [source, target] = [await open({ requester: 'Mia' }), await open({ requester: 'Ken' })];
  await ok(`tickets/${source.id}/comment`, { text: 'seen here' });
  await ok(`tickets/${source.id}/participants/join`, { kind: 'local', person: 'bob' });
  const merge = (id: number, into: number, text = 'We go on there.') =>
    [`tickets/${id}/merge`, { into, text }] as const;
  await refused(...merge(source.id, source.id), 'CONFLICT', /itself/);
  await refused(...merge(source.id, 999_999), 'NOT_FOUND', /999999/);
  await refused(...merge(source.id, 0), 'BAD_REQUEST', /into/);
  await refused(...merge(source.id, target.id, ''), 'BAD_REQUEST', /text/);
  const merged = await ok(...merge(source.id, target.id));
  assert.equal([merged.row.state, merged.links[0]?.kind], ['cancelled', 'duplicate']);
  assert.equal(merged.events.at(-1)?.data, { reason: 'merged', mergedInto: target.id });
  const told = merged.events.findLast(({ kind }) => kind === 'comment');
  assert.equal([told?.text, told?.isPublic], ['We go on there.', true]);
  const into = await ok(`tickets/${target.id}`);
  assert.equal(
    into.quoted.map(({ ticket, event }) => [ticket, event.text]),
    [
      [source.id, 'seen here'],
      [source.id, 'We go on there.'],
    ],
  );
  assert.equal(
    into.participants.map(({ person }) => person),
    ['bob'],
  );
  await refused(...merge(source.id, target.id), 'CONFLICT', /is cancelled/);
  await refused(`tickets/${target.id}/unmerge`, {}, 'CONFLICT', /was not merged/);
  const back = await ok(`tickets/${source.id}/unmerge`, {});
  assert.equal([back.row.state, back.links], ['in_progress', []]);
  assert.equal((await ok(`tickets/${target.id}`)).quoted, []);
  await ok(...merge(source.id, target.id));
  const solved = await ok(`tickets/${target.id}/resolve`, { text: 'done' });
  assert.equal(solved.events.at(-1)?.data, { helpers: ['bob'] }, 'who helped is named');
  await ok(`tickets/${target.id}/state`, { state: 'closed' });
  await refused(`tickets/${source.id}/unmerge`, {}, 'CONFLICT', /is closed/);
});

test('split: the part has its own life, and chosen comments are seen there too', async () => {
  const whole = await open({ requester: 'Mia', category: 'request' });
  const { events } = await ok(`tickets/${whole.id}/comment`, { text: 'and the printer' });
  const comment = events.at(-1)?.id as number;
  const opened = events[0]?.id as number;
  const split = (body: object) => [`tickets/${whole.id}/split`, body] as const;
  await refused(...split({ title: 'Printer', comments: [opened] }), 'BAD_REQUEST', /no comment/);
  await refused(...split({ title: ' ' }), 'BAD_REQUEST', /title/);
  await refused(...split({ title: 'x', comments: ['1'] }), 'BAD_REQUEST', /comments/);
  const { made } = await ok<TicketDetail>(...split({ title: 'Printer', comments: [comment] }));
  const part = await ok(`tickets/${made}`);
  assert.equal([part.row.title, part.row.requester, part.row.category], ['Printer', 'Mia', 'request']);
  assert.equal(
    part.links.map(({ kind, target }) => [kind, target]),
    [['related', String(whole.id)]],
  );
  assert.equal(
    part.quoted.map(({ ticket, event }) => [ticket, event.text]),
    [[whole.id, 'and the printer']],
  );
  await end(made as number, whole.id);
  await refused(...split({ title: 'Too late' }), 'CONFLICT', /cancelled/);
});

test.run();
