/** Policies, routes and people as people see and change them; with schedule-desk.ts all that pages do here. */

import type { Duties } from '../../shared/duties.ts';
import { fail } from '../../shared/errors.ts';
import type {
  PersonContent,
  PersonRow,
  PolicyContent,
  PolicyRow,
  RoutesContent,
  RoutesRow,
  ScheduleContent,
  TraceAnswer,
} from '../../shared/on-call.ts';
import type { ReceiverChoices } from '../../shared/receivers.ts';
import type { Labels } from '../alerts/labels.ts';
import type { DocumentFault } from './check.ts';
import { type DocumentKind, routesName } from './documents.ts';
import { routeFaults } from './file.ts';
import { createScheduleDesk, type DocumentAuthor, type ScheduleDesk, type ScheduleDeskParts } from './schedule-desk.ts';
import { trace } from './trace.ts';

/** All but reads throw EvenkeelError BAD_ENTRY with the fault, CONFLICT for what the file has or something names. */
export interface OnCallDesk extends ScheduleDesk {
  policies(): PolicyRow[];
  savePolicy(name: string, content: PolicyContent, how: DocumentAuthor): Promise<PolicyRow>;
  remove(kind: 'schedule' | 'policy', name: string, how: DocumentAuthor): Promise<void>;
  /** What of a document does nothing any more, as what it names is gone. */
  /** @param name none for the routes */
  doubts(kind: DocumentKind, name?: string): Promise<DocumentFault[]>;
  routes(): RoutesRow;
  /** @param content as it was sent */
  checkRoutes(content: unknown): Promise<RoutesContent>;
  saveRoutes(content: unknown, how: DocumentAuthor): Promise<RoutesRow>;
  trace(labels: Labels, at: number): TraceAnswer;
  /** The newest; null: there is none. */
  scheduleContent(name: string): ScheduleContent | null;
  duties(user: string): Duties;
  /** Of their quiet hours, else of a schedule that they are in; null: not known. */
  zoneOf(user: string): string | null;
  /** As saved; `recipient` is where a message goes: null for the addresses of the channel. */
  ownWays(user: string): Promise<{ channel: string; address: string | null; recipient: string | null }[]>;
  receiverNames(): Promise<Omit<ReceiverChoices, 'channels'>>;
  /** @throws EvenkeelError NOT_FOUND */
  person(name: string): Promise<PersonRow>;
  savePerson(name: string, content: PersonContent, how: DocumentAuthor): Promise<PersonRow>;
}

/** The message stays readable. */
const faultsShown = 5;

export function createDesk(parts: ScheduleDeskParts): OnCallDesk {
  const { documents, memory, now, changed } = parts;
  const ownerOf = (kind: DocumentKind, name: string) => (documents.isOfFile(kind, name) ? 'file' : 'people');

  async function refuseStranger(name: string): Promise<void> {
    const { users } = await parts.known();
    if (users && !users.includes(name)) throw fail('NOT_FOUND', { what: 'user', id: name });
  }

  async function checkRoutes(content: unknown): Promise<RoutesContent> {
    const faults = routeFaults(content).map(({ path, problem, isKey }) => ({
      at: `content.${(isKey ? path.slice(0, -1) : path).join('.')}`.replace(/\.$/, ''),
      problem: isKey ? `has an ${problem}` : problem,
    }));
    const said = faults.slice(0, faultsShown).map(({ at, problem }) => `${at} ${problem}`);
    if (faults.length > 0) throw fail('BAD_REQUEST', { problem: said.join('; ') }, undefined, faults);
    await documents.check('routes', routesName, content as RoutesContent);
    return content as RoutesContent;
  }

  return {
    ...createScheduleDesk(parts),
    policies: () =>
      documents.names('policy', Number.POSITIVE_INFINITY).map((name) => ({
        ...{ name, owner: ownerOf('policy', name) },
        content: documents.contentAt('policy', name, Number.POSITIVE_INFINITY) as PolicyContent,
      })),
    doubts: (kind, name = routesName) => documents.doubts(kind, name),
    async savePolicy(name, content, how) {
      await documents.save('policy', name, content, how);
      changed();
      return { name, owner: 'people', content };
    },
    async remove(kind, name, how) {
      await documents.remove(kind, name, how);
      changed();
    },
    routes() {
      const [newest] = documents.versions('routes', routesName);
      if (!newest?.content) return { owner: 'default', content: {}, at: null, by: null, reason: null };
      const { at, by, reason: why, content } = newest;
      const isOfFile = documents.isOfFile('routes', routesName);
      return { owner: isOfFile ? 'file' : 'people', content, at: isOfFile ? null : at, by, reason: why };
    },
    checkRoutes,
    async saveRoutes(content, how) {
      await documents.save('routes', routesName, await checkRoutes(content), how);
      changed();
      return this.routes();
    },
    trace: (labels, at) => trace(memory, labels, at),
    scheduleContent: (name) => documents.contentAt('schedule', name, Number.POSITIVE_INFINITY),
    duties: (user) => ({
      now: documents.names('schedule', now()).filter((name) => memory.onCall(name, now()).user === user),
      namedBy: documents.namedBy(`person:${user}`),
    }),
    zoneOf(user) {
      const own = documents.contentAt('person', user, now())?.quiet?.zone;
      if (own !== undefined) return own;
      const schedules = documents.names('schedule', now()).map((name) => documents.contentAt('schedule', name, now()));
      return schedules.find((one) => one?.layers.some(({ users }) => users.includes(user)))?.zone ?? null;
    },
    async ownWays(user) {
      const reached = memory.reach(`person:${user}`, 'critical', now());
      return (await this.person(user)).content.ways.map(({ channel, address = null }) => {
        const ways = reached.filter((one) => one.channel === channel);
        const way = ways.find(({ recipient }) => recipient === address) ?? ways[0];
        return { channel, address, recipient: way?.recipient ?? address };
      });
    },
    async receiverNames() {
      const { users } = await parts.known();
      const of = (kind: DocumentKind) => documents.names(kind, Number.POSITIVE_INFINITY);
      return { people: [...(users ?? [])].sort(), schedules: of('schedule'), policies: of('policy') };
    },
    async person(name) {
      await refuseStranger(name);
      const content = documents.contentAt('person', name, now()) ?? { ways: [] };
      return { name, owner: ownerOf('person', name), content };
    },
    async savePerson(name, content, how) {
      await refuseStranger(name);
      await documents.save('person', name, content, how);
      changed();
      return this.person(name);
    },
  };
}
