/** Incidents of ServiceNow, as its documentation of the Table API describes them. */
import { type FakeAnswer, type FakeCall, type FakeVendor, ticking } from './fake.ts';

type StoredRecord = Record<string, string>;

const [user, password] = ['keel', 'servicenow-password-0123'];
const people = ['fred.luddy', 'beth.anglin'] as const;
const userIds: Readonly<Record<string, string>> = {
  'fred.luddy': '5137153cc611227c000bbd1bd8cd2005',
  'beth.anglin': '46d44a23a9fe19810012d100cca80666',
};
const none = (status: number, message: string, detail = ''): FakeAnswer => ({
  status,
  body: { error: { message, detail }, status: 'failure' },
});
/** What may be written; an unknown name is left out there, without a word. */
const writable = [
  ...['short_description', 'description', 'correlation_id', 'correlation_display', 'impact', 'urgency', 'state'],
  ...['assigned_to', 'assignment_group', 'close_code', 'close_notes', 'category'],
];

export function servicenowVendor(): FakeVendor {
  const records = new Map<string, StoredRecord>();
  const journal: StoredRecord[] = [];
  const now = ticking();
  let count = 0;
  const stamp = () => now().toISOString().slice(0, 19).replace('T', ' ');
  const loginOf = (id: string | undefined) => people.find((one) => userIds[one] === id) ?? '';
  const tables: Readonly<Record<string, () => StoredRecord[]>> = {
    incident: () => [...records.values()],
    sys_journal_field: () => journal,
    sys_user: () => people.map((name) => ({ sys_id: userIds[name] as string, user_name: name })),
  };
  const shown = (record: StoredRecord, query: URLSearchParams) => {
    const names = (query.get('sysparm_fields') ?? Object.keys(record).join(',')).split(',');
    const fieldOf = (name: string) =>
      name.includes('.user_name') ? loginOf(record[name.split('.')[0] as string]) : (record[name] ?? '');
    return Object.fromEntries(names.map((name) => [name, fieldOf(name)]));
  };

  function matching(rows: StoredRecord[], text: string): StoredRecord[] {
    let found = [...rows];
    for (const term of text.split('^').filter(Boolean)) {
      const order = /^ORDERBY(\w+)$/.exec(term)?.[1];
      if (order) {
        found.sort((a, b) => (a[order] ?? '').localeCompare(b[order] ?? ''));
        continue;
      }
      const [, field = '', operator = '', value = ''] = /^(\w+?)(IN|>=|=)(.*)$/.exec(term) ?? [];
      const fits = (one: string) =>
        operator === 'IN' ? value.split(',').includes(one) : operator === '>=' ? one >= value : one === value;
      found = found.filter((row) => fits(row[field] ?? ''));
    }
    return found;
  }

  function answer({ method, path, headers, body, query }: FakeCall): FakeAnswer {
    if (headers.authorization !== `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`)
      return none(401, 'User Not Authenticated', 'Required to provide Auth information');
    const [, table = '', id] = /^\/api\/now\/table\/(\w+)(?:\/([0-9a-f]{32}))?$/.exec(path) ?? [];
    const rows = tables[table];
    if (!rows) return none(400, `Invalid table ${table}`);
    if (id === undefined && method === 'GET') {
      const found = matching(rows(), query.get('sysparm_query') ?? '').slice(
        0,
        Number(query.get('sysparm_limit') ?? 10_000),
      );
      return { status: 200, body: { result: found.map((one) => shown(one, query)) } };
    }
    if (table !== 'incident')
      return none(403, 'Operation Failed', 'ACL Exception Insert Failed due to security constraints');
    if (id === undefined && method === 'POST') return create(body ?? {}, query);
    const record = records.get(id ?? '');
    if (!record) return none(404, 'No Record found', "Record doesn't exist or ACL restricts the record retrieval");
    if (method === 'PATCH' || method === 'PUT') {
      const refused = write(record, body ?? {}, user);
      if (refused) return refused;
    }
    return { status: 200, body: { result: shown(record, query) } };
  }

  function create(body: Record<string, unknown>, query: URLSearchParams): FakeAnswer {
    const number = ++count;
    const at = stamp();
    const record: StoredRecord = {
      ...{ sys_id: number.toString(16).padStart(32, '0'), number: `INC${String(number).padStart(7, '0')}`, state: '1' },
      ...{ sys_created_on: at, sys_updated_on: at, assigned_to: '' },
    };
    const refused = write(record, body, user);
    if (refused) return refused;
    records.set(record.sys_id as string, record);
    return { status: 201, body: { result: shown(record, query) } };
  }

  function write(record: StoredRecord, body: Record<string, unknown>, by: string): FakeAnswer | null {
    const next = { ...record };
    for (const name of writable) if (body[name] !== undefined) next[name] = String(body[name]);
    if (next.assigned_to && loginOf(next.assigned_to) === '')
      return none(403, 'Operation Failed', 'Invalid reference: assigned_to');
    // A data policy of the table.
    if (next.state === '6' && (!next.close_code || !next.close_notes))
      return none(403, 'Operation Failed', 'Data Policy Exception: Resolution code, Resolution notes are mandatory');
    Object.assign(record, next, { sys_updated_on: stamp() });
    for (const element of ['comments', 'work_notes'])
      if (body[element]) note(record.sys_id as string, element, String(body[element]), by);
    return null;
  }

  const note = (element_id: string, element: string, value: string, by: string) =>
    void journal.push({
      ...{ sys_id: (journal.length + 4096).toString(16).padStart(32, 'a'), element_id, element, value },
      ...{ sys_created_by: by, sys_created_on: stamp() },
    });
  const touch = (id: string, values: StoredRecord) =>
    void Object.assign(records.get(id) as StoredRecord, values, { sys_updated_on: stamp() });
  return {
    ...{ kind: 'servicenow', people, hidesInternal: true, answer },
    isCreate: ({ method, path }) => method === 'POST' && path === '/api/now/table/incident',
    isChange: ({ method, path }) => method === 'PATCH' && path.startsWith('/api/now/table/incident/'),
    settings: (url) => ({ url, user, password }),
    tickets: () =>
      [...records.values()].map((one) => ({
        ...{ id: one.sys_id as string, title: one.short_description ?? '' },
        text: `${one.description}\n${one.correlation_id}`,
        isOpen: !['6', '7', '8'].includes(one.state ?? ''),
        assignee: loginOf(one.assigned_to) || null,
        comments: journal
          .filter(({ element_id }) => element_id === one.sys_id)
          .map(({ element, value, sys_created_by }) => ({
            ...{ by: sys_created_by as string, text: value as string },
            isPublic: element === 'comments',
          })),
      })),
    close: (id) => touch(id, { state: '6', close_code: 'Solution provided', close_notes: 'done' }),
    reopen: (id) => touch(id, { state: '2' }),
    say(id, text, isPublic = true) {
      note(id, isPublic ? 'comments' : 'work_notes', text, people[0]);
      touch(id, {});
    },
    assign: (id, to) => touch(id, { assigned_to: to === null ? '' : (userIds[to] as string) }),
    remove: (id) => void records.delete(id),
  };
}
