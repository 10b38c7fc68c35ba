/** Many endpoints at once: what a change would do, and the change. */
import { type Static, Type } from 'typebox';
import { BulkAct, BulkEditOutcome, bulkAtMost } from '../../../shared/bulk.ts';
import { fail } from '../../../shared/errors.ts';
import { mayDo } from '../../accounts/roles.ts';
import { type BulkDone, bulkEdit, tagsAtMost } from '../../fleet/bulk.ts';
import { announce } from '../../fleet/places.ts';
import { ChosenRows, queryRows } from '../../fleet/row-query.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, prose, Tag, word } from '../shapes.ts';

const which = {
  ids: Type.Optional(Type.Array(word(64), { minItems: 1, maxItems: bulkAtMost, description: 'of endpoints' })),
  filter: Type.Optional(ChosenRows),
};
const what = {
  act: BulkAct,
  value: Type.Optional(
    Type.Union([word(512), Type.Null(), Type.Array(Tag, { minItems: 1, maxItems: tagsAtMost })], {
      description: 'site: a name, which is made where there is none, or null; group: id or name; tags: a list; kind',
    }),
  ),
};
const examples = [{ filter: { state: 'online', q: 'web' }, act: 'add_tags', value: ['tier1'] }];
const Wish = Type.Object({ ...which, ...what }, { ...closed, examples });
const Order = Type.Object(
  {
    ...which,
    ...what,
    reason: Type.Optional(
      prose(500, 'kept in the audit log; needed to retire, to take back, to rotate and to ask for enrolment again'),
    ),
  },
  { ...closed, examples: [{ ...examples[0], reason: 'new rack' }] },
);

/** What an operator may not do to one endpoint is not done to many either. */
const forAdmins: ReadonlySet<BulkAct> = new Set(['retire', 'take_back', 'rotate', 're_enrol']);

export function bulkRoutes(app: App, context: Context): void {
  const { state, fleet, groups, rows, series, changeFeed, clock } = context;
  const url = '/api/v1/endpoints/bulk';
  const tags = ['fleet'];

  /** @throws EvenkeelError BAD_REQUEST */
  function idsOf({ ids, filter }: Static<typeof Wish>): readonly string[] {
    if ((ids === undefined) === (filter === undefined))
      throw fail('BAD_REQUEST', { problem: 'say which endpoints: either with ids or with filter' });
    if (ids) return ids;
    const { items, total } = queryRows(rows.all(), { ...filter, limit: bulkAtMost });
    if (total > bulkAtMost)
      throw fail('BAD_REQUEST', {
        problem: `the filter finds ${total} endpoints, and at most ${bulkAtMost} are changed at once; narrow it`,
      });
    return items.map(({ id }) => id);
  }

  /** Memory and open pages follow. */
  async function follow({ changed, madeSite }: BulkDone, act: BulkAct, by: string): Promise<void> {
    if (act === 'rotate') await context.credentials.rotateCredential(changed, by);
    if (act === 're_enrol') await context.credentials.askAgain(changed, by);
    if (act === 'rotate' || act === 're_enrol') return;
    if (madeSite !== null) changeFeed.publish({ kind: 'site', site: madeSite });
    await groups.reload(changed);
    await announce(fleet, changeFeed, changed);
    if (act !== 'retire') return;
    for (const id of changed) series.forget(id);
    await context.retired(changed);
  }

  app.post(
    `${url}/preview`,
    {
      bodyLimit: 1_000_000,
      schema: {
        ...{ summary: 'What a change of many endpoints would do, endpoint by endpoint', tags },
        ...{ body: Wish, response: { 200: BulkEditOutcome } },
      },
    },
    async ({ body }) => {
      const { act, value = null } = body;
      const {
        changed: _,
        madeSite: __,
        ...outcome
      } = await bulkEdit(state, { ids: idsOf(body), act, value }, null, clock.now());
      return outcome;
    },
  );

  app.post(
    url,
    {
      bodyLimit: 1_000_000,
      schema: {
        summary: `Change site, kind, tags or groups of many endpoints, or retire them: at most ${bulkAtMost}, in one transaction`,
        ...{ tags, body: Order, response: { 200: BulkEditOutcome } },
      },
    },
    async (request) => {
      const { act, value = null, reason } = request.body;
      const { role = 'viewer' } = request.caller ?? {};
      if (forAdmins.has(act)) {
        if (!mayDo(role, 'admin')) throw fail('FORBIDDEN', { role, needed: 'admin' });
        if (reason === undefined) throw fail('BAD_REQUEST', { problem: `"${act}" needs a reason, for the audit log` });
      }
      const author = { by: callerNamed(request), reason: reason ?? '' };
      const done = await bulkEdit(state, { ids: idsOf(request.body), act, value }, author, clock.now());
      if (done.madeSite !== null) request.madeSites.push(done.madeSite);
      const { changed, madeSite: _, ...outcome } = done;
      const of = (side: 'before' | 'after') =>
        done.lines.flatMap(({ does, ...line }) => (does === 'change' ? [[`endpoint ${line.name}`, line[side]]] : []));
      request.noted = {
        before: Object.fromEntries(of('before')),
        after: { ids: changed.length, ...Object.fromEntries(of('after')) },
      };
      await follow(done, act, author.by);
      return outcome;
    },
  );
}
