/** Sites and groups: the same routes for both, because both are a name, a note and endpoints. */
import { type TObject, type TProperties, Type } from 'typebox';
import { type EndpointRow, GroupDetail, GroupRow, page, SiteDetail, SiteRow } from '../../../shared/api.ts';
import { type Level, worst, worstOf } from '../../../shared/level.ts';
import type { Place, PlaceFields, Places } from '../../fleet/places.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, Nothing, PlaceName, people, proseOrNone, word } from '../shapes.ts';

const fields = { name: PlaceName, note: Type.Optional(proseOrNone(2000)) };
const zone = Type.Optional(
  Type.Union([word(64), Type.Null()], { description: 'IANA, such as Europe/Berlin; null: the report zone' }),
);

const calendarId = Type.Optional(Type.Union([word(64), Type.Null()], { description: 'id; null: the default' }));
const calendars = Type.Optional(
  Type.Object({ service: calendarId, working: calendarId, support: calendarId }, { ...closed, minProperties: 1 }),
);

const Members = Type.Object(
  {
    add: Type.Optional(Type.Array(word(64), { maxItems: 10_000, description: 'ids of endpoints' })),
    remove: Type.Optional(Type.Array(word(64), { maxItems: 10_000, description: 'ids of endpoints' })),
  },
  { ...closed, minProperties: 1, examples: [{ add: ['eabcdefghijkmnpq'], remove: [] }] },
);

const MoveTo = Type.Object(
  {
    moveTo: Type.Optional(
      word(64, 'who takes the endpoints over: an id, or `none` to leave them without; needed where there are any'),
    ),
  },
  closed,
);

interface PlaceRoutes {
  path: 'sites' | 'groups';
  one: string;
  example: PlaceFields;
  Row: TObject;
  Detail: TObject;
  New: TObject;
  Edit: TObject;
  /** The sites or groups of an endpoint, and their names. */
  keysOf(row: EndpointRow): string[];
  keyOf(place: Place): string;
}

const kinds: Record<PlaceRoutes['path'], PlaceRoutes> = {
  sites: kindOf({
    path: 'sites',
    one: 'site',
    example: { name: 'Berlin', note: 'the office at the river', zone: 'Europe/Berlin', people: 140 },
    Row: SiteRow,
    Detail: SiteDetail,
    parts: { ...fields, zone, people, calendars },
    keysOf: ({ site }) => (site === null ? [] : [site]),
    keyOf: ({ name }) => name,
  }),
  groups: kindOf({
    path: 'groups',
    one: 'group',
    example: { name: 'Database cluster', note: 'at most one may be down' },
    Row: GroupRow,
    Detail: GroupDetail,
    parts: fields,
    keysOf: ({ groups }) => groups.map(({ id }) => id),
    keyOf: ({ id }) => id,
  }),
};

function kindOf({ parts, ...kind }: Omit<PlaceRoutes, 'New' | 'Edit'> & { parts: TProperties }): PlaceRoutes {
  const { example } = kind;
  return {
    ...kind,
    New: Type.Object(parts, { ...closed, examples: [example] }),
    Edit: Type.Object(Type.Partial(Type.Object(parts)).properties, {
      ...closed,
      minProperties: 1,
      examples: [{ note: example.note }],
    }),
  };
}

interface PlaceCounts {
  endpoints: number;
  attention: number;
  critical: number;
  /** The worst. */
  level: Level | null;
}

/** Counted from the rows: the level of an endpoint is decided there, once. */
function countBy(rows: readonly EndpointRow[], keysOf: PlaceRoutes['keysOf']): (key: string) => PlaceCounts {
  const counts = new Map<string, PlaceCounts>();
  const none: PlaceCounts = { endpoints: 0, attention: 0, critical: 0, level: null };
  for (const row of rows) {
    for (const key of keysOf(row)) {
      const old = counts.get(key) ?? none;
      const level = worstOf(row);
      counts.set(key, {
        endpoints: old.endpoints + 1,
        attention: old.attention + (level === null ? 0 : 1),
        critical: old.critical + (level === 'critical' ? 1 : 0),
        level: worst([old.level, level]),
      });
    }
  }
  return (key) => counts.get(key) ?? none;
}

export function placeRoutes(app: App, context: Context): void {
  register(app, context, kinds.sites, context.sites);
  register(app, context, kinds.groups, context.groups);
}

function register(app: App, { fleet, rows }: Context, kind: PlaceRoutes, places: Places<Place>): void {
  const { path, one, Row, Detail, New, Edit, keysOf, keyOf } = kind;
  const url = `/api/v1/${path}`;
  const tags = [path];

  const rowsOf = (list: readonly Place[]) => {
    const countsOf = countBy(rows.all(), keysOf);
    return list.map((place) => ({ ...place, ...countsOf(keyOf(place)) }));
  };
  const rowOf = (place: Place) => ({ ...rowsOf([place])[0] });
  const detailOf = async (id: string) => {
    const row = rowOf(await places.get(id));
    const members = (await places.members(id)).flatMap((endpoint) => {
      const found = fleet.get(endpoint);
      return found ? [{ id: found.id, name: found.name, kind: found.kind, site: found.site }] : [];
    });
    members.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
    return { row, members };
  };

  app.get(url, { schema: { summary: `All ${path}, by name`, tags, response: { 200: page(Row) } } }, async () => ({
    items: rowsOf(await places.list()),
    next: null,
  }));

  app.post(
    url,
    { schema: { summary: `Create a ${one}`, tags, body: New, response: { 201: Row } } },
    async (request, reply) => {
      const place = await places.create(request.body as unknown as PlaceFields, callerNamed(request));
      return reply.status(201).send(rowOf(place));
    },
  );

  app.get(
    `${url}/:id`,
    { schema: { summary: `One ${one} with its endpoints`, tags, params: Id, response: { 200: Detail } } },
    (request) => detailOf(request.params.id),
  );

  app.patch(
    `${url}/:id`,
    {
      schema: {
        summary: `Change a ${one}; its endpoints get a new name, too`,
        tags,
        params: Id,
        body: Edit,
        response: { 200: Row },
      },
    },
    async (request) => {
      const { id } = request.params;
      return rowOf(await places.edit(id, request.body as Partial<PlaceFields>, callerNamed(request)));
    },
  );

  app.put(
    `${url}/:id/members`,
    {
      schema: {
        summary: `Add endpoints to a ${one}, and remove others, all or nothing`,
        tags,
        params: Id,
        body: Members,
        response: { 200: Detail },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { add = [], remove = [] } = request.body;
      await places.change(id, { add, remove }, callerNamed(request));
      return detailOf(id);
    },
  );

  app.delete(
    `${url}/:id`,
    {
      schema: {
        summary: `Remove a ${one}; refused while it is in use, unless moveTo names where its endpoints go`,
        tags,
        params: Id,
        querystring: MoveTo,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      await places.remove(request.params.id, request.query.moveTo ?? null, callerNamed(request));
      return reply.status(204).send(null);
    },
  );
}
