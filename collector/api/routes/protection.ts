/** Backups, updates and disks over the whole fleet: the Protection and the Patches page, and what is due on the Stability page. */
import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { DiskForecasts, PatchAges, PatchOverview, Protection } from '../../../shared/api.ts';
import { WaitingUpdates } from '../../../shared/waiting-updates.ts';
import type { Endpoint } from '../../fleet/fleet.ts';
import { openTickets } from '../../fleet/open-tickets.ts';
import { isAboutUpdates, patchAgesOf, patchFilter, patchOverview, patchRow } from '../../fleet/patch-compliance.ts';
import { backupNotNeeded, protectionOf, protectionTable } from '../../fleet/protection.ts';
import { protectionFilter } from '../../fleet/protection-query.ts';
import { waitingFilter, waitingUpdates } from '../../fleet/waiting-updates.ts';
import type { App, Context } from '../context.ts';
import { placeOf } from '../rule-scope.ts';
import { closed, PageMark } from '../shapes.ts';
import { sendTable, TableText, tableSerializer } from '../tables.ts';
import { kpiQuestions, kpiScope } from './kpi-question.ts';

const site = kpiScope.site;
const ProtectionQuery = Type.Object(
  {
    ...protectionFilter,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    page: Type.Optional(PageMark),
  },
  closed,
);
const TableQuery = Type.Object(protectionFilter, closed);
const PatchQuery = Type.Object(
  {
    ...patchFilter,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1000 })),
    page: Type.Optional(PageMark),
  },
  closed,
);
const WaitingQuery = Type.Object(
  {
    ...waitingFilter,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 25 })),
    page: Type.Optional(PageMark),
  },
  closed,
);
const DiskQuery = Type.Object(
  {
    ...{ site, endpoint: kpiScope.endpoint },
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    page: Type.Optional(PageMark),
  },
  closed,
);

export function protectionRoutes(app: App, context: Context): void {
  const { state, fleet, rows, alerts, clock, disks, rules } = context;
  const { scopeOf } = kpiQuestions(context);
  const seen = async () => {
    // What a person has just recorded is counted.
    await rows.settled();
    const notNeededBy = (endpoint: Endpoint) => backupNotNeeded(rules.books().explain(placeOf(context, endpoint)));
    return { ...{ state, fleet, factsOf: rows.facts, heldOf: alerts.held, notNeededBy }, now: clock.now() };
  };

  app.get(
    '/api/v1/protection',
    {
      schema: {
        summary:
          'Endpoints without a backup, and backups that are late, never verified or smaller than usual, with counts',
        tags: ['protection'],
        querystring: ProtectionQuery,
        response: { 200: Protection },
      },
    },
    async ({ query }) =>
      protectionOf(await seen(), { ...query, limit: query.limit ?? 100, page: Number(query.page ?? 0) }),
  );

  app.get(
    '/api/v1/protection/table',
    {
      schema: {
        ...{ summary: 'The same as CSV, whole', tags: ['protection'], produces: ['text/csv'] },
        ...{ querystring: TableQuery, response: { 200: TableText } },
      },
      serializerCompiler: tableSerializer,
    },
    async ({ query }, reply) => sendTable(reply, 'protection', Readable.from(protectionTable(await seen(), query))),
  );

  app.get(
    '/api/v1/patches',
    {
      schema: {
        summary: 'Patch compliance by site and by endpoint, by the age of the oldest security update',
        tags: ['protection'],
        querystring: PatchQuery,
        response: { 200: PatchOverview },
      },
    },
    async ({ query: { limit = 1000, page = 0, ...wanted } }) => {
      const now = clock.now();
      const overview = patchOverview(
        [...fleet.all()].map((endpoint) => patchRow(endpoint, rows.facts(endpoint.id), alerts.held(endpoint.id), now)),
        now,
        wanted,
        { limit, page: Number(page) },
      );
      const ids = overview.endpoints.map(({ endpoint }) => endpoint.id);
      const ticketOf = await openTickets(state, ids, 'patches');
      const endpoints = overview.endpoints.map((row) => {
        const about = alerts.held(row.endpoint.id).filter(isAboutUpdates);
        return { ...row, ticket: ticketOf(row.endpoint.id, about) };
      });
      return { ...overview, endpoints };
    },
  );

  app.get(
    '/api/v1/patches/updates',
    {
      schema: {
        summary: 'Updates that wait, one row per package and version, with the endpoints that lack it',
        tags: ['protection'],
        querystring: WaitingQuery,
        response: { 200: WaitingUpdates },
      },
    },
    ({ query: { limit = 25, page = 0, ...wanted } }) =>
      waitingUpdates(state, fleet.all(), clock.now(), wanted, { limit, page: Number(page) }),
  );

  app.get(
    '/api/v1/patches/ages',
    {
      schema: {
        summary: 'How many endpoints have waited how long for their oldest security update',
        tags: ['protection'],
        querystring: Type.Object({ site }, closed),
        response: { 200: PatchAges },
      },
    },
    async ({ query }) => {
      const { site: place } = await scopeOf(query);
      const members = [...fleet.all()].filter((one) => place === undefined || one.site === place);
      return patchAgesOf(
        members.map(({ id }) => rows.facts(id)),
        clock.now(),
      );
    },
  );

  app.get(
    '/api/v1/disks/forecast',
    {
      schema: {
        summary: 'Disks that will be full within 30 days, as computed last night; the first one first',
        tags: ['protection'],
        querystring: DiskQuery,
        response: { 200: DiskForecasts },
      },
    },
    async ({ query }) => {
      return disks.read(await scopeOf(query), { start: Number(query.page ?? 0), limit: query.limit ?? 100 });
    },
  );
}
